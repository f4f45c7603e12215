// P13: a change of a diagram, its forms or deadlines, on its way to the day on which it holds. Whoever had a hand in the draft does
// not approve it (domain.md §6.3; the table says so once more).
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { choiceAt, mustDayAt, numberAt, refuseField, textAt, variableText } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';

export type ChangeStatus = 'drafted' | 'tried' | 'approved' | 'returned' | 'dropped' | 'published' | 'told';

interface ChangeRow {
  id: string;
  drafters: string[];
  status: ChangeStatus;
}

const choice = ['radio', 'select'];

/** The change that the process is about, locked. @throws Problem not_found */
async function changeOf(tx: Tx, filed: Filed): Promise<ChangeRow> {
  const id = variableText(filed, 'changeId');
  const [found] = id === null ? [] : await tx.db.$queryRawUnsafe<ChangeRow[]>(`select id, drafters, status from definition_change where id = $1::uuid for update`, id);
  if (!found) throw new Problem('not_found');
  return found;
}

/** Drafts it, or drafts it again after it came back; what was approved before no longer is. */
async function draft(tx: Tx, filed: Filed): Promise<{ changeId: string }> {
  const processKey = textAt(filed.answers, 'processKey')!;
  const by = filed.by.userId;
  if (variableText(filed, 'changeId') === null) {
    const changeId = newId(tx.now.getTime());
    await tx.db.definitionChange.create({ data: { id: changeId, processKey, drafters: [by], draftedAt: tx.now } });
    return { changeId };
  }
  const { id, drafters } = await changeOf(tx, filed);
  await tx.db.definitionChange.update({ where: { id }, data: { processKey, drafters: [...new Set([...drafters, by])], draftedAt: tx.now, status: 'drafted', approvedById: null, approvedAt: null } });
  return { changeId: id };
}

const drafted: RecordKind = { key: 'F91', title: '業務手順の改定案', compartment: 'office', needs: [{ at: 'processKey', types: ['select'], required: true }, { at: 'whatChanges', types: ['textarea'], required: true }], project: draft };

const tried: RecordKind = {
  key: 'F91.trial', title: '改定案の検証・試行', compartment: 'office',
  needs: [{ at: 'trialOutcome', types: choice, options: ['good', 'mend'], required: true }, { at: 'openTasksChange', types: ['textarea'], required: true }],
  async project(tx, filed) {
    const { id } = await changeOf(tx, filed);
    await tx.db.definitionChange.update({ where: { id }, data: { triedById: filed.by.userId, triedAt: tx.now, status: textAt(filed.answers, 'trialOutcome') === 'good' ? 'tried' : 'returned' } });
    return {};
  },
};

/** @throws Problem own_change */
const approved: RecordKind = {
  key: 'F91.approval', title: '改定の承認', compartment: 'office',
  needs: [{ at: 'approval', types: choice, options: ['approve', 'return', 'drop'], required: true }],
  async project(tx, filed) {
    const { id, drafters } = await changeOf(tx, filed);
    const said = choiceAt(filed.answers, 'approval', ['approve', 'return', 'drop'])!;
    if (said === 'approve' && drafters.includes(filed.by.userId)) throw new Problem('own_change');
    const by = said === 'approve' ? { approvedById: filed.by.userId, approvedAt: tx.now } : {};
    await tx.db.definitionChange.update({ where: { id }, data: { status: ({ approve: 'approved', return: 'returned', drop: 'dropped' } as const)[said], ...by } });
    return {};
  },
};

/** @throws Problem change_not_approved; form_invalid for a day that is past */
const published: RecordKind = {
  key: 'F91.publication', title: '改定の施行日と公開', compartment: 'office',
  needs: [{ at: 'effectiveOn', types: ['datetime'], required: true }, { at: 'version', types: ['number'], required: true }],
  async project(tx, filed) {
    const { id, status } = await changeOf(tx, filed);
    if (status !== 'approved') throw new Problem('change_not_approved');
    const effectiveOn = mustDayAt(filed.answers, 'effectiveOn');
    if (effectiveOn < filed.calendar.onDate(tx.now)) refuseField('effectiveOn', '施行日は、今日か、これからの日にしてください。');
    await tx.db.definitionChange.update({ where: { id }, data: { status: 'published', effectiveOn: new Date(`${effectiveOn}T00:00:00Z`), version: numberAt(filed.answers, 'version') } });
    return {};
  },
};

const told: RecordKind = {
  key: 'F91.notice', title: '改定の周知・研修', compartment: 'office', needs: [{ at: 'toldOn', types: ['datetime'], required: true }],
  async project(tx, filed) {
    const { id } = await changeOf(tx, filed);
    await tx.db.definitionChange.update({ where: { id }, data: { status: 'told' } });
    return {};
  },
};

export const definitionChangeRecords: readonly RecordKind[] = [drafted, tried, approved, published, told];

export interface ChangeLine {
  id: string;
  processKey: string;
  status: ChangeStatus;
  draftedAt: Date;
  approvedAt: Date | null;
  effectiveOn: string | null;
  version: number | null;
}

/** Newest first. */
export async function listDefinitionChanges(tx: Tx): Promise<ChangeLine[]> {
  return tx.db.$queryRawUnsafe<ChangeLine[]>(
    `select id, process_key as "processKey", status, drafted_at as "draftedAt", approved_at as "approvedAt", effective_on::text as "effectiveOn", version from definition_change order by drafted_at desc, id desc limit 200`);
}
