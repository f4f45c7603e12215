// The plan through the API and through diagrams and forms that somebody has changed: the guards hold in each of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { deployDefinition } from '../../src/actions/deploy-definition.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';
import { readForms, written } from '../processes/walk.js';
import { sampleOf } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { keeper } from '../support/diagrams.js';
import { query } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';
import { openTwo, type Client, type Two } from './two-instances.js';

const elderly = 'grp.sectionLead.elderly_welfare';
const people: Record<string, Client & { userId: string }> = {};
let two: Two;

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes'] });
  for (const login of ['mori.d', 'ishikawa.r', 'sato.h', 'tanaka.k', 'nakamura.m', 'kobayashi.t', 'yamamoto.m', 'fukuda.r', 'okamoto.s', 'kato.m']) people[login] = await two.as(login);
}, 180_000);
afterAll(() => two?.close());

interface Case {
  caseNo: string;
  caseId: string;
}
const rows = <T extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<T[]> => query<T>(two.app.database.ownerUrl, sql, values);
const problem = ({ status, body }: Response): [number, string] => [status, String(body.type ?? '').replace('/api/problems/', '')];

/** Sends the sample answers of an open step, with others instead, through the API. */
async function answer({ caseNo }: Case, login: string, elementId: string, answers: Record<string, Json> = {}): Promise<Response> {
  const task = await waitFor(`${elementId} of ${caseNo}`, async () => {
    const [found] = await rows<{ id: string; version: number; folder: string; formKey: string; form: Json }>(
      `select t.id, t.version, t.process_key as folder, t.form_key as "formKey", d.forms -> t.form_key as form from task t join process_definition d on d.id = t.definition_id where t.business_key = $1 and t.element_id = $2 and t.status = 'open'`, caseNo, elementId);
    if (!found) throw new Error(`open: ${(await rows<{ e: string }>(`select element_id as e from task where business_key = $1 and status = 'open'`, caseNo)).map(({ e }) => e).join(', ')}`);
    return found;
  }, { timeoutMs: 8_000 });
  return people[login]!.post(`/api/tasks/${task.id}/complete`, { version: task.version, answers: written(task.folder, task.formKey, task.form, answers, new Date()) });
}

async function acts(at: Case, steps: readonly (readonly [login: string, elementId: string, answers?: Record<string, Json>])[]): Promise<void> {
  for (const [login, elementId, answers] of steps) {
    const { status, body } = await answer(at, login, elementId, answers ?? {});
    if (status !== 200) throw new Error(`${elementId} (${login}): ${status} ${JSON.stringify(body)}`);
  }
}

/** A case whose draft was explained and stands before the meeting. */
async function beforeMeeting(): Promise<Case> {
  const { body } = await people['mori.d']!.post('/api/cases', { field: 'elder' }).expect(201);
  const at: Case = { caseNo: body.caseNo, caseId: body.caseId };
  await acts(at, [
    ['mori.d', 'receive_consultation'], ['mori.d', 'assess_urgency', { urgency: 'none' }], ['mori.d', 'screen_consultation', { screeningResult: 'coordinate' }], ['ishikawa.r', 'consult_section_lead', { singleAgency: 'no' }],
    ['mori.d', 'refer_to_coordination'], ['sato.h', 'answer_referral', { referralDecision: 'accept' }], ['sato.h', 'assign_coordinator'], ['nakamura.m', 'decide_eligibility'], ['sato.h', 'check_consent'],
  ]);
  await acts(at, [['sato.h', 'request_information', { informationGroups: [elderly] }], ['ishikawa.r', 'provide_information'], ['sato.h', 'organise_assessment'], ['sato.h', 'draft_plan'], ['sato.h', 'explain_plan']]);
  return at;
}

/** As `beforeMeeting`, with the meeting over: the plan waits for the city's decision. */
async function beforeDecision(): Promise<Case> {
  const at = await beforeMeeting();
  await acts(at, [
    ['yamamoto.m', 'arrange_meeting', { memberGroups: [elderly], meetingAt: new Date(Date.now() - 60_000).toISOString().slice(0, 19) + 'Z' }],
    ['yamamoto.m', 'prepare_materials'], ['ishikawa.r', 'confirm_attendance'],
  ]);
  const [timer] = await rows<{ id: string }>(`select t.id from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1 and t.element_id = 'meeting_day' and t.status = 'pending'`, at.caseNo);
  if (timer) {
    const { fireTimer } = await import('../../src/actions/fire-timer.js');
    while ((await fireTimer(two.app, { kind: 'system', name: 'test' }, { timerId: timer.id })).again);
  }
  await acts(at, [
    ['sato.h', 'hold_plan_meeting', { meetingResult: 'suitable' }], ['yamamoto.m', 'draft_minutes'], ['yamamoto.m', 'confirm_minutes'], ['sato.h', 'assign_decisions', { decisionGroups: [elderly] }], ['sato.h', 'collect_handouts', { handoutsCollected: 'yes' }],
  ]);
  return at;
}

const xml = readFileSync(join(root, 'processes/coordination_main/coordination_main.bpmn'), 'utf8');
const forms = (): Record<string, Json> => Object.fromEntries(readForms('coordination_main'));
const changed = (of: string, change: (component: Record<string, Json>) => Record<string, Json> | null): Record<string, Json> => {
  const form = structuredClone(forms()[of]) as { components: Record<string, Json>[] };
  form.components = form.components.map(change).filter((component) => component !== null);
  return { ...forms(), [of]: form as unknown as Json };
};

describe('the plan through the API', () => {
  test('is drafted, explained and put to the meeting; the team reads it, nobody else finds it', async () => {
    const at = await beforeMeeting();
    const plans = `/api/cases/${at.caseNo}/plans`;
    const draft = await people['sato.h']!.get(plans).expect(200);
    expect(draft.body.plans).toMatchObject([{ planNo: `${at.caseNo}-P1`, version: 1, kind: 'initial', status: 'in_meeting', signature: 'written', goals: [{ dueOn: '2027-03-31' }, {}], roles: [{ agencyCode: 'elderly_welfare', agencyName: '高齢福祉課' }, {}] }]);
    expect(problem(await people['okamoto.s']!.get(plans))).toEqual([404, 'not_found']);
    expect(problem(await people['kato.m']!.get(plans))).toEqual([404, 'not_found']);
    for (const what of ['roles', 'evaluations', 'decisions', 'plans/1']) expect(problem(await people['okamoto.s']!.get(`/api/cases/${at.caseNo}/${what}`))).toEqual([404, 'not_found']);
    expect(problem(await people['sato.h']!.get(`${plans}/2`))).toEqual([404, 'not_found']);
    expect((await people['sato.h']!.get(`${plans}/1`).expect(200)).body.events.map((one: { kind: string }) => one.kind)).toEqual(['drafted', 'explained', 'to_meeting']);
    const [read] = await rows<{ n: number }>(`select count(*)::int as n from audit_event where action = 'casework.read' and resource_type = 'plan' and resource_id = $1`, at.caseId);
    expect(read!.n).toBe(3);
  }, 120_000);

  test('is decided by the chair and begun by its agencies, and what the city decided is on record', async () => {
    const at = await beforeDecision();
    await acts(at, [['nakamura.m', 'decide_support']]);
    // the copy of the draft was handed over before; that of the decided plan cannot have been
    const early = await answer(at, 'sato.h', 'share_decision', { copyGivenOn: new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10) });
    expect([early.status, early.body.errors]).toMatchObject([422, [{ pointer: '/answers/copyGivenOn' }]]);
    await acts(at, [['sato.h', 'share_decision'], ['ishikawa.r', 'start_role']]);
    const roles = await people['ishikawa.r']!.get(`/api/cases/${at.caseNo}/roles`).expect(200);
    expect(roles.body.parts).toMatchObject([{ role: 'lead', agencyCode: 'elderly_welfare', untilAt: null }, { role: 'coordinator', groupKey: 'grp.coordinator.city' }]);
    expect(roles.body.reports).toMatchObject([{ agencyCode: 'elderly_welfare', kind: 'started', status: 'started' }]);
    const decisions = await people['sato.h']!.get(`/api/cases/${at.caseNo}/decisions`).expect(200);
    expect(decisions.body.decisions).toMatchObject([{ kind: 'support', decision: 'decided', planVersion: 1, decidedByName: '中村 誠' }, { kind: 'eligibility', decision: 'eligible' }]);
    expect((await people['ishikawa.r']!.get(`/api/cases/${at.caseNo}/evaluations`).expect(200)).body).toEqual({ evaluations: [], closures: [] });
  }, 120_000);

  test('two who decide at once: one does, the other finds it done', async () => {
    const at = await beforeDecision();
    const both = await Promise.all([answer(at, 'nakamura.m', 'decide_support'), answer(at, 'nakamura.m', 'decide_support', { supportDecision: 'not_decided' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await rows(`select kind from case_decision where case_id = $1 and kind = 'support'`, at.caseId)).toHaveLength(1);
  }, 120_000);
});

describe('guards of the plan in a diagram that somebody has changed', () => {
  const deployed = async (diagram: string, changedForms = forms()): Promise<void> => void (await deployDefinition(two.app, keeper, { xml: diagram, forms: changedForms }));

  test('a decision that is given to the coordinators is decided by none of them', async () => {
    const given = xml.replace(/(id="decide_support"[^>]*candidateGroups=")grp\.chair"/, '$1grp.coordinator.city"').replace(/(id="decide_eligibility"[^>]*candidateGroups=")grp\.chair"/, '$1=[&quot;grp.coordinator.city&quot;, &quot;grp.chair&quot;]"');
    expect(given).not.toBe(xml);
    await deployed(given);
    const at = await beforeDecision();
    for (const login of ['sato.h', 'tanaka.k']) for (const supportDecision of ['decided', 'redraft', 'not_decided']) expect(problem(await answer(at, login, 'decide_support', { supportDecision }))).toEqual([403, 'not_city_decision']);
    expect(await rows(`select status from plan where case_id = $1`, at.caseId)).toEqual([{ status: 'in_meeting' }]);
  }, 120_000);

  test('a diagram without the decision begins no role', async () => {
    const without = xml.replace(/(<bpmn:sequenceFlow id="gw_meeting_result_to_decide_support"[^>]*targetRef=")decide_support"/, '$1share_decision"').replace('<bpmn:incoming>gw_meeting_result_to_decide_support</bpmn:incoming>', '')
      .replace(/(<bpmn:userTask id="share_decision"[\s\S]*?)(<bpmn:incoming>)/, '$1<bpmn:incoming>gw_meeting_result_to_decide_support</bpmn:incoming>$2');
    await deployed(without);
    const at = await beforeDecision();
    expect(problem(await answer(at, 'sato.h', 'share_decision'))).toEqual([409, 'plan_missing']);
    expect(await rows(`select 1 from case_access where case_id = $1 and basis = 'plan'`, at.caseId)).toEqual([]);
  }, 120_000);

  test('a form without what the decision is read from is not deployed', async () => {
    const refusedOf = (changedForms: Record<string, Json>): Promise<string> => deployed(xml, changedForms).then(() => 'deployed', (error: { errors: { detail: string }[] }) => error.errors.map(({ detail }) => detail).join(' '));
    const bare = (key: string) => (component: Record<string, Json>) => (component['key'] === key ? { ...component, validate: {} } : component);
    const gone = (key: string) => (component: Record<string, Json>) => (component['key'] === key ? null : component);
    expect(await refusedOf(changed('decide_support', bare('supportDecision')))).toContain('必須');
    expect(await refusedOf(changed('explain_plan', bare('signature')))).toContain('必須');
    expect(await refusedOf(changed('explain_plan', gone('noSignatureReason')))).toContain('noSignatureReason');
    expect(await refusedOf(changed('decide_eligibility', gone('eligibility')))).toContain('eligibility');
    expect(await refusedOf(changed('draft_plan', (component) => (component['path'] === 'roles' ? null : component)))).toContain('roles');
    const more = changed('decide_support', (component) => (component['key'] === 'supportDecision' ? { ...component, values: [{ label: '自動で決定', value: 'automatic' }] } : component));
    expect(await refusedOf(more)).toContain('automatic');
  });

  test('a form that is no 帳票 any more is not deployed: the decision goes on being one', async () => {
    const { record: _record, ...plain } = forms()['decide_support'] as Record<string, Json>;
    await expect(deployed(xml, { ...forms(), decide_support: plain })).rejects.toMatchObject({ code: 'diagram_refused' });
    await deployed(xml);
    const at = await beforeDecision();
    await acts(at, [['nakamura.m', 'decide_support']]);
    expect(await rows(`select status from plan where case_id = $1`, at.caseId)).toEqual([{ status: 'decided' }]);
  }, 120_000);

  test('a diagram that closes a case with a plan by itself closes nothing, and says so', async () => {
    await deployed(xml.replace('<camunda:inputParameter name="status">supporting</camunda:inputParameter>', '<camunda:inputParameter name="reason">goal_reached</camunda:inputParameter>').replace(/(id="mark_supporting"[^>]*topic=")set_case_status"/, '$1register_closure"'));
    const at = await beforeDecision();
    await acts(at, [['nakamura.m', 'decide_support'], ['sato.h', 'share_decision']]);
    const refused = await answer(at, 'ishikawa.r', 'start_role');
    expect([refused.status >= 400, (await rows(`select closed_at from support_case where id = $1`, at.caseId))[0]]).toEqual([true, { closed_at: null }]);
    await deployed(xml);
  }, 120_000);
});

describe('地域課題 through the API', () => {
  test('is raised for a case at any time, looked through by somebody else, and then read by everybody', async () => {
    const { body } = await people['mori.d']!.post('/api/cases', { field: 'elder' }).expect(201);
    const filed = await people['mori.d']!.post(`/api/cases/${body.caseNo}/records`, { formKey: 'raise_community_issue', answers: sampleOf('anytime', 'raise_community_issue') }).expect(201);
    const { issueId } = filed.body.made as { issueId: string };
    const look = (login: string, issueReview: string) => people[login]!.post('/api/records', { formKey: 'look_through_issue', answers: { ...sampleOf('anytime', 'look_through_issue'), issueId, issueReview } });
    expect((await people['fukuda.r']!.get('/api/community-issues').expect(200)).body.issues).toEqual([]);
    expect((await people['nakamura.m']!.get('/api/community-issues?status=submitted').expect(200)).body.issues).toMatchObject([{ id: issueId, status: 'submitted' }]);
    expect(problem(await look('mori.d', 'approved'))).toEqual([403, 'forbidden']);
    await look('nakamura.m', 'approved').expect(201);
    const [seen] = (await people['fukuda.r']!.get('/api/community-issues?status=approved').expect(200)).body.issues as Record<string, unknown>[];
    expect(seen).toMatchObject({ id: issueId, title: '中高年の方が昼間に静かに過ごせる場所が少ない' });
    expect(JSON.stringify(seen)).not.toContain(body.caseNo);
    expect(JSON.stringify(seen)).not.toContain((await personByLogin(two.app.database.ownerUrl, 'mori.d')).userId);
  });

  test('with the number of the case in it is refused, pointing at the field', async () => {
    const { body } = await people['mori.d']!.post('/api/cases', { field: 'elder' }).expect(201);
    const refused = await people['mori.d']!.post(`/api/cases/${body.caseNo}/records`, { formKey: 'raise_community_issue', answers: { ...sampleOf('anytime', 'raise_community_issue'), facts: `${body.caseNo} の世帯` } });
    expect([problem(refused), refused.body.errors]).toEqual([[422, 'issue_identifies'], [{ pointer: '/answers/facts', detail: 'ケース番号が入っています。' }]]);
  });
});
