// Guard: nothing flows by itself from a 支援会議 to a consented case. See also test/http/after-confidential-meetings.test.ts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { grantAccess } from '../../src/domain/access.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor, sampleOf } from '../support/answers.js';
import { canary, desk, elderly, held, meetingOf, openTheDesk, opened, watched, type Worry } from '../http/confidential-desk.js';
import { begin, codeOf, everythingShown, redraw, restarted, shippedForm, unmarked, type Form } from './redraw.js';

const system = { kind: 'system', name: 'test' } as const;
/** Said at the table, written into whatever form was drawn for it. */
const said = '長男の借金を母は知らない';
const outside = ['sato.h', 'mori.d', 'kobayashi.t', 'maeda.s', 'kato.m', 'okamoto.s', 'yamaguchi.n'];

beforeAll(openTheDesk, 180_000);
afterAll(() => desk?.close());

/** The coordinator and the agency that knows the household reach the case by something else. */
async function reached({ caseId }: Worry): Promise<void> {
  await transact(desk.two.app.db, system, async (tx) => {
    for (const reader of ['grp.coordinator.city', 'agency:chiiki_houkatsu', 'agency:elderly_welfare']) await grantAccess(tx, { caseId, reader, level: 'content', basis: 'assignment', basisId: null });
  });
}
const unseen = async ({ caseNo }: Worry, ...words: string[]): Promise<void> => {
  for (const login of outside) {
    const shown = await everythingShown(desk, login, caseNo);
    for (const word of words) expect([login, word, shown.includes(word)]).toEqual([login, word, false]);
  }
};
const noteAnswers = (): Record<string, Json> => answersFor('anytime', 'case_note', shippedForm('anytime', 'case_note') as unknown as Json, { noteAt: '2026-05-10', content: said, visibility: 'team' });
const text: Form = { type: 'default', id: 'text', schemaVersion: 18, components: [{ type: 'textarea', id: 'text_words', key: 'words', label: '話したこと' }] };

describe('nothing flows by itself from a confidential conference to a consented case', () => {
  test('FORM a step of it whose form is no 帳票, or another than it was, is kept with the sitting and shown to nobody else', async () => {
    const worry = await held();
    await reached(worry);
    await redraw(desk.two.app, 'other_forms', [{ id: 'speaks', group: elderly, form: text }, { id: 'reports_unmarked', group: elderly, form: unmarked(shippedForm('confidential_route', 'report_role')) }, { id: 'reports_as_note', group: elderly, form: shippedForm('anytime', 'case_note') }]);
    await begin(desk, 'other_forms', worry, { meetingId: worry.meetingId });
    await desk.does('ishikawa.r', worry.caseNo, 'speaks', { words: said });
    await desk.does('ishikawa.r', worry.caseNo, 'reports_unmarked', { ...sampleOf('confidential_route', 'report_role'), content: said });
    await desk.does('ishikawa.r', worry.caseNo, 'reports_as_note', noteAnswers());
    const { sittingId } = await meetingOf(worry.caseNo);
    const kept = await desk.sql<{ compartment: string; sitting: string }>(`select compartment, sitting_id::text as sitting from submission where case_id = $1 and position($2 in answers::text) > 0`, [worry.caseId, said]);
    expect(kept).toEqual(Array.from({ length: 3 }, () => ({ compartment: 'confidential', sitting: sittingId })));
    await unseen(worry, said, canary);
    expect(JSON.stringify((await (await desk.as('fukuda.r')).get(`/api/meetings/${worry.meetingId}/dossier`).expect(200)).body)).toContain(said);
  }, 180_000);

  test('DIAGRAM a process that knows the meeting under another name, or by its sitting, or only as a confidential one, writes into it all the same', async () => {
    const worry = await held();
    await reached(worry);
    const { sittingId } = await meetingOf(worry.caseNo);
    await redraw(desk.two.app, 'other_names', [{ id: 'speaks_elsewhere', group: elderly, form: text }]);
    for (const variables of [{ kaigi: worry.meetingId }, { kai: sittingId }, { kind: 'confidential' }] as Record<string, Json>[]) {
      await begin(desk, 'other_names', worry, variables);
      await desk.does('ishikawa.r', worry.caseNo, 'speaks_elsewhere', { words: said });
    }
    expect(await desk.sql(`select 1 from submission where case_id = $1 and form_key = 'speaks_elsewhere' and compartment = 'confidential' and sitting_id = $2`, [worry.caseId, sittingId])).toHaveLength(3);
    await unseen(worry, said);
  }, 180_000);

  test('ROLE whoever is not inside writes nothing into it by such a step', async () => {
    const worry = await opened();
    await redraw(desk.two.app, 'outside_steps', [{ id: 'speaks_outside', group: '=["grp.coordinator.city", "grp.sectionLead.silver_centre", "grp.intake.elder"]', form: text }]);
    await begin(desk, 'outside_steps', worry, { meetingId: worry.meetingId });
    for (const login of ['sato.h', 'okamoto.s', 'mori.d']) expect(codeOf(await desk.tries(login, worry.caseNo, 'speaks_outside', { words: said }))).toBe('not_found');
    expect(await desk.sql(`select 1 from submission where form_key = 'speaks_outside'`)).toEqual([]);
  });

  test('FORM a form of the consented case that names what was written there is given none of it, before and after it has been converted', async () => {
    const worry = await watched();
    await reached(worry);
    const carries = (key: string, from: string) => ({ type: 'textfield', id: `c_${key}`, key, label: key, readonly: true, properties: { from } });
    const greedy: Form = { ...text, components: [...text.components, carries('cFacts', 'F16.facts'), carries('cMinutes', 'F09.minutes.direction'), carries('cSheet', 'F09.prepSheet.knownByMe'), carries('cPolicy', 'F09.watch.policy')] };
    await redraw(desk.two.app, 'consented_side', [{ id: 'reads_across', group: '=["grp.coordinator.city", "grp.sectionLead.elderly_welfare"]', form: greedy }]);
    const carried = async (login: string): Promise<unknown> => {
      await begin(desk, 'consented_side', worry);
      const client = await desk.as(login);
      const tasks = (await client.get(`/api/tasks?view=all&case=${worry.caseNo}&elementId=reads_across`).expect(200)).body.tasks as { id: string; version: number; assigneeId: string | null }[];
      const free = tasks.find(({ assigneeId }) => assigneeId === null)!;
      await client.post(`/api/tasks/${free.id}/claim`, { version: free.version }).expect(200);
      return (await client.get(`/api/tasks/${free.id}`).expect(200)).body.carried;
    };
    for (const login of ['sato.h', 'ishikawa.r']) expect(await carried(login)).toEqual({});
    await (await desk.as('hayashi.m')).post('/api/messages', { name: 'consent_obtained', correlationKey: worry.caseId, businessKey: worry.caseNo, ttlS: 0 });
    await desk.does('sato.h', worry.caseNo, 'convert_to_consented');
    for (const login of ['sato.h', 'ishikawa.r']) expect(await carried(login)).toEqual({});
    await unseen(worry, canary);
    const again = await restarted(desk);
    try {
      expect((await (await again.as('sato.h')).get(`/api/meetings/${worry.meetingId}/dossier`)).status).toBe(404);
    } finally {
      await again.close();
    }
    for (const place of ['process_instance', 'message', 'outbox', 'notification', 'mail', 'history_event', 'audit_event', 'plan', 'case_note', 'community_issue']) expect([place, await desk.sql(`select 1 from ${place} x where position($1 in x::text) > 0`, [canary])]).toEqual([place, []]);
  }, 180_000);

  test('TWO AT ONCE of a report and the conversion, what was reported stays inside', async () => {
    const worry = await watched();
    await reached(worry);
    await (await desk.as('hayashi.m')).post('/api/messages', { name: 'consent_obtained', correlationKey: worry.caseId, businessKey: worry.caseNo, ttlS: 0 });
    await redraw(desk.two.app, 'late_word', [{ id: 'late_word_task', group: elderly, form: text }]);
    await begin(desk, 'late_word', worry, { meetingId: worry.meetingId });
    await Promise.all([desk.tries('sato.h', worry.caseNo, 'convert_to_consented'), desk.tries('ishikawa.r', worry.caseNo, 'late_word_task', { words: said })]);
    expect(await desk.sql(`select 1 from submission where case_id = $1 and compartment <> 'confidential' and (position($2 in answers::text) > 0 or position($3 in answers::text) > 0)`, [worry.caseId, said, canary])).toEqual([]);
    await unseen(worry, said, canary);
  }, 180_000);

  test('SQL what was written there is moved into no other compartment and out of no sitting', async () => {
    const worry = await opened();
    for (const change of [`compartment = 'team'`, `sitting_id = null`, `record = 'F04'`]) await expect(transact(desk.two.app.db, system, (tx) => tx.db.$executeRawUnsafe(`update submission set ${change} where case_id = $1::uuid and record = 'F16'`, worry.caseId))).rejects.toThrow(/append-only|permission denied|row-level/);
  });
});
