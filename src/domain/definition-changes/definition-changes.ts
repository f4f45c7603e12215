// P13: a change of a diagram, its forms or deadlines, or of a standing form, on its way to the day on which it holds. Whoever had a hand
// in the draft does not approve it (domain.md §6.3; the table says so once more); what is approved is the candidate that was tried
// (candidates.ts), and on its day it is deployed.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { mustDecideForCity } from '../plans/decisions.js';
import { choiceAt, mustDayAt, refuseField, textAt, variableText } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';
import { callOffTimers, setTimer } from '../timers.js';

export type ChangeStatus = 'drafted' | 'tried' | 'approved' | 'returned' | 'dropped' | 'published' | 'told';

interface ChangeRow {
  id: string;
  drafters: string[];
  status: ChangeStatus;
  targetKind: string;
  targetKey: string;
  candidateId: string | null;
  deployedAt: Date | null;
}

/** The rule of the timer that deploys a published change on its day (actions/fire-domain-timer). */
export const effectiveRule = 'change_effective';

const choice = ['radio', 'select'];

/** The change that the process is about, locked: one that was drafted in this very run, whatever its variables were changed to. @throws Problem not_found */
async function changeOf(tx: Tx, filed: Filed): Promise<ChangeRow> {
  const id = variableText(filed, 'changeId');
  const [found] = id === null ? [] : await tx.db.$queryRawUnsafe<ChangeRow[]>(
    `select id, drafters, status, target_kind as "targetKind", process_key as "targetKey", candidate_id as "candidateId", deployed_at as "deployedAt" from definition_change
     where id = $1::uuid and (instance_id is null or instance_id = (select instance_id from task where id = $2::uuid)) for update`, id, filed.taskId);
  if (!found) throw new Problem('not_found');
  return found;
}

const keyText = /^[a-z][a-z0-9_]{0,99}$/;

/** What it changes: a process of the list, or by its own key a standing form or any other process. */
function targetOf(filed: Filed): { targetKind: 'process' | 'form'; targetKey: string } {
  const chosen = textAt(filed.answers, 'processKey')!;
  if (chosen !== 'standing_form' && chosen !== 'other') return { targetKind: 'process', targetKey: chosen };
  const targetKey = textAt(filed.answers, 'targetKey') ?? '';
  if (!keyText.test(targetKey)) refuseField('targetKey', '手順または様式の名前（key）を、半角の英小文字・数字・_ で書いてください。');
  return { targetKind: chosen === 'standing_form' ? 'form' : 'process', targetKey };
}

/** Drafts it, or drafts it again after it came back; what was approved before no longer is, and another target begins without a candidate. @throws Problem change_used */
async function draft(tx: Tx, filed: Filed): Promise<{ changeId: string }> {
  const target = targetOf(filed);
  const by = filed.by.userId;
  if (variableText(filed, 'changeId') === null) {
    const changeId = newId(tx.now.getTime());
    const task = filed.taskId === null ? null : await tx.db.task.findUnique({ where: { id: filed.taskId }, select: { instanceId: true } });
    await tx.db.definitionChange.create({ data: { id: changeId, ...target, instanceId: task?.instanceId ?? null, drafters: [by], draftedAt: tx.now } });
    return { changeId };
  }
  const { id, drafters, targetKind, targetKey, candidateId, deployedAt } = await changeOf(tx, filed);
  if (deployedAt) throw new Problem('change_used');
  const same = targetKind === target.targetKind && targetKey === target.targetKey;
  await callOffTimers(tx, id);
  await tx.db.definitionChange.update({ where: { id }, data: { ...target, candidateId: same ? candidateId : null, drafters: [...new Set([...drafters, by])], draftedAt: tx.now, status: 'drafted', approvedById: null, approvedAt: null, effectiveOn: null } });
  return { changeId: id };
}

const drafted: RecordKind = { key: 'F91', title: '業務手順の改定案', compartment: 'office', refuses: ['change_used'], needs: [{ at: 'processKey', types: ['select'], required: true }, { at: 'whatChanges', types: ['textarea'], required: true }], project: draft };

/** @throws Problem change_not_checked; change_used */
const tried: RecordKind = {
  key: 'F91.trial', title: '改定案の検証・試行', compartment: 'office',
  refuses: ['change_not_checked', 'change_used'], needs: [{ at: 'trialOutcome', types: choice, options: ['good', 'mend'], required: true }, { at: 'openTasksChange', types: ['textarea'], required: true }],
  async project(tx, filed) {
    const { id, candidateId, deployedAt } = await changeOf(tx, filed);
    if (deployedAt) throw new Problem('change_used');
    const good = textAt(filed.answers, 'trialOutcome') === 'good';
    if (good && candidateId === null) throw new Problem('change_not_checked');
    await callOffTimers(tx, id);
    await tx.db.definitionChange.update({ where: { id }, data: { triedById: filed.by.userId, triedAt: tx.now, status: good ? 'tried' : 'returned', approvedById: null, approvedAt: null } });
    return {};
  },
};

/** @throws Problem own_change; not_city_decision; change_not_checked: what nobody has tried is not approved; change_used */
const approved: RecordKind = {
  key: 'F91.approval', title: '改定の承認', compartment: 'office',
  refuses: ['change_not_checked', 'change_used', 'not_city_decision', 'own_change'], needs: [{ at: 'approval', types: choice, options: ['approve', 'return', 'drop'], required: true }],
  async project(tx, filed) {
    const { id, drafters, status, deployedAt } = await changeOf(tx, filed);
    if (deployedAt) throw new Problem('change_used');
    const said = choiceAt(filed.answers, 'approval', ['approve', 'return', 'drop'])!;
    await callOffTimers(tx, id);
    if (said !== 'approve') {
      await tx.db.definitionChange.update({ where: { id }, data: { status: ({ return: 'returned', drop: 'dropped' } as const)[said], approvedById: null, approvedAt: null } });
      return {};
    }
    if (drafters.includes(filed.by.userId)) throw new Problem('own_change');
    await mustDecideForCity(tx, filed.by);
    if (status !== 'tried') throw new Problem('change_not_checked');
    await tx.db.definitionChange.update({ where: { id }, data: { status: 'approved', approvedById: filed.by.userId, approvedAt: tx.now } });
    return {};
  },
};

/** @throws Problem change_not_approved; form_invalid for a day that is past */
const published: RecordKind = {
  key: 'F91.publication', title: '改定の施行日と公開', compartment: 'office',
  refuses: ['change_not_approved'], needs: [{ at: 'effectiveOn', types: ['datetime'], required: true }],
  async project(tx, filed) {
    const { id, status } = await changeOf(tx, filed);
    if (status !== 'approved') throw new Problem('change_not_approved');
    const effectiveOn = mustDayAt(filed.answers, 'effectiveOn');
    if (effectiveOn < filed.calendar.onDate(tx.now)) refuseField('effectiveOn', '施行日は、今日か、これからの日にしてください。');
    await tx.db.definitionChange.update({ where: { id }, data: { status: 'published', effectiveOn: new Date(`${effectiveOn}T00:00:00Z`) } });
    await setTimer(tx, { rule: effectiveRule, aboutId: id, caseId: null, dueAt: new Date(`${effectiveOn}T00:00:00+09:00`) });
    return {};
  },
};

/** @throws Problem change_not_approved: what is not published is not made known */
const told: RecordKind = {
  key: 'F91.notice', title: '改定の周知・研修', compartment: 'office', refuses: ['change_not_approved'], needs: [{ at: 'toldOn', types: ['datetime'], required: true }],
  async project(tx, filed) {
    const { id, status } = await changeOf(tx, filed);
    if (status !== 'published' && status !== 'told') throw new Problem('change_not_approved');
    await tx.db.definitionChange.update({ where: { id }, data: { status: 'told' } });
    return {};
  },
};

export const definitionChangeRecords: readonly RecordKind[] = [drafted, tried, approved, published, told];

export interface ChangeLine {
  id: string;
  targetKind: 'process' | 'form';
  targetKey: string;
  status: ChangeStatus;
  draftedAt: Date;
  approvedAt: Date | null;
  effectiveOn: string | null;
  /** Of what it would deploy; null: nothing was checked yet. */
  candidateSha256: string | null;
  version: number | null;
  deployedAt: Date | null;
}

/** Newest first. */
export async function listDefinitionChanges(tx: Tx): Promise<ChangeLine[]> {
  return tx.db.$queryRawUnsafe<ChangeLine[]>(
    `select c.id, c.target_kind as "targetKind", c.process_key as "targetKey", c.status, c.drafted_at as "draftedAt", c.approved_at as "approvedAt", c.effective_on::text as "effectiveOn",
       k.sha256 as "candidateSha256", c.version, c.deployed_at as "deployedAt"
     from definition_change c left join definition_candidate k on k.id = c.candidate_id order by c.drafted_at desc, c.id desc limit 200`);
}

/** Tells those who drafted it, who approved it, that it was refused on its day: it is not in force. Each once. */
export async function tellRefused(tx: Tx, changeId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into notification (id, user_id, kind, rule, urgent, created_at)
     select gen_random_uuid(), u.id, 'process', 'change_refused', true, $2::timestamptz
     from definition_change c join app_user u on u.active and (u.id = any (c.drafters) or u.id = c.approved_by_id) where c.id = $1::uuid order by u.id`,
    changeId,
    tx.now,
  );
}
