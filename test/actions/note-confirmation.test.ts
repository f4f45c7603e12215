// 上長確認 of a note (F04): by somebody who leads where it was written, afterwards, once; never by its author, nor claimed by them.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chronologyOf } from '../../src/domain/chronology.js';
import { openAffairs, type Affairs } from './affairs.js';

describe('a note is confirmed', () => {
  let it: Affairs;
  beforeAll(async () => {
    it = await openAffairs(new Date('2026-05-11T10:00:00+09:00'));
  }, 180_000);
  afterAll(() => it.town.app.close());

  const writes = async (caseNo: string, login = 'mori.d', said = {}): Promise<string> => (await it.files(login, 'case_note', caseNo, { noteAt: '2026-05-11', noteTime: '', nextActionDue: '2026-05-20', attachments: [], visibility: 'agency', ...said })).made['noteId'] as string;
  const confirms = (login: string, caseNo: string, noteId: string) => it.files(login, 'confirm_note', caseNo, { noteId });
  const refused = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'done', ({ code, errors }: { code: string; errors?: { pointer: string }[] }) => (errors && errors.length > 0 ? errors.map(({ pointer }) => pointer) : code));
  const noted = async (login: string, caseNo: string, noteId: string) => (await it.read(login, async (tx) => chronologyOf(tx, { caseId: await it.caseIdOf(caseNo), kind: 'note', most: 50 }))).events.find((event) => event.noteId === noteId);

  test('by who leads in its agency, with the hour; the chronology says so to whoever reads the note', async () => {
    const caseNo = await it.town.consult();
    const noteId = await writes(caseNo);
    expect(await noted('mori.d', caseNo, noteId)).toMatchObject({ confirmedByName: null, confirmedAt: null });
    const { submissionId } = await confirms('abe.k', caseNo, noteId);
    expect(await noted('mori.d', caseNo, noteId)).toMatchObject({ confirmedByName: '阿部 和子', confirmedAt: expect.any(Date) });
    expect(await it.rows(`select record, compartment from submission where id = $1`, [submissionId])).toEqual([{ record: 'F04.confirmation', compartment: 'agency' }]);
    expect(await refused(confirms('abe.k', caseNo, noteId))).toEqual(['/answers/noteId']);
    for (const change of [`update note_confirmation set by_id = gen_random_uuid()`, `delete from note_confirmation`]) await expect(it.rows(change)).rejects.toThrow('append-only');
  });

  test('not by its author, whatever they lead; not by a colleague; not by another agency', async () => {
    const caseNo = await it.town.consult();
    const [own, mine] = [await writes(caseNo, 'abe.k'), await writes(caseNo)];
    expect(await refused(confirms('abe.k', caseNo, own))).toBe('forbidden');
    expect(await refused(confirms('mori.d', caseNo, mine))).toBe('forbidden');
    expect(await refused(confirms('mori.d', caseNo, own))).toBe('forbidden');
    expect(await refused(confirms('fujita.h', caseNo, mine))).toBe('not_found');
    await expect(it.rows(`insert into note_confirmation (note_id, case_id, submission_id, by_id, at) select id, case_id, submission_id, author_id, now() from case_note where id = $1`, [mine])).rejects.toThrow('not confirmed by who wrote it');
    expect(await it.rows(`select 1 from note_confirmation where note_id = any($1::uuid[])`, [[own, mine]])).toEqual([]);
  });

  test('not a note of another case, one that is corrected, nor one of a 支援会議; two at once confirm once', async () => {
    const [caseNo, other] = [await it.town.consult(), await it.town.consult()];
    const first = await writes(caseNo);
    expect(await refused(confirms('abe.k', other, first))).toEqual(['/answers/noteId']);
    const second = await writes(caseNo, 'mori.d', { corrects: first, correctionReason: '曜日を誤って書いた' });
    expect(await refused(confirms('abe.k', caseNo, first))).toEqual(['/answers/noteId']);
    const both = await Promise.all([refused(confirms('abe.k', caseNo, second)), refused(confirms('abe.k', caseNo, second))]);
    expect(both.toSorted()).toEqual([['/answers/noteId'], 'done'].toSorted());
    expect(await it.rows(`select 1 from note_confirmation where note_id = $1`, [second])).toHaveLength(1);
  });

  test('no form of a note asks its author who has confirmed it', () => {
    for (const form of ['anytime/forms/case_note', 'intake_screening/forms/support_alone', 'intake_screening/forms/consult_section_lead', 'intake_screening/forms/confirm_imported_case']) {
      expect([form, readFileSync(new URL(`../../processes/${form}.json`, import.meta.url), 'utf8').includes('confirmedBy')]).toEqual([form, false]);
    }
  });
});
