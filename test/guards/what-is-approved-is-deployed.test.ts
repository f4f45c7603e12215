// Policy staff change the diagrams themselves, and none of them alone: what a person deploys is what a second person has approved (P13),
// to the letter, once, from its day on.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { completeTask } from '../../src/actions/complete-task.js';
import { deployForm } from '../../src/actions/deploy-form.js';
import { fireDomainTimer } from '../../src/actions/fire-domain-timer.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import type { Json } from '../../src/engine/model.js';
import { openTwo, type Client, type Two } from '../http/two-instances.js';
import { answersFor, type Answers } from '../support/answers.js';
import { approveChange } from '../support/changes.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { deploy, diagram, end, flows, keeper, message, startBy, task } from '../support/diagrams.js';
import { codeOf, shippedForm } from './redraw.js';

type Staff = Client & { userId: string };
let two: Two;
let url: string;
let at = new Date('2026-11-25T10:00:00+09:00');
let kato: Staff; // policyEditor
let kimura: Staff; // admin
beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/definition_change', 'processes/anytime'], clock: { now: () => at } });
  url = two.app.database.ownerUrl;
  [kato, kimura] = await Promise.all([two.as('kato.m'), two.as('kimura.s')]);
}, 180_000);
afterAll(() => two.close());

const drawn = (key: string, dueIn: string): string => diagram(key, startBy(key) + task('look', { properties: { dueIn }, group: 'grp.policy' }) + end() + flows('start>look', 'look>end'), message(key));
const versionsOf = async (key: string): Promise<number[]> => (await query<{ version: number }>(url, `select version from process_definition where key = $1 order by version`, [key])).map(({ version }) => version);
const forms = new Map(['draft_change', 'try_change', 'approve_change', 'publish_change', 'tell_agencies'].map((key) => [key, JSON.parse(readFileSync(new URL(`../../processes/definition_change/forms/${key}.json`, import.meta.url), 'utf8')) as Json]));
const joins = (login: string, group: string): Promise<unknown> => query(url, `insert into membership (user_id, group_key) select id, $2 from app_user where login = $1 on conflict do nothing`, [login, group]);

/** Completes the newest open step of that name. */
async function does(login: string, elementId: string, said: Answers = {}): Promise<void> {
  const [open] = await query<{ id: string; version: number }>(url, `select id, version from task where element_id = $1 and status = 'open' order by id desc limit 1`, [elementId]);
  await completeTask(two.app, await personByLogin(url, login), { taskId: open!.id, version: open!.version, answers: answersFor('definition_change', elementId, forms.get(elementId)!, said) });
}
/** Begins P13 and drafts a change of that process. @returns its id */
async function drafts(login: string, targetKey: string, processKey = 'other'): Promise<string> {
  at = new Date(at.getTime() + 60_000); // so that the newest step is the newest
  await publishMessage(two.app, await personByLogin(url, login), { name: 'definition_change_requested' });
  await does(login, 'draft_change', { processKey, targetKey });
  return (await query<{ id: string }>(url, `select id from definition_change where process_key = $1`, [targetKey]))[0]!.id;
}
const proposes = async (who: Client, changeId: string, xml: string) => (await who.post(`/api/definition-changes/${changeId}/candidate`, { xml }));
const deploys = async (who: Client, xml: string): Promise<string> => codeOf(await who.post('/api/definitions', { xml }));
const changeOf = async (id: string): Promise<Record<string, unknown>> => ((await kato.get('/api/definition-changes').expect(200)).body.changes as Record<string, unknown>[]).find((one) => one['id'] === id)!;

describe('a change on its way', () => {
  test('is drafted, checked, tried, approved by another, and on its day it is deployed by itself; what runs ends as it began', async () => {
    await deploy(two.app, drawn('walked', '5BD'));
    await kato.post('/api/messages', { name: 'walked', businessKey: 'W-1' }).expect(201);
    const id = await drafts('kato.m', 'walked');
    await expect(does('kato.m', 'try_change')).rejects.toMatchObject({ code: 'change_not_checked' });
    const checked = await proposes(kato, id, drawn('walked', '3BD'));
    expect(checked.status).toBe(201);
    expect(checked.body).toMatchObject({ kind: 'process', key: 'walked', effect: { version: 1, running: [{ version: 1, instances: 1 }], diagramChanged: true, forms: [] } });
    expect(checked.body.effect.elements).toEqual([{ elementId: 'look', type: 'bpmn:UserTask', name: 'look', change: 'changed', fields: [{ field: 'dueIn', from: '5BD', to: '3BD' }], openTasks: 1 }]);
    await does('kato.m', 'try_change');
    await does('nakamura.m', 'approve_change');
    expect(await deploys(kato, drawn('walked', '3BD'))).toBe('change_not_approved'); // no day yet
    await does('kato.m', 'publish_change', { effectiveOn: '2026-11-27' });
    const early = await kato.post(`/api/definition-changes/${id}/deploy`).expect(409);
    expect([codeOf(early), early.body.effectiveOn]).toEqual(['change_not_yet_effective', '2026-11-27']);
    expect(await deploys(kato, drawn('walked', '3BD'))).toBe('change_not_yet_effective');
    await does('kato.m', 'tell_agencies');
    expect(await changeOf(id)).toMatchObject({ status: 'told', targetKind: 'process', targetKey: 'walked', version: null, deployedAt: null, candidateSha256: checked.body.sha256 });
    const [timer] = await query<{ id: string; due_at: Date }>(url, `select id, due_at from timer where about_id = $1 and status = 'pending'`, [id]);
    expect(timer!.due_at.toISOString()).toBe('2026-11-26T15:00:00.000Z'); // midnight in Japan
    expect(await fireDomainTimer(two.app, keeper, { timerId: timer!.id })).toMatchObject({ outcome: 'idle' });
    at = timer!.due_at;
    expect(await Promise.all([1, 2].map(() => fireDomainTimer(two.app, keeper, { timerId: timer!.id })))).toEqual(expect.arrayContaining([{ outcome: 'fired', again: false }]));
    expect(await changeOf(id)).toMatchObject({ version: 2, deployedAt: at.toISOString() });
    expect(await versionsOf('walked')).toEqual([1, 2]);
    expect(await query(url, `select reason, basis, actor_id from audit_event where action = 'definition.deploy' and resource_id = (select id::text from process_definition where change_id = $1)`, [id])).toContainEqual({ reason: 'approved_change', basis: 'system:publication', actor_id: null });
    expect(await query(url, `select deadline ->> 'dueIn' as due from task where business_key = 'W-1'`)).toEqual([{ due: '5BD' }]);
    const seen = await (await two.as('mori.d')).get(`/api/definition-changes/${id}/candidate`).expect(200);
    expect(seen.body).toMatchObject({ xml: drawn('walked', '3BD'), givenById: kato.userId, effect: { version: 1 } });
  });

  test('that cannot be deployed on its day is told to those who drafted and approved it, and nothing is', async () => {
    const id = await approveChange(url, { xml: drawn('too_late', '5BD'), forms: {}, effectiveOn: '2026-11-28' });
    await query(url, `insert into timer (id, kind, rule, about_id, due_at, created_at) values (gen_random_uuid(), 'domain', 'change_effective', $1, '2026-11-27T15:00:00Z', now())`, [id]);
    await deploy(two.app, diagram('rival', startBy('too_late') + task('one') + end() + flows('start>one', 'one>end'), message('too_late')));
    at = new Date('2026-11-28T00:00:00+09:00');
    const [timer] = await query<{ id: string }>(url, `select id from timer where about_id = $1`, [id]);
    await fireDomainTimer(two.app, keeper, { timerId: timer!.id });
    expect(await versionsOf('too_late')).toEqual([]);
    expect((await kato.get('/api/notifications').expect(200)).body.notifications).toContainEqual(expect.objectContaining({ rule: 'change_refused', text: expect.stringContaining('施行日に登録できませんでした') }));
    expect((await query<{ n: number }>(url, `select count(*)::int n from notification where rule = 'change_refused'`))[0]!.n).toBe(2);
    expect(codeOf(await kato.post(`/api/definition-changes/${id}/deploy`))).toBe('diagram_refused');
  });

  test('of a form that may be filed at any time goes the same way', async () => {
    const form = shippedForm('anytime', 'training');
    const other = { ...form, components: [...form.components, { type: 'textarea', key: 'cityNote', label: '市のメモ' }] };
    const schema = other as unknown as Json;
    const policy = await personByLogin(url, 'kato.m');
    await expect(deployForm(two.app, policy, { key: 'training', schema })).rejects.toMatchObject({ code: 'change_not_approved' });
    const id = await drafts('kato.m', 'training', 'standing_form');
    const { body } = await kato.post(`/api/definition-changes/${id}/candidate`, { formKey: 'training', schema }).expect(201);
    expect(body).toMatchObject({ kind: 'form', effect: { version: 1, running: [], elements: [], forms: [{ formKey: 'training', change: 'changed' }] } });
    expect(codeOf(await kato.post(`/api/definition-changes/${id}/candidate`, { formKey: 'training', schema: { ...other, record: 'F13' } as unknown as Json }))).toBe('diagram_refused');
    await does('kato.m', 'try_change');
    await does('nakamura.m', 'approve_change');
    await does('kato.m', 'publish_change', { effectiveOn: two.app.calendar.onDate(at) });
    expect((await kato.post(`/api/definition-changes/${id}/deploy`).expect(200)).body).toEqual({ kind: 'form', key: 'training', version: 2, isNew: true });
    expect((await kato.post(`/api/definition-changes/${id}/deploy`).expect(200)).body).toMatchObject({ version: 2, isNew: false });
    expect(await changeOf(id)).toMatchObject({ status: 'published', targetKind: 'form', targetKey: 'training', version: 2 });
  });
});

describe('by nobody alone', () => {
  test('nobody approves a draft that they had a hand in: not the second to draft it, not whoever had it checked', async () => {
    for (const [login, group] of [['kato.m', 'grp.chair'], ['nakamura.m', 'grp.policy'], ['kobayashi.t', 'grp.chair'], ['sato.h', 'grp.chair']] as const) await joins(login, group);
    const id = await drafts('kato.m', 'alone');
    expect((await proposes(kimura, id, drawn('alone', '5BD'))).status).toBe(201);
    await does('kato.m', 'try_change');
    await expect(does('kato.m', 'approve_change')).rejects.toMatchObject({ code: 'own_change' });
    await does('nakamura.m', 'approve_change', { approval: 'return', approvalReason: '理由が足りない' });
    await does('nakamura.m', 'draft_change', { processKey: 'other', targetKey: 'alone' });
    await does('kato.m', 'try_change');
    for (const login of ['kato.m', 'nakamura.m']) await expect(does(login, 'approve_change')).rejects.toMatchObject({ code: 'own_change' });
    // whoever drew the step into another inbox has made nobody a chair
    await expect(does('sato.h', 'approve_change')).rejects.toMatchObject({ code: 'not_city_decision' });
    await joins('kimura.s', 'grp.chair');
    await query(url, `update app_user set roles = roles || '{chair}' where login = 'kimura.s'`);
    await expect(does('kimura.s', 'approve_change')).rejects.toMatchObject({ code: 'own_change' });
    await does('kobayashi.t', 'approve_change');
    await expect(does('kato.m', 'publish_change', { effectiveOn: '2020-01-01' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/effectiveOn' }] });
    await does('kato.m', 'publish_change');
    expect(await changeOf(id)).toMatchObject({ status: 'published', effectiveOn: '2099-04-01' });
    await query(url, `update app_user set roles = array_remove(roles, 'chair') where login = 'kimura.s'`);
  });

  test('not by a changed diagram of P13: nothing is published that was not approved, nothing approved that was not tried', async () => {
    const id = await drafts('kato.m', 'leap');
    const skipTo = (elementId: string) => query(url, `update task set element_id = $1, form_key = $1, candidate_groups = '{grp.policy,grp.chair}' where id = (select id from task where element_id in ('try_change', 'approve_change', 'publish_change') and status = 'open' order by id desc limit 1)`, [elementId]);
    await skipTo('publish_change');
    await expect(does('kato.m', 'publish_change')).rejects.toMatchObject({ code: 'change_not_approved' });
    await proposes(kato, id, drawn('leap', '5BD'));
    await skipTo('approve_change');
    await expect(does('kobayashi.t', 'approve_change')).rejects.toMatchObject({ code: 'change_not_checked' });
    expect(await changeOf(id)).toMatchObject({ status: 'drafted', approvedAt: null });
  });

  test('what the head of section approves is what was drafted in the run that asks them, also where its variables were changed meanwhile', async () => {
    const id = await drafts('kato.m', 'swapped_in');
    await proposes(kato, id, drawn('swapped_in', '5BD'));
    await does('kato.m', 'try_change');
    const shown = await drafts('kato.m', 'shown');
    await proposes(kato, shown, drawn('shown', '5BD'));
    await does('kato.m', 'try_change');
    const [asking] = await query<{ id: string }>(url, `select instance_id as id from definition_change where id = $1`, [shown]);
    await kato.patch(`/api/instances/${asking!.id}/variables`, { variables: { changeId: id }, reason: '入れ替え' }).expect(200);
    await expect(does('nakamura.m', 'approve_change')).rejects.toMatchObject({ code: 'not_found' });
    expect([await changeOf(id), await changeOf(shown)]).toMatchObject([{ status: 'tried' }, { status: 'tried' }]);
  });

  test('what was tried is not exchanged before it is approved, nor after, and not for something else', async () => {
    const id = await drafts('kato.m', 'fixed');
    expect(codeOf(await proposes(kato, id, drawn('other_one', '5BD')))).toBe('change_differs');
    await proposes(kato, id, drawn('fixed', '5BD'));
    await proposes(kato, id, drawn('fixed', '4BD'));
    await does('kato.m', 'try_change');
    expect(codeOf(await proposes(kato, id, drawn('fixed', '1BD')))).toBe('change_tried');
    await does('kobayashi.t', 'approve_change');
    await does('kato.m', 'publish_change', { effectiveOn: two.app.calendar.onDate(at) });
    expect(codeOf(await proposes(kato, id, drawn('fixed', '1BD')))).toBe('change_tried');
    for (const dueIn of ['1BD', '5BD']) expect(await deploys(kato, drawn('fixed', dueIn))).toBe('change_differs');
    expect(await deploys(kato, drawn('fixed', '4BD'))).toBe('done');
    expect(codeOf(await proposes(await two.as('mori.d'), id, drawn('fixed', '1BD')))).toBe('forbidden');
    expect(codeOf(await proposes(kato, '00000000-0000-7000-8000-00000000dead', drawn('fixed', '1BD')))).toBe('not_found');
  });
});

describe('what a person deploys', () => {
  test('needs the approval of this very key, also where it was never deployed, also of an administrator; the same as it is changes nothing', async () => {
    await approveChange(url, { xml: drawn('neighbour', '5BD'), forms: {} });
    await deploy(two.app, drawn('known', '5BD'));
    for (const who of [kato, kimura]) {
      expect(await deploys(who, drawn('known', '4BD'))).toBe('change_not_approved');
      expect(await deploys(who, drawn('never_before', '4BD'))).toBe('change_not_approved');
    }
    const same = await kato.post('/api/definitions', { xml: drawn('known', '5BD') }).expect(201);
    expect(same.body).toMatchObject({ version: 1, isNew: false });
    expect(await versionsOf('known')).toEqual([1]);
    expect(await query(url, `select reason from audit_event where action = 'definition.deploy' and basis = 'system:test' and resource_id = (select id::text from process_definition where key = 'known')`)).toEqual([{ reason: 'without_change' }]);
  });

  test('an approval is used once: taken back by whoever has the machine, it is not deployed by it again', async () => {
    await deploy(two.app, drawn('once', '5BD'));
    await approveChange(url, { xml: drawn('once', '4BD'), forms: {} });
    expect(await deploys(kato, drawn('once', '4BD'))).toBe('done');
    expect((await deploy(two.app, drawn('once', '5BD'))).version).toBe(3);
    expect(await deploys(kato, drawn('once', '4BD'))).toBe('change_used');
    expect(await versionsOf('once')).toEqual([1, 2, 3]);
    // back to what was before, by a person: with an approval of that
    await approveChange(url, { xml: drawn('once', '4BD'), forms: {} });
    expect(await deploys(kimura, drawn('once', '4BD'))).toBe('done');
  });

  test('two at once use one approval once', async () => {
    const id = await approveChange(url, { xml: drawn('at_once', '4BD'), forms: {} });
    const answers = await Promise.all([kato.post('/api/definitions', { xml: drawn('at_once', '4BD') }), kimura.post('/api/definitions', { xml: drawn('at_once', '4BD') }), kato.post(`/api/definition-changes/${id}/deploy`)]);
    expect(answers.map(codeOf)).toEqual(['done', 'done', 'done']);
    expect(answers.map(({ body }) => body.isNew).filter(Boolean)).toHaveLength(1);
    expect(await versionsOf('at_once')).toEqual([1]);
  });
});

test('the database refuses it too, as the role of the application', async () => {
  const client = new pg.Client(two.app.database.appUrl);
  await client.connect();
  /** As this person, in a transaction that is rolled back. */
  const as = async (login: string | null, ...statements: [sql: string, values?: unknown[]][]): Promise<string> => {
    const [user] = await query<{ id: string }>(url, `select id from app_user where login = $1`, [login]);
    await client.query('begin');
    try {
      await client.query(`select set_config('app.scope', 'engine', true), set_config('app.user_id', $1, true), set_config('app.now', $2, true)`, [user?.id ?? '', at.toISOString()]);
      for (const [sql, values = []] of statements) await client.query(sql, values);
      return 'done';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await client.query('rollback');
    }
  };
  const insert = (key: string, xml: string, changeId: string | null, by: string | null): [string, unknown[]] => [
    `insert into process_definition (id, key, version, name, sha256, xml, forms, start_messages, executor_version, deployed_by_id, deployed_at, change_id) values (gen_random_uuid(), $1, 99, 'x', 'x', $2, '{}', '{}', 'x', $3, now(), $4)`, [key, xml, by, changeId]];
  const xml = drawn('in_sql', '5BD');
  const mine = await approveChange(url, { xml, forms: {} });
  const later = await approveChange(url, { xml: drawn('in_sql_later', '5BD'), forms: {}, effectiveOn: '2099-01-01' });
  const used = (await query<{ id: string }>(url, `select change_id as id from process_definition where key = 'at_once'`))[0]!.id;
  expect(await as('kato.m', insert('in_sql', xml, mine, kato.userId))).toBe('done');
  expect(await as('kato.m', insert('in_sql', xml, null, kato.userId))).toContain('a person deploys what was approved');
  expect(await as('kato.m', insert('in_sql', xml, null, null))).toContain('a person deploys what was approved');
  expect(await as(null, insert('in_sql', xml, null, kato.userId))).toContain('a person deploys what was approved');
  expect(await as('kimura.s', insert('in_sql', xml, mine, kato.userId))).toContain('deployed by whoever deploys');
  expect(await as('kato.m', insert('in_other', xml, mine, kato.userId))).toContain('no approval for this version');
  expect(await as('kato.m', insert('in_sql', `${xml} `, mine, kato.userId))).toContain('not what was approved');
  expect(await as('kato.m', insert('in_sql_later', drawn('in_sql_later', '5BD'), later, kato.userId))).toContain('not yet effective');
  expect(await as('kato.m', insert('at_once', drawn('at_once', '4BD'), used, kato.userId))).toContain('no approval for this version');
  expect(await as('kato.m', insert('in_sql', xml, mine, kato.userId), insert('in_sql', xml, mine, kato.userId))).toContain('unique');
  expect(await as('kato.m', [`insert into standing_form (key, version, sha256, record, schema, deployed_by_id, deployed_at, change_id) values ('in_sql', 1, 'x', 'F04', '{}', $1, now(), $2)`, [kato.userId, mine]])).toContain('no approval for this version');
  // and no approval comes to be but by whoever approves
  const draft = (await query<{ id: string }>(url, `insert into definition_change (id, process_key, drafters, drafted_at) values (gen_random_uuid(), 'in_sql', array[$1::uuid], now()) returning id`, [kato.userId]))[0]!.id;
  const chair = (await personByLogin(url, 'nakamura.m')).userId;
  expect(await as('kato.m', [`insert into definition_change (id, process_key, drafters, drafted_at, status, approved_by_id) values (gen_random_uuid(), 'in_sql', '{}', now(), 'published', $1)`, [chair]])).toContain('begins as a draft');
  expect(await as('kato.m', [`update definition_change set status = 'approved', approved_by_id = $2 where id = $1`, [draft, chair]])).toContain('approved by the chair or director who approves it');
  expect(await as('sato.h', [`update definition_change set status = 'approved', approved_by_id = app_user_id() where id = $1`, [draft]])).toContain('approved by the chair or director who approves it');
  expect(await as('nakamura.m', [`update definition_change set status = 'approved', approved_by_id = app_user_id() where id = $1`, [draft]])).toContain('was not tried');
  expect(await as('kato.m', [`update definition_change set candidate_id = (select candidate_id from definition_change where id = $2) where id = $1`, [draft, mine]])).toContain('candidate of another change');
  expect(await as('kato.m', [`update definition_change set candidate_id = null where id = $1`, [mine]])).toContain('what was tried');
  expect(await as('kato.m', [`update definition_change set drafters = '{}' where id = $1`, [mine]])).toContain('stays named');
  expect(await as('nakamura.m', [`update definition_change set drafters = drafters || app_user_id() where id = $1`, [mine]])).toContain('definition_change_second_person');
  expect(await as('kato.m', [`update definition_change set status = 'drafted', deployed_at = null where id = $1`, [used]])).toContain('has been deployed');
  expect(await as('kato.m', [`update definition_candidate set xml = $2 where change_id = $1`, [mine, 'x']])).toMatch(/permission denied|append-only/);
  await client.end();
});
