// 上長確認 (F04): somebody who leads in the agency that wrote a note has read it. Said afterwards, by themselves, once.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { caseOf, textAt, wrongField } from '../records/answers.js';
import type { Filed, Placed, RecordKind } from '../records/record.js';

/** 管理者, 重層担当・連携担当, 会長, 部長. */
export const confirmingRoles = ['manager', 'sectionLead', 'chair', 'director'];

interface Note {
  id: string;
  authorId: string | null;
  agencyCode: string;
  compartment: 'agency' | 'team' | 'confidential';
  corrected: boolean;
  confirmed: boolean;
}

/** The note, if this person may confirm it. @throws Problem forbidden, form_invalid */
async function noteOf(tx: Tx, filed: Filed): Promise<Note> {
  const id = textAt(filed.answers, 'noteId') ?? '';
  const [note] = /^[0-9a-f-]{36}$/.test(id)
    ? await tx.db.$queryRawUnsafe<Note[]>(
      `select n.id, n.author_id as "authorId", n.agency_code as "agencyCode", s.compartment, exists (select 1 from case_note c where c.corrects_id = n.id) as corrected,
         exists (select 1 from note_confirmation f where f.note_id = n.id) as confirmed
       from case_note n join submission s on s.id = n.submission_id where n.id = $1::uuid and n.case_id = $2::uuid and n.agency_code = $3`,
      id, caseOf(filed), filed.by.agencyCode)
    : [];
  if (!note) throw wrongField('noteId', '自分の機関が書いた、このケースの記録を選んでください。');
  if (!filed.by.roles.some((role) => confirmingRoles.includes(role))) throw new Problem('forbidden', { detail: '上長確認は、書いた機関の管理者か重層担当・連携担当が行います。' });
  if (note.authorId === filed.by.userId) throw new Problem('forbidden', { detail: '自分が書いた記録を自分で確認することはできません。' });
  if (note.compartment === 'confidential') throw wrongField('noteId', '会議体限定の記録は、その支援会議の構成員だけが読めるため、上長確認の対象になりません。');
  if (note.corrected) throw wrongField('noteId', 'この記録は訂正されています。訂正した記録を確認してください。');
  if (note.confirmed) throw wrongField('noteId', 'この記録はすでに確認されています。');
  return note;
}

/** As far as the note itself may be seen. */
const besideItsNote = async (tx: Tx, filed: Filed): Promise<Placed> => ({ compartment: (await noteOf(tx, filed)).compartment, sittingId: null });

export const noteConfirmationRecord: RecordKind = {
  key: 'F04.confirmation',
  title: '支援経過記録の上長確認',
  compartment: 'agency',
  anytime: 'case',
  needs: [{ at: 'noteId', types: ['textfield'], required: true }],
  place: besideItsNote,
  async project(tx, filed) {
    const { id } = await noteOf(tx, filed);
    await tx.db.noteConfirmation.create({ data: { noteId: id, caseId: caseOf(filed), submissionId: filed.submissionId, byId: filed.by.userId, at: tx.now } });
    return { noteId: id };
  },
};
