// What may still run when a case closes, and what may begin on one that is closed. Nothing goes on for a closed case but the look
// back after the closure (P08b), and no case is closed over something that somebody is in the middle of.
import type { Calendar } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { endAccess } from './access.js';
import { setStatus } from './cases.js';
import { closeMeeting } from './meetings/sittings.js';
import { notifyMembers } from './process-notices.js';

/**
 * What forbids a closure, each until those who are in it have ended it: 緊急対応, 同意撤回・判断困難への対応, 中断・転出等の手続き, つなぎ,
 * 会議, 決定事項 of one; `other`: another way that the case is on. That a 支援会議 is about the case, or has decided something, is `other`
 * too: who closes need not know of it.
 */
export const runningKinds = ['emergency', 'withdrawal', 'exit', 'referral', 'meeting', 'decision', 'other'] as const;
export type RunningKind = (typeof runningKinds)[number];

const words: Readonly<Record<RunningKind, string>> = {
  emergency: '緊急対応が終わっていません。事後の記録（T-P04-06）まで済ませてください。',
  withdrawal: '同意撤回（または判断困難）への対応が終わっていません。撤回のときは本人への説明（T-P10-05）まで、判断困難のときは同意の扱いの決定（T-P10-06）まで済ませてください。',
  exit: '中断・転出などの手続きが進んでいます。その手続きで結果を決めてください。',
  referral: 'つなぎの回答か結果の確認が残っています。つないだ機関が、結果を確かめるか、自分の機関で続けると決めてください。',
  meeting: '会議が招集されています。会議録の確定まで済ませてください。開けなくなった会議（本人が同意を撤回したときなど）は、開催の記録で「延期」を選んでください。',
  decision: '会議の決定事項が残っています。担当が実施を報告するか、主催者が取りやめるか会議に諮ると決めてください。',
  other: 'ほかの手続きがこのケースで続いています。福祉政策課に確かめてください。',
};

/** Processes whose end is theirs alone, by their key. */
const blocking: Readonly<Record<string, RunningKind>> = { emergency: 'emergency', consent_withdrawal: 'withdrawal', interruption: 'exit', referral: 'referral', meeting_decision: 'decision' };
/** What ends with the case: support that runs for it, a meeting that nobody was invited to yet, and a main line that waits for this. */
const ending = new Set(['outreach', 'participation', 'meeting']);

interface Root {
  id: string;
  key: string;
  /** It waits for the case to be closed. */
  awaits: boolean;
  /** Its meeting is secret. */
  secret: boolean;
  /** Members were invited, the sitting took place, or its minutes are open; or it is about other cases too. */
  convened: boolean;
}

/** The one process that begins and goes on for a closed case: 終結後の確認, promised with the closure (P08, P11, 次の対応). */
const followUp = 'closure_follow_up';

/** What looks back after the closure: it works on the case no more. P08 of before 終結後の確認 was a process of its own did so itself. */
const looksBack = (root: string, caseId: string): string => `(exists (select 1 from process_definition f where f.id = ${root}.definition_id and f.key = '${followUp}')
    or exists (select 1 from process_definition f where f.id = ${root}.definition_id and f.key = 'closure_evaluation') and exists (select 1 from closure c where c.case_id = ${caseId} and c.decided_at >= ${root}.started_at))`;

const findRoots = `
  select r.id, d.key,
    exists (select 1 from process_instance x join subscription s on s.instance_id = x.id and s.name = 'case_closed' where x.root_id = r.id) as awaits,
    coalesce(t.kind, r.variables->>'kind', '') = 'confidential' as secret,
    t.id is not null and (exists (select 1 from sitting s where s.meeting_id = t.id and s.status in ('invited', 'held', 'minutes_confirmed')) or (select count(*) from meeting_case m where m.meeting_id = t.id) > 1) as convened
  from process_instance r join process_definition d on d.id = r.definition_id left join meeting t on d.key = 'meeting' and t.id::text = r.variables->>'meetingId' and t.closed_at is null
  where r.business_key = $1 and r.parent_id is null and r.status in ('active', 'suspended')
    and r.id <> all (select o.root_id from process_instance o where o.id = $2::uuid) and not (${looksBack('r', '$3::uuid')}) order by r.id`;

/** 会議 about this case and others, under another case's number, that somebody was invited to. */
const findShared = `
  select 1 as found from meeting t join meeting_case c on c.meeting_id = t.id join sitting s on s.meeting_id = t.id and s.status in ('invited', 'held', 'minutes_confirmed')
  where c.case_id = $1::uuid and t.closed_at is null and t.kind in ('plan', 'closure')
    and exists (select 1 from process_instance i join process_instance r on r.id = i.root_id where i.variables->>'meetingId' = t.id::text and i.status in ('active', 'suspended') and r.business_key <> $2) limit 1`;

export interface Standing {
  /** What forbids the closure. */
  blocked: RunningKind[];
  /** Another way works on the case. */
  elsewhere: boolean;
  /** Keys of the processes that end with it. */
  ends: string[];
}

/** What runs for a case beside the call tree of `instanceId`. The caller has locked the case. */
export async function standingOf(tx: Tx, theCase: { id: string; caseNo: string }, instanceId: string): Promise<Standing> {
  const roots = await tx.db.$queryRawUnsafe<Root[]>(findRoots, theCase.caseNo, instanceId, theCase.id);
  const shared = await tx.db.$queryRawUnsafe<unknown[]>(findShared, theCase.id, theCase.caseNo);
  const kindOf = ({ key, secret, convened }: Root): RunningKind | null => (key === 'meeting' && !secret ? (convened ? 'meeting' : null) : key.startsWith('meeting') && secret ? 'other' : (blocking[key] ?? null));
  const blocked = new Set(roots.map(kindOf).filter((kind): kind is RunningKind => kind !== null));
  if (shared.length > 0) blocked.add('meeting');
  const free = roots.filter((root) => kindOf(root) === null);
  return {
    blocked: runningKinds.filter((kind) => blocked.has(kind)),
    elsewhere: free.some(({ key, awaits }) => !ending.has(key) && !awaits),
    ends: [...new Set(free.filter(({ key, awaits }) => ending.has(key) || awaits).map(({ key }) => key))],
  };
}

/** @throws Problem case_running, which says in `running` what it is and in its detail what is to be done */
export function refuseClosing(kinds: readonly RunningKind[]): never {
  throw new Problem('case_running', { detail: kinds.map((kind) => words[kind]).join(''), extra: { running: kinds } });
}

/** Who has a step of these processes of the case: their inboxes. */
export async function holdersOf(tx: Tx, caseNo: string, processKeys: readonly string[], instanceId: string): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ key: string }[]>(
    `select distinct g as key from task t join process_instance i on i.id = t.instance_id join process_instance r on r.id = i.root_id join process_definition d on d.id = r.definition_id, unnest(t.candidate_groups) g
     where t.status = 'open' and r.business_key = $1 and d.key = any ($2::text[]) and r.id <> all (select o.root_id from process_instance o where o.id = $3::uuid) order by 1`,
    caseNo, [...processKeys], instanceId,
  );
  return rows.map(({ key }) => key);
}

/**
 * What merely waited when the case closed: slips that nobody answered or asks about any more, meetings that never came to sit, and a
 * 支援会議 whose watch was stopped with its process (P11): its papers close as after any other end, and whoever sat in it is told.
 */
export async function endWaiting(tx: Tx, caseId: string, calendar: Calendar): Promise<void> {
  const slips = await tx.db.$queryRawUnsafe<{ id: string }[]>(`update referral set status = 'cancelled', cancelled_at = $2::timestamptz where case_id = $1::uuid and status = 'sent' returning id`, caseId, tx.now);
  for (const { id } of slips) await endAccess(tx, { caseId, basis: 'referral', basisId: id }, 'case_closed');
  const meetings = await tx.db.$queryRawUnsafe<{ id: string; caseNo: string; seats: string[] }[]>(
    `select t.id, k.case_no as "caseNo", case when t.kind = 'confidential' then array(select distinct m.group_key from sitting_member m join sitting s on s.id = m.sitting_id
         where s.meeting_id = t.id and m.removed_at is null and m.group_key in (select key from work_group) order by 1) else '{}' end as seats
     from meeting t join meeting_case c on c.meeting_id = t.id join support_case k on k.id = c.case_id where c.case_id = $1::uuid and t.closed_at is null
       and (t.kind in ('plan', 'closure') or not exists (select 1 from process_instance i where i.variables->>'meetingId' = t.id::text and i.status in ('active', 'suspended')))
       and not exists (select 1 from meeting_case o where o.meeting_id = t.id and o.case_id <> c.case_id) order by t.id`,
    caseId,
  );
  for (const { id, caseNo, seats } of meetings) {
    await closeMeeting(tx, id, 'case_closed', calendar);
    await notifyMembers(tx, seats, { businessKey: caseNo, rule: 'watch_over', urgent: false });
  }
}

/** Opens a closed case again, as received: an emergency or a withdrawal is dealt with whenever it comes. @returns whether it was closed */
export async function reopenClosed(tx: Tx, caseId: string): Promise<boolean> {
  const [row] = await tx.db.$queryRawUnsafe<{ status: string }[]>(`select status from support_case where id = $1::uuid for update`, caseId);
  if (row?.status !== 'closed') return false;
  await setStatus(tx, caseId, 'open', null);
  return true;
}

/**
 * Nothing begins on a closed case but the look back that was promised with its closure. Of numbers that are no case's nothing is asked.
 * The cases stay locked: a closure that comes at the same moment waits, and then sees what has begun.
 * @throws Problem case_closed
 */
export async function mustBeOpen(tx: Tx, begun: readonly { businessKey: string; processKey: string }[]): Promise<void> {
  const caseNos = begun.filter(({ processKey }) => processKey !== followUp).map(({ businessKey }) => businessKey);
  if (caseNos.length === 0) return;
  const rows = await tx.db.$queryRawUnsafe<{ status: string }[]>(`select status from support_case where case_no = any ($1::text[]) order by id for update`, caseNos);
  if (rows.some(({ status }) => status === 'closed')) throw new Problem('case_closed');
}

/** Roots of what runs for the case, or rests. While the case is locked, nothing joins them (`mustBeOpen`). */
export async function treesRunning(tx: Tx, caseNo: string): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(`select id from process_instance where business_key = $1 and parent_id is null and status in ('active', 'suspended') order by id`, caseNo);
  return rows.map(({ id }) => id);
}

/** Whether a process of this kind goes on for the case. */
export async function processRuns(tx: Tx, caseId: string, processKey: string): Promise<boolean> {
  const rows = await tx.db.$queryRawUnsafe<unknown[]>(
    `select 1 as runs from support_case c join process_instance i on i.business_key = c.case_no and i.status in ('active', 'suspended') join process_definition d on d.id = i.definition_id and d.key = $2 where c.id = $1::uuid limit 1`,
    caseId, processKey,
  );
  return rows.length > 0;
}

/** Of these numbers the cases that are open and have no process any more (one that rests has the one that wakes it): nobody has anything to do for them. */
export async function unattendedOf(tx: Tx, caseNos: readonly string[]): Promise<{ id: string; caseNo: string }[]> {
  return tx.db.$queryRawUnsafe<{ id: string; caseNo: string }[]>(
    `select c.id, c.case_no as "caseNo" from support_case c where c.case_no = any ($1::text[]) and c.status <> 'closed'
       and not exists (select 1 from process_instance i where i.business_key = c.case_no and i.parent_id is null and i.status in ('active', 'suspended') and not (${looksBack('i', 'c.id')})) order by c.id`,
    [...caseNos],
  );
}

/** Whether the main line of the case waits to hear what becomes of its plan. */
export async function mainLineWaits(tx: Tx, caseId: string): Promise<boolean> {
  const rows = await tx.db.$queryRawUnsafe<unknown[]>(
    `select 1 as waits from support_case c join process_instance i on i.business_key = c.case_no and i.status in ('active', 'suspended') join subscription s on s.instance_id = i.id and s.name = 'replan_requested' where c.id = $1::uuid limit 1`,
    caseId,
  );
  return rows.length > 0;
}
