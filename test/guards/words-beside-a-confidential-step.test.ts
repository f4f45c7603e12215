// Guard: what is written beside a step of a 支援会議 (comments, reasons) is read by those inside that sitting and by nobody else.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAs, transact } from '../../src/base/db.js';
import type { Json } from '../../src/engine/model.js';
import { personByLogin } from '../support/city.js';
import { desk, elderly, held, meetingOf, needy, openTheDesk, opened, selected, watched, type Worry } from '../http/confidential-desk.js';
import { day } from '../http/desk.js';
import { begin, codeOf, everythingShown, redraw, restarted } from './redraw.js';

const system = { kind: 'system', name: 'test' } as const;
const said = '長男の借金を母は知らない';
const reason = '弟が訪ねて来る日なので';
/** All whose groups the step below is drawn for; the first two sit inside. */
const candidates = ['ishikawa.r', 'fukuda.r', 'miura.s', 'sato.h', 'mori.d', 'okamoto.s', 'aoki.w'];
const outside = candidates.slice(2);

beforeAll(async () => {
  await openTheDesk();
  // a colleague in a group that has a seat, who has pledged for nothing
  await desk.sql(`insert into membership (group_key, user_id) select 'grp.sectionLead.self_reliance', id from app_user where login = 'miura.s'`);
  await redraw(desk.two.app, 'beside', [{ id: 'talks', group: `=["${elderly}", "${needy}", "grp.coordinator.city", "grp.intake.elder", "grp.sectionLead.silver_centre", "grp.sectionLead.school_education"]` }]);
}, 180_000);
afterAll(() => desk?.close());

/** A step of a process that these variables tell of the meeting, which all the candidates find in their inbox. */
async function step(worry: Worry, variables: Record<string, Json> = { meetingId: worry.meetingId }): Promise<string> {
  const open = async (): Promise<string[]> => (await desk.sql<{ id: string }>(`select id from task where business_key = $1 and element_id = 'talks'`, [worry.caseNo])).map(({ id }) => id);
  const before = await open();
  await begin(desk, 'beside', worry, variables);
  return (await open()).find((id) => !before.includes(id))!;
}
const comment = async (login: string, id: string, body = said): Promise<string> => codeOf(await (await desk.as(login)).post(`/api/tasks/${id}/comments`, { body }));
/** What stands beside the task for somebody who sees it, on both of its pages. */
async function shown(login: string, id: string): Promise<{ comments: string[]; reasons: string[] }> {
  const client = await desk.as(login);
  const page = (await client.get(`/api/tasks/${id}`).expect(200)).body as { comments: { body: string }[]; dueChanges: { reason: string }[]; delegateReason: string | null };
  const listed = (await client.get(`/api/tasks/${id}/comments`).expect(200)).body.comments as { body: string }[];
  expect(listed.map(({ body }) => body)).toEqual(page.comments.map(({ body }) => body));
  expect(page.delegateReason).toBeNull();
  return { comments: listed.map(({ body }) => body), reasons: page.dueChanges.map((one) => one.reason) };
}
const nothing = { comments: [], reasons: [] };

describe('what is written beside a step of a confidential conference is read by those inside that sitting alone', () => {
  test('API candidates of the step who are not pledged for it see no comment and no reason, and comment on nothing', async () => {
    const worry = await held();
    const id = await step(worry);
    expect(await comment('ishikawa.r', id)).toBe('done');
    await (await desk.as('ishikawa.r')).post(`/api/tasks/${id}/due`, { dueAt: '2026-12-01T08:15:00Z', reason }).expect(200);
    for (const login of ['ishikawa.r', 'fukuda.r']) expect([login, await shown(login, id)]).toEqual([login, { comments: [said], reasons: [reason] }]);
    for (const login of outside) {
      expect([login, await shown(login, id)]).toEqual([login, nothing]);
      expect([login, await comment(login, id)]).toEqual([login, login === 'miura.s' ? 'pledge_missing' : 'not_found']);
      const all = await everythingShown(desk, login, worry.caseNo);
      for (const word of [said, reason]) expect([login, word, all.includes(word)]).toEqual([login, word, false]);
    }
    for (const place of ['process_instance', 'message', 'outbox', 'notification', 'mail', 'history_event', 'audit_event', 'idempotency_key', 'task']) expect([place, await desk.sql(`select 1 from ${place} x where position($1 in x::text) > 0 or position($2 in x::text) > 0`, [said, reason])]).toEqual([place, []]);
    const again = await restarted(desk);
    try {
      expect((await (await again.as('sato.h')).get(`/api/tasks/${id}`)).body).toMatchObject({ comments: [], dueChanges: [] });
      expect((await (await again.as('fukuda.r')).get(`/api/tasks/${id}`)).body).toMatchObject({ comments: [{ body: said }], dueChanges: [{ reason }] });
    } finally {
      await again.close();
    }
  }, 180_000);

  test('API the reason of a delegation too: whoever is handed the step reads it when they sit inside', async () => {
    const worry = await held();
    const id = await step(worry);
    const fukuda = await desk.as('fukuda.r');
    const [ishikawa, miura] = await Promise.all([desk.as('ishikawa.r'), desk.as('miura.s')]);
    await fukuda.post(`/api/tasks/${id}/claim`, {}).expect(200);
    await fukuda.post(`/api/tasks/${id}/delegate`, { toUserId: miura.userId, reason }).expect(200);
    for (const login of outside) expect([login, await shown(login, id)]).toEqual([login, nothing]);
    expect(await shown('fukuda.r', id)).toEqual({ comments: [reason], reasons: [] });
    await miura.post(`/api/tasks/${id}/delegate`, { toUserId: ishikawa.userId, reason: said }).expect(200);
    expect(await shown('ishikawa.r', id)).toEqual({ comments: [reason, said], reasons: [] });
    expect(await shown('miura.s', id)).toEqual(nothing); // not even their own: as with what is answered there
  }, 180_000);

  test('EARLY before the pledges nobody comments, and a reason is read by nobody until all have pledged', async () => {
    const worry = await selected();
    const id = await step(worry);
    await (await desk.as('fukuda.r')).post(`/api/tasks/${id}/due`, { dueAt: '2026-12-01T08:15:00Z', reason }).expect(200);
    for (const login of ['ishikawa.r', 'fukuda.r']) expect(await comment(login, id)).toBe('pledge_missing');
    for (const login of candidates) expect([login, await shown(login, id)]).toEqual([login, nothing]);
    const { body } = await (await desk.as('mori.d')).post('/api/cases', { kind: 'worry', field: 'elder' }).expect(201);
    const before = await step({ caseNo: body.caseNo, caseId: body.caseId, meetingId: '' }, { kind: 'confidential' }); // nobody has convened it yet
    for (const login of candidates) expect([login, await comment(login, before)]).toEqual([login, 'pledge_missing']);
  }, 180_000);

  test('LATE a late seat closes it to all, and reads from their pledge on; one that is taken away reads nothing more', async () => {
    const worry = await opened();
    const id = await step(worry);
    expect(await comment('ishikawa.r', id)).toBe('done');
    const office = await desk.as('yamamoto.m');
    const { body } = await office.post(`/api/meetings/${worry.meetingId}/members`, { groupKey: 'grp.sectionLead.school_education' }).expect(201);
    for (const login of ['ishikawa.r', 'fukuda.r', 'aoki.w']) {
      expect([login, await shown(login, id)]).toEqual([login, nothing]);
      expect([login, await comment(login, id)]).toEqual([login, 'pledge_missing']);
    }
    const pledge = { capacity: 'conference_member', textVersion: '2026-04', understood: ['secrecy', 'purpose', 'copies', 'devices', 'afterwards', 'penalty'], signedOn: '令和8年5月11日' };
    await (await desk.as('aoki.w')).post(`/api/meetings/${worry.meetingId}/pledge`, pledge).expect(201);
    for (const login of ['ishikawa.r', 'aoki.w']) expect([login, await shown(login, id)]).toEqual([login, { comments: [said], reasons: [] }]);
    await office.post(`/api/meetings/${worry.meetingId}/members/${body.memberId}/removal`, { reason: '担当が替わったため' }).expect(200);
    expect(await shown('aoki.w', id)).toEqual(nothing);
    expect(await comment('aoki.w', id)).toBe('not_found');
  }, 180_000);

  test('LATE after the meeting neither its members nor the coordinator read it, and the next sitting reads nothing of the last', async () => {
    const worry = await watched();
    const id = await step(worry);
    expect(await comment('ishikawa.r', id)).toBe('done');
    await desk.passes(worry.caseNo, 'review_due');
    await desk.does('nakamura.m', worry.caseNo, 'review_continuation', { reviewResult: 'continue' });
    const first = await meetingOf(worry.caseNo);
    await desk.does('yamamoto.m', worry.caseNo, 'select_members', { memberGroups: [elderly, 'grp.sectionLead.silver_centre'] });
    for (const login of ['ishikawa.r', 'okamoto.s', 'nakamura.m', 'yamamoto.m']) await desk.does(login, worry.caseNo, 'sign_pledge');
    const second = await meetingOf(worry.caseNo);
    expect([first.no, second.no]).toEqual([1, 2]);
    expect(await comment('okamoto.s', id, reason)).toBe('done');
    expect(await desk.sql(`select body, sitting_id::text as sitting from task_comment where task_id = $1 order by at, id`, [id])).toEqual([{ body: said, sitting: first.sittingId }, { body: reason, sitting: second.sittingId }]);
    expect((await shown('okamoto.s', id)).comments).toEqual([reason]);
    expect((await shown('fukuda.r', id)).comments).not.toContain(reason);
    desk.later(15 * day);
    expect((await shown('fukuda.r', id)).comments).toEqual([]);
    expect((await shown('ishikawa.r', id)).comments).toEqual([reason]);
    expect(await shown('sato.h', id)).toEqual(nothing);
  }, 180_000);

  test('DIAGRAM a process that knows the meeting under another name, in a list, by its sitting, or as a confidential one, is bound all the same', async () => {
    const worry = await held();
    const { sittingId } = await meetingOf(worry.caseNo);
    for (const variables of [{ kaigi: worry.meetingId }, { kai: sittingId }, { kind: 'confidential' }, { list: [worry.caseId, worry.meetingId] }] as Record<string, Json>[]) {
      const id = await step(worry, variables);
      expect([variables, await comment('ishikawa.r', id)]).toEqual([variables, 'done']);
      expect([variables, await shown('sato.h', id)]).toEqual([variables, nothing]);
      expect([variables, await comment('sato.h', id)]).toEqual([variables, 'not_found']);
    }
    // a process that knows of none is talked about as before
    const free = await step(worry, { urgency: 'none' });
    expect(await comment('sato.h', free, '電話済み')).toBe('done');
    expect(await shown('mori.d', free)).toEqual({ comments: ['電話済み'], reasons: [] });
  }, 180_000);

  test('TWO AT ONCE of a comment, a late seat and readers: whoever has not pledged reads nothing', async () => {
    const worry = await opened();
    const id = await step(worry);
    const office = await desk.as('yamamoto.m');
    const [first] = await Promise.all([comment('ishikawa.r', id), office.post(`/api/meetings/${worry.meetingId}/members`, { groupKey: 'grp.sectionLead.school_education' }), ...outside.map(async (login) => expect(await shown(login, id)).toEqual(nothing))]);
    expect(['done', 'pledge_missing']).toContain(first);
    for (const login of candidates) expect([login, await shown(login, id)]).toEqual([login, nothing]);
  }, 180_000);

  test('SQL as the application’s role: rows are bound whatever writes them, shown to nobody outside, and unbound by nobody', async () => {
    const worry = await held();
    const id = await step(worry);
    const { app } = desk.two;
    const { sittingId } = await meetingOf(worry.caseNo);
    const inside = await personByLogin(app.database.ownerUrl, 'ishikawa.r');
    await transact(app.db, system, async (tx) => {
      await tx.db.$executeRawUnsafe(`insert into task_comment (id, task_id, author_id, body, at, confidential, sitting_id) values (gen_random_uuid(), $1::uuid, $2::uuid, $3, $4::timestamptz, false, null)`, id, inside.userId, said, tx.now);
      await tx.db.$executeRawUnsafe(`insert into due_change (id, task_id, reason, by_id, at, confidential, sitting_id) values (gen_random_uuid(), $1::uuid, $3, $2::uuid, $4::timestamptz, false, null)`, id, inside.userId, reason, tx.now);
    });
    for (const table of ['task_comment', 'due_change']) {
      expect(await desk.sql(`select confidential, sitting_id::text as sitting from ${table} where task_id = $1`, [id])).toEqual([{ confidential: true, sitting: sittingId }]);
      for (const login of candidates) {
        const person = await personByLogin(app.database.ownerUrl, login);
        const rows = await readAs(app.db, person, (tx) => tx.db.$queryRawUnsafe<unknown[]>(`select * from ${table} where task_id = $1::uuid`, id));
        expect([table, login, rows.length]).toEqual([table, login, outside.includes(login) ? 0 : 1]);
      }
      await expect(transact(app.db, system, (tx) => tx.db.$executeRawUnsafe(`update ${table} set confidential = false where task_id = $1::uuid`, id))).rejects.toThrow(/append-only|permission denied/);
    }
    await expect(transact(app.db, system, (tx) => tx.db.$executeRawUnsafe(`update task set delegate_reason = 'x' where id = $1::uuid`, id))).rejects.toThrow(/confidential meeting|RestrictViolation|23001/);
    // nor does asking what a process might know tell somebody who reads that there is such a meeting
    const coordinator = await personByLogin(app.database.ownerUrl, 'sato.h');
    expect(await readAs(app.db, coordinator, (tx) => tx.db.$queryRawUnsafe(`select sitting_id from sitting_known($1::uuid, '{"kind":"confidential"}', 'infinity')`, worry.caseId))).toEqual([{ sitting_id: null }]);
  }, 180_000);
});
