// F04 支援経過記録シート. Append-only: who finds a mistake writes a correcting note that names the first and says why.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { mustHaveAttachments } from '../people/attachments.js';
import { daysUntil } from '../../base/wareki.js';
import { caseOf, rowsOf } from '../people/record.js';
import { mustDayAt } from '../records/answers.js';
import { aheadMs } from '../records/happened.js';
import type { Compartment, FieldNeed, Filed, RecordKind } from '../records/record.js';

const visibilities = ['agency', 'team', 'confidential'] as const;

const refused = (pointer: string, detail: string): Problem => new Problem('form_invalid', { errors: [{ pointer: `/answers/${pointer}`, detail }] });

/** @throws Problem form_invalid when there is no such note of the agency in this case, it was corrected before, or the correction would open it to more people */
async function mustBeCorrectable(tx: Tx, filed: Filed, noteId: string): Promise<void> {
  const [note] = await tx.db.$queryRawUnsafe<{ id: string; visibility: string; corrected: boolean }[]>(
    `select n.id, n.visibility, exists (select 1 from case_note c where c.corrects_id = n.id) as corrected from case_note n where n.id = $1::uuid and n.case_id = $2::uuid and n.agency_code = $3`,
    noteId, caseOf(filed), filed.by.agencyCode,
  );
  if (!note) throw refused('corrects', 'このケースに、所属の機関が書いたその番号の記録はありません。');
  if (note.corrected) throw refused('corrects', 'この記録は訂正済みです。訂正した記録のほうを訂正してください。');
  if (note.visibility === 'confidential' && filed.answers['visibility'] !== 'confidential') throw refused('visibility', '会議体限定の記録の訂正は、会議体限定のままにしてください。');
}

/** What happened lies behind, what is planned does not: a note of a day to come would stand above everything until then. @throws Problem form_invalid */
function mustBeTimely(tx: Tx, filed: Filed, on: string, time: string | null, due: string | null): void {
  const today = filed.calendar.onDate(tx.now);
  if (on > today || (on === today && time !== null && new Date(`${on}T${time}:00+09:00`).getTime() > tx.now.getTime() + aheadMs)) throw refused(on > today ? 'noteAt' : 'noteTime', 'まだ来ていない日時は記録できません。これからの予定は「次の対応」に書いてください。');
  if (due !== null && due < on) throw refused('nextActionDue', '次の対応の期日は、この記録の日かそれより後にしてください。');
}

async function projectNote(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  const { answers } = filed;
  const text = (key: string): string | null => (typeof answers[key] === 'string' && answers[key] !== '' ? answers[key] : null);
  const day = (key: string): Date | null => (text(key) === null ? null : new Date(`${mustDayAt(answers, key)}T00:00:00Z`));
  mustBeTimely(tx, filed, text('noteAt')!, text('noteTime')?.slice(0, 5) ?? null, text('nextActionDue'));
  await mustHaveAttachments(tx, filed, rowsOf(answers['attachments']).map((_row, index) => `attachments.${index}.file`));
  const correctsId = text('corrects');
  if (correctsId !== null) await mustBeCorrectable(tx, filed, correctsId);
  const id = newId(tx.now.getTime());
  await tx.db.caseNote.create({
    data: {
      id, caseId: caseOf(filed), submissionId: filed.submissionId, notedOn: day('noteAt')!, notedTime: text('noteTime'), method: text('method')!,
      targetPersons: (answers['targetPerson'] as string[] | undefined) ?? [], durationMin: (answers['duration'] as number | null | undefined) ?? null,
      visibility: text('visibility')!, nextActionOn: day('nextActionDue'), correctsId, correctionReason: correctsId === null ? null : text('correctionReason'),
      authorId: filed.by.userId, agencyCode: filed.by.agencyCode, createdAt: tx.now,
    },
  });
  return { noteId: id };
}

const noteKeptAs: RecordKind['keptAs'] = ({ visibility }) => ({ key: 'F04', compartment: visibilities.find((one) => one === visibility) ?? ('agency' satisfies Compartment) });

const noteNeeds: readonly FieldNeed[] = [
  { at: 'noteAt', types: ['datetime'], required: true },
  { at: 'method', types: ['select', 'radio'], required: true },
  { at: 'content', types: ['textarea'], required: true },
  { at: 'visibility', types: ['radio', 'select'], options: visibilities, required: true },
];

/**
 * The state in which a running case was taken over (import): a note like any other, and where the case goes on from. Where it goes on
 * as it is, the next look is due on the day of the next step.
 */
export const takeoverRecord: RecordKind = {
  key: 'F04.takeover',
  title: '支援経過記録シート（引き継いだケースの現状確認）',
  compartment: 'team',
  keptAs: noteKeptAs,
  needs: [
    ...noteNeeds,
    { at: 'importedRoute', types: ['radio', 'select'], options: ['continue', 'screening', 'coordination', 'close'], required: true },
    { at: 'nextActionDue', types: ['datetime'], required: true },
  ],
  async project(tx, filed) {
    const made = await projectNote(tx, filed);
    const due = filed.answers['nextActionDue'];
    return { ...made, checkIn: typeof due === 'string' && due !== '' ? daysUntil(filed.calendar.onDate(tx.now), due) : null };
  },
};

export const noteRecord: RecordKind = {
  key: 'F04',
  title: '支援経過記録シート',
  compartment: 'team',
  anytime: 'case',
  keptAs: noteKeptAs,
  needs: [
    ...noteNeeds,
    { at: 'nextActionDue', types: ['datetime'], required: true },
  ],
  project: projectNote,
};
