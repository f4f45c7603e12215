// 研修: what was taught to whom and when.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { numberAt, refuseField, textAt, textsAt } from '../records/answers.js';
import type { RecordKind } from '../records/record.js';

export const trainingRecord: RecordKind = {
  key: 'F89', title: '研修記録', compartment: 'office', anytime: { roles: ['coordinator', 'sectionLead', 'meetingConvenor', 'chair', 'manager', 'policyEditor'] },
  needs: [{ at: 'trainingKind', types: ['select', 'radio'], required: true }, { at: 'title', types: ['textfield'], required: true }, { at: 'heldOn', types: ['datetime'], required: true }, { at: 'agencies', types: ['checklist', 'taglist'], required: true }, { at: 'participants', types: ['number'], required: true }],
  async project(tx, filed) {
    const heldOn = textAt(filed.answers, 'heldOn')!;
    if (heldOn > filed.calendar.onDate(tx.now)) refuseField('heldOn', 'これからの研修は、終わってから記録してください。');
    const id = newId(tx.now.getTime());
    await tx.db.training.create({ data: { id, kind: textAt(filed.answers, 'trainingKind')!, title: textAt(filed.answers, 'title')!, heldOn: new Date(`${heldOn}T00:00:00Z`), agencies: textsAt(filed.answers, 'agencies'), participants: numberAt(filed.answers, 'participants') ?? 0, submissionId: filed.submissionId, recordedById: filed.by.userId, recordedAt: tx.now } });
    return { trainingId: id };
  },
};

export interface TrainingLine {
  id: string;
  kind: string;
  title: string;
  heldOn: string;
  agencies: string[];
  participants: number;
}

/** Newest first. */
export async function listTrainings(tx: Tx): Promise<TrainingLine[]> {
  return tx.db.$queryRawUnsafe<TrainingLine[]>(`select id, kind, title, held_on::text as "heldOn", agencies, participants from training order by held_on desc, id desc limit 500`);
}
