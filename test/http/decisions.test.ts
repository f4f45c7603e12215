// 決定事項: what a meeting decided is a task of its doer, with its day, and there is one way to close it. What a 支援会議 decided is told to
// nobody who has not pledged for that sitting, however it is asked for.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { waitFor } from '../support/wait-for.js';
import { desk, elderly, held, needy, openTheDesk, type Worry } from './confidential-desk.js';
import { day } from './desk.js';

const what = '夜の見守りを週に二度、門田ハナ子さん宅で';
const school = 'grp.sectionLead.school_education';

beforeAll(openTheDesk, 180_000);
afterAll(() => desk?.close());

const decided = (group: string, dueOn = '令和8年6月30日'): Record<string, Json> => ({ decisionGroups: [group], roleSplit: [{ group, task: what, dueOn }] });
const cannot: Record<string, Json> = { decisionResult: 'impossible', doneOn: null, did: null, reason: '人手が足りない' };
const judge = (decisionNext: string, more: Record<string, Json> = {}): Record<string, Json> => ({ decisionNext, ...(decisionNext === 'reassign' ? { doerGroup: needy, newDueOn: '令和8年7月31日' } : { doerGroup: null, newDueOn: null }), ...more });

interface Line {
  id: string;
  what: string;
  state: string;
  dueOn: string;
  groupKey: string;
}
/** The decisions of this case that this person is told of. */
const listOf = async (login: string, caseNo: string): Promise<Line[]> => {
  const ids = (await rowsOf(caseNo)).map(({ id }) => id);
  return ((await (await desk.as(login)).get('/api/meetings/decisions').expect(200)).body.decisions as Line[]).filter(({ id }) => ids.includes(id));
};
const rowsOf = (caseNo: string) => desk.sql<{ id: string; state: string; groupKey: string; doneBy: string | null }>(
  `select d.id, d.state, d.group_key as "groupKey", u.login as "doneBy" from sitting_decision d join sitting s on s.id = d.sitting_id join meeting_case m on m.meeting_id = s.meeting_id join support_case c on c.id = m.case_id left join app_user u on u.id = d.done_by_id where c.case_no = $1 order by d.id`, [caseNo]);
/** The open task of that step as this person sees it; null: they do not. */
const taskOf = async (login: string, caseNo: string, step: string): Promise<{ id: string; name: string; dueAt: string; version: number; carried: Record<string, Json> } | null> => {
  const client = await desk.as(login);
  const [line] = (await client.get(`/api/tasks?view=all&case=${caseNo}&elementId=${step}`).expect(200)).body.tasks as { id: string }[];
  return line ? (await client.get(`/api/tasks/${line.id}`).expect(200)).body : null;
};
/** Everything that processes, queues and mails hold: none of it may say what was decided. */
const leaks = () => desk.sql(`select 'instance' as at from process_instance where position($1 in variables::text || coalesce(state, '')) > 0 union all select 'history' from history_event where position($1 in coalesce(data::text, '')) > 0
  union all select 'message' from message where position($1 in variables::text) > 0 union all select 'job' from job where position($1 in input::text) > 0 union all select 'outbox' from outbox where position($1 in payload::text) > 0
  union all select 'task' from task where position($1 in task::text) > 0 union all select 'notice' from notification where position($1 in notification::text) > 0 union all select 'mail' from mail where position($1 in mail::text) > 0
  union all select 'audit' from audit_event where position($1 in audit_event::text) > 0`, [what]);

async function consented(): Promise<{ caseNo: string; caseId: string; meetingId: string }> {
  const mori = await desk.as('mori.d');
  const { body } = await mori.post('/api/cases', { field: 'elder' }).expect(201);
  const { excludedGroups: _none, ...sample } = sampleOf('anytime', 'consent');
  const agencies = ['elderly_welfare', 'self_reliance', 'school_education'];
  await mori.post(`/api/cases/${body.caseNo}/records`, { formKey: 'consent', answers: { ...sample, consentState: 'full', types: ['share', 'conference'], scopeItems: ['basic', 'progress', 'meeting'], scopeAgencies: agencies.map((agency) => ({ agency, answer: 'agreed' })), householdMembers: [] } }).expect(201);
  const request = await mori.post(`/api/cases/${body.caseNo}/records`, { formKey: 'request_meeting', answers: { ...sampleOf('anytime', 'request_meeting'), memberGroups: [elderly, needy] } }).expect(201);
  await desk.does('yamamoto.m', body.caseNo, 'arrange_meeting', { memberGroups: [elderly, needy], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' });
  await desk.does('yamamoto.m', body.caseNo, 'prepare_materials');
  for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, body.caseNo, 'confirm_attendance');
  await desk.passes(body.caseNo, 'meeting_day');
  await desk.does('yamamoto.m', body.caseNo, 'hold_plan_meeting');
  return { caseNo: body.caseNo, caseId: body.caseId, meetingId: request.body.made.meetingId };
}

async function over(caseNo: string, decision: Record<string, Json>): Promise<void> {
  for (const [step, said] of [['draft_minutes', {}], ['confirm_minutes', {}], ['assign_decisions', decision], ['collect_handouts', {}]] as const) await desk.does('yamamoto.m', caseNo, step, said);
}

describe('what a consented meeting decided', () => {
  test('is a task in the inbox of its doer until its day, with reminder and ladder, and says what it is to nobody else', async () => {
    const { caseNo } = await consented();
    await over(caseNo, decided(elderly));
    const task = (await taskOf('ishikawa.r', caseNo, 'carry_out_decision'))!;
    expect(task).toMatchObject({ name: '決定事項を実施する', dueAt: '2026-06-30T08:15:00.000Z', carried: { decision: what, decisionDueOn: '2026-06-30' } });
    const rules = await desk.sql<{ rule: string }>(`select rule from timer where task_id = $1 and status = 'pending' order by due_at`, [task.id]);
    expect(rules.map(({ rule }) => rule)).toEqual(['due-3BD', 'escalate:1BD>manager', 'escalate:3BD>grp.chair', 'escalate:10BD>grp.chair']);
    expect(await taskOf('fukuda.r', caseNo, 'carry_out_decision')).toBeNull();
    expect(await leaks()).toEqual([]);
    await desk.does('ishikawa.r', caseNo, 'carry_out_decision');
    expect(await rowsOf(caseNo)).toMatchObject([{ state: 'done', groupKey: elderly, doneBy: 'ishikawa.r' }]);
  }, 180_000);

  test('is closed by its task alone, and once: of two at the same moment one is told that it is done', async () => {
    const { caseNo } = await consented();
    await over(caseNo, decided(elderly));
    const client = await desk.as('ishikawa.r');
    const [mine] = await listOf('ishikawa.r', caseNo);
    expect((await client.post(`/api/meetings/decisions/${mine!.id}/done`)).body.type).toMatch(/decision_by_task$/);
    const { id, version } = (await taskOf('ishikawa.r', caseNo, 'carry_out_decision'))!;
    const answers = { decisionResult: 'done', doneOn: '2026-05-11', did: '行った' };
    const both = await Promise.all([1, 2].map(() => client.post(`/api/tasks/${id}/complete`, { version, answers })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    await client.post(`/api/meetings/decisions/${mine!.id}/done`).expect(200); // it is done: nothing changes
    await expect(desk.sql(`update sitting_decision set state = 'assigned', done_at = null where id = $1`, [mine!.id])).rejects.toThrow('kept as it is');
    await expect(desk.sql(`update sitting_decision set what = '別のこと' where id = $1`, [mine!.id])).rejects.toThrow('kept as it is');
  }, 180_000);

  test('a decision without a day of its own is none', async () => {
    const { caseNo } = await consented();
    const refused = await desk.tries('yamamoto.m', caseNo, 'assign_decisions', decided(elderly, '令和8年6月ごろ'));
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/answers/roleSplit/0/dueOn']);
    expect(await rowsOf(caseNo)).toEqual([]);
  }, 180_000);

  test('an agency without a seat carries one only as far as the consent goes, and that is written down', async () => {
    const { caseNo, caseId } = await consented();
    const refused = await desk.tries('yamamoto.m', caseNo, 'assign_decisions', decided('grp.sectionLead.silver_centre'));
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/answers/decisionGroups']);
    const told = () => desk.sql<{ items: string[]; purpose: string }>(`select items, purpose from disclosure where case_id = $1 and to_code = 'school_education' and purpose = 'conference'`, [caseId]);
    expect(await told()).toEqual([]);
    await over(caseNo, decided(school));
    expect(await told()).toEqual([{ items: ['meeting'], purpose: 'conference' }]);
  }, 180_000);

  test('one that cannot be done is given to another, who is then the only one to see it', async () => {
    const { caseNo } = await consented();
    await over(caseNo, decided(elderly));
    await desk.does('ishikawa.r', caseNo, 'carry_out_decision', cannot);
    expect((await taskOf('yamamoto.m', caseNo, 'judge_decision'))!.carried).toMatchObject({ decision: what, reported: '人手が足りない' });
    const strange = await desk.tries('yamamoto.m', caseNo, 'judge_decision', judge('reassign', { doerGroup: 'grp.sectionLead.silver_centre' }));
    expect([strange.status, strange.body.errors[0].pointer]).toEqual([422, '/answers/doerGroup']);
    const past = await desk.tries('yamamoto.m', caseNo, 'judge_decision', judge('reassign', { newDueOn: '令和8年5月1日' }));
    expect([past.status, past.body.errors[0].pointer]).toEqual([422, '/answers/newDueOn']);
    await desk.does('yamamoto.m', caseNo, 'judge_decision', judge('reassign'));
    expect(await taskOf('fukuda.r', caseNo, 'carry_out_decision')).toMatchObject({ dueAt: '2026-07-31T08:15:00.000Z', carried: { decision: what } });
    expect(await taskOf('ishikawa.r', caseNo, 'carry_out_decision')).toBeNull();
    await desk.does('fukuda.r', caseNo, 'carry_out_decision');
    expect(await rowsOf(caseNo)).toMatchObject([{ state: 'done', groupKey: needy, doneBy: 'fukuda.r' }]);
  }, 180_000);

  test('it goes back to a meeting, but not beside one that goes on', async () => {
    const { caseNo } = await consented();
    await desk.does('yamamoto.m', caseNo, 'assign_decisions', decided(elderly));
    await desk.does('ishikawa.r', caseNo, 'carry_out_decision', { ...cannot, decisionResult: 'to_meeting' });
    const refused = await desk.tries('yamamoto.m', caseNo, 'judge_decision', judge('meeting'));
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/answers/decisionNext']);
    for (const step of ['draft_minutes', 'confirm_minutes', 'collect_handouts']) await desk.does('yamamoto.m', caseNo, step);
    await desk.does('yamamoto.m', caseNo, 'judge_decision', judge('meeting'));
    expect(await rowsOf(caseNo)).toMatchObject([{ state: 'returned' }]);
    await desk.does('yamamoto.m', caseNo, 'arrange_meeting', { memberGroups: [elderly], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' });
    expect(await taskOf('yamamoto.m', caseNo, 'prepare_materials')).not.toBeNull();
  }, 180_000);

  test('GUARD no case is closed over a decision that nobody has carried out or taken back', async () => {
    const { caseNo } = await consented();
    await over(caseNo, decided(elderly));
    for (const [step, said] of [['receive_consultation', {}], ['assess_urgency', { urgency: 'none' }], ['screen_consultation', { screeningResult: 'inform' }]] as const) await desk.does('mori.d', caseNo, step, said);
    const closes = () => desk.tries('mori.d', caseNo, 'support_alone', { noteAt: '令和8年5月11日', noteTime: '09:00' });
    const refused = await closes();
    expect([refused.status, refused.body.type, refused.body.running, refused.body.detail]).toEqual([409, expect.stringMatching(/case_running$/), ['decision'], expect.stringContaining('決定事項')]);
    await desk.does('ishikawa.r', caseNo, 'carry_out_decision', cannot);
    expect((await closes()).body.running).toEqual(['decision']);
    await desk.does('yamamoto.m', caseNo, 'judge_decision', judge('drop'));
    expect((await closes()).status).toBe(200);
    expect(await desk.sql(`select status from support_case where case_no = $1`, [caseNo])).toEqual([{ status: 'closed' }]);
  }, 180_000);

  test('consent withdrawn: the doer is told no more, the task goes back to who called the meeting, and to no other that is not covered', async () => {
    const { caseNo } = await consented();
    await over(caseNo, decided(elderly));
    expect(await listOf('ishikawa.r', caseNo)).toMatchObject([{ what, state: 'assigned' }]);
    await (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'consent_withdrawal', answers: { ...sampleOf('anytime', 'consent_withdrawal'), withdrawnScope: 'part', withdrawnAgencies: ['elderly_welfare'], withdrawnItems: [], withdrawnTypes: [] } }).expect(201);
    expect(await listOf('ishikawa.r', caseNo)).toEqual([]);
    await waitFor('the task to go back', () => taskOf('yamamoto.m', caseNo, 'judge_decision'), { timeoutMs: 8_000 });
    expect(await taskOf('ishikawa.r', caseNo, 'carry_out_decision')).toBeNull();
    await desk.does('yamamoto.m', caseNo, 'judge_decision', judge('reassign'));
    expect(await taskOf('fukuda.r', caseNo, 'carry_out_decision')).toMatchObject({ carried: { decision: what } });
  }, 180_000);
});

describe('what came of a 支援会議 stays confidential', () => {
  const give = (worry: Worry, group = elderly) => desk.does('yamamoto.m', worry.caseNo, 'assign_decisions', decided(group));

  test('it is told to nobody of the same inbox who has not pledged for that sitting, and they report nothing', async () => {
    const worry = await held();
    await give(worry);
    await desk.sql(`insert into membership (user_id, group_key) select id, $1 from app_user where login = 'okamoto.s'`, [elderly]);
    try {
      expect(await listOf('ishikawa.r', worry.caseNo)).toMatchObject([{ what }]);
      expect(await listOf('okamoto.s', worry.caseNo)).toEqual([]);
      const task = (await taskOf('okamoto.s', worry.caseNo, 'carry_out_decision'))!;
      expect([task.name, JSON.stringify(task).includes(what)]).toEqual(['決定事項を実施する', false]);
      const refused = await desk.tries('okamoto.s', worry.caseNo, 'carry_out_decision');
      expect([refused.status, refused.body.type]).toEqual([403, expect.stringMatching(/pledge_missing$/)]);
    } finally {
      await desk.sql(`delete from membership where group_key = $1 and user_id = (select id from app_user where login = 'okamoto.s')`, [elderly]);
    }
    expect(await leaks()).toEqual([]);
    await desk.does('ishikawa.r', worry.caseNo, 'carry_out_decision', { doneOn: '令和8年5月11日', did: what });
    const kept = await desk.sql<{ compartment: string; sitting: boolean }>(`select compartment, sitting_id is not null as sitting from submission where case_id = $1 and record = 'F09.decisionReport'`, [worry.caseId]);
    expect(kept).toEqual([{ compartment: 'confidential', sitting: true }]);
    expect(await leaks()).toEqual([]);
  }, 180_000);

  test('its doer still knows what to do when the papers have closed, and only the city judges what cannot be done', async () => {
    const worry = await held();
    await over(worry.caseNo, decided(elderly));
    await desk.does('yamamoto.m', worry.caseNo, 'decide_watch_policy');
    await desk.sql(`update sitting set access_until = $2 where meeting_id = $1`, [worry.meetingId, desk.now()]);
    desk.later(15 * day);
    expect((await taskOf('ishikawa.r', worry.caseNo, 'carry_out_decision'))!.carried).toMatchObject({ decision: what });
    await desk.does('ishikawa.r', worry.caseNo, 'carry_out_decision', cannot);
    expect(await taskOf('sato.h', worry.caseNo, 'judge_decision')).toBeNull();
    const other = await desk.tries('yamamoto.m', worry.caseNo, 'judge_decision', judge('reassign', { doerGroup: school }));
    expect([other.status, other.body.errors[0].pointer]).toEqual([422, '/answers/doerGroup']);
    await desk.does('yamamoto.m', worry.caseNo, 'judge_decision', judge('meeting'));
    expect(await rowsOf(worry.caseNo)).toMatchObject([{ state: 'returned' }]);
    const told = await desk.sql(`select 1 from notification n join app_user u on u.id = n.user_id where n.rule = 'decision_returned' and n.business_key = $1 and u.login = 'nakamura.m'`, [worry.caseNo]);
    expect(told).toHaveLength(1);
  }, 180_000);

  test('GUARD the chair does not end the watch over it, and is not told more than that something goes on', async () => {
    const worry = await held();
    await over(worry.caseNo, decided(elderly));
    await desk.does('yamamoto.m', worry.caseNo, 'decide_watch_policy');
    await desk.passes(worry.caseNo, 'review_due');
    const refused = await desk.tries('nakamura.m', worry.caseNo, 'review_continuation', { reviewResult: 'end' });
    expect([refused.status, refused.body.running, JSON.stringify(refused.body).includes(what)]).toEqual([409, ['other'], false]);
    await desk.does('ishikawa.r', worry.caseNo, 'carry_out_decision');
    await desk.does('nakamura.m', worry.caseNo, 'review_continuation', { reviewResult: 'end' });
  }, 180_000);

  test('a process of another case that names it is told nothing and closes nothing', async () => {
    const worry = await held();
    await give(worry);
    const [row] = await desk.sql<{ id: string }>(`select d.id from sitting_decision d join sitting s on s.id = d.sitting_id where s.meeting_id = $1`, [worry.meetingId]);
    const { body } = await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201);
    await (await desk.as('kato.m')).post('/api/messages', { name: 'decision_assigned', correlationKey: body.caseId, businessKey: body.caseNo, variables: { caseId: body.caseId, caseIds: [body.caseId], kind: 'plan', urgency: 'none', coordinatorGroup: null, decisionId: row!.id, doerGroups: [needy, elderly], decisionDueIn: '1BD' }, ttlS: 0 }).expect(201);
    for (const login of ['ishikawa.r', 'fukuda.r']) {
      expect((await taskOf(login, body.caseNo, 'carry_out_decision'))!.carried).toEqual({});
      expect((await desk.tries(login, body.caseNo, 'carry_out_decision')).status).toBe(404);
    }
    expect(await rowsOf(worry.caseNo)).toMatchObject([{ state: 'assigned' }]);
  }, 180_000);
});
