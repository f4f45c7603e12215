// 参加支援 (F07): from a wish to a place that holds. One support of one person; its steps are rows that never change, its seat at a
// place is taken until it is given back.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { Criteria } from '../resources/matching.js';

export type Stage = 'wish' | 'plan' | 'search' | 'trial' | 'match' | 'settling' | 'ended';
export const outcomes = ['settled', 'continuing', 'rematch', 'interrupted', 'ended'] as const;
export type Outcome = (typeof outcomes)[number];
export type SeatEnd = 'rematch' | 'withdrawn' | 'left' | 'exit' | 'closed';

export interface Participation {
  id: string;
  caseId: string;
  /** Whose it is: the 本人 or somebody of the household; null: of a 本人 who is not registered. */
  clientId: string | null;
  planNo: string | null;
  purposes: string[];
  criteria: Criteria;
  stage: Stage;
  outcome: Outcome | null;
  stableOn: string | null;
  /** The day that counts for indicator K2. */
  connectedOn: string | null;
  startedAt: Date;
  endedAt: Date | null;
}

type Reader = Pick<Tx, 'db'>;
const columns = `id, case_id as "caseId", client_id as "clientId", plan_no as "planNo", purposes, criteria, stage, outcome, stable_on::text as "stableOn", connected_on::text as "connectedOn", started_at as "startedAt", ended_at as "endedAt"`;

export async function findParticipation(reader: Reader, id: string): Promise<Participation | null> {
  const [row] = await reader.db.$queryRawUnsafe<Participation[]>(`select ${columns} from participation where id = $1::uuid`, id);
  return row ?? null;
}

/** Of a case, the newest first. */
export async function listParticipations(reader: Reader, caseId: string): Promise<Participation[]> {
  return reader.db.$queryRawUnsafe<Participation[]>(`select ${columns} from participation where case_id = $1::uuid order by started_at desc, id desc limit 50`, caseId);
}

export async function startParticipation(tx: Tx, input: { caseId: string; clientId: string | null; planNo: string | null; purposes: readonly string[]; criteria: Criteria }): Promise<string> {
  const id = newId(tx.now.getTime());
  await tx.db.$executeRawUnsafe(
    `insert into participation (id, case_id, plan_no, purposes, criteria, started_at, client_id) values ($1::uuid, $2::uuid, $3, $4::text[], $5::jsonb, $6::timestamptz, $7::uuid)`,
    id, input.caseId, input.planNo, input.purposes, JSON.stringify(input.criteria), tx.now, input.clientId);
  return id;
}

/** Stands at a step. One that has ended stays ended. */
export async function moveTo(tx: Tx, id: string, stage: Exclude<Stage, 'ended'>): Promise<void> {
  await tx.db.$executeRawUnsafe(`update participation set stage = $2 where id = $1::uuid and ended_at is null`, id, stage);
}

/** Purposes as the plan has them, which may be others than the first wish; what is looked for follows them. */
export async function changePurposes(tx: Tx, id: string, purposes: readonly string[]): Promise<void> {
  await tx.db.$executeRawUnsafe(`update participation set purposes = $2::text[], criteria = jsonb_set(criteria, '{purposes}', to_jsonb($2::text[])) where id = $1::uuid and ended_at is null`, id, purposes);
}

/** Ends it with what came of it. Somebody who has settled keeps the seat; in every other case it is given back. */
export async function endParticipation(tx: Tx, id: string, outcome: Outcome, on: { stableOn: string | null; today: string }): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update participation set stage = 'ended', outcome = $2, stable_on = coalesce($3::date, stable_on), ended_at = $4::timestamptz where id = $1::uuid and ended_at is null`, id, outcome, on.stableOn, tx.now);
  if (outcome !== 'settled') await giveBackSeats(tx, { participationId: id }, outcome === 'interrupted' ? 'withdrawn' : 'closed', on.today);
}

interface Row {
  participationId: string;
  caseId: string;
  submissionId: string;
}

/** One row of a table in the form, from 0. */
interface Line extends Row {
  line: number;
}

export interface Search extends Line {
  resourceId: string | null;
  place: string;
  result: string;
  condition: string | null;
}

export async function addSearch(tx: Tx, search: Search): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into participation_search (id, participation_id, case_id, submission_id, resource_id, place, result, condition, line, at) values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6, $7, $8, $9::int, $10::timestamptz)`,
    newId(tx.now.getTime()), search.participationId, search.caseId, search.submissionId, search.resourceId, search.place, search.result, search.condition, search.line, tx.now);
}

/** Which support a 開拓課題 came of: known to those who reach the case, never to those who read the item. */
export async function noteGap(tx: Tx, gap: { participationId: string; itemId: string; caseId: string }): Promise<void> {
  await tx.db.$executeRawUnsafe(`insert into participation_gap (participation_id, item_id, case_id) values ($1::uuid, $2::uuid, $3::uuid) on conflict do nothing`, gap.participationId, gap.itemId, gap.caseId);
}

export async function addTrial(tx: Tx, trial: Line & { resourceId: string; triedOn: string; result: string }): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into participation_trial (id, participation_id, case_id, submission_id, resource_id, tried_on, result, line, at) values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::date, $7, $8::int, $9::timestamptz)`,
    newId(tx.now.getTime()), trial.participationId, trial.caseId, trial.submissionId, trial.resourceId, trial.triedOn, trial.result, trial.line, tx.now);
}

export interface Match extends Row {
  resourceId: string;
  startOn: string;
  frequency: string | null;
  role: string | null;
  receiverStaff: string | null;
}

/** Takes the seat that `lockSeat` found free. Whoever sits there already keeps the one seat. */
export async function takeSeat(tx: Tx, match: Match): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into participation_match (id, participation_id, case_id, submission_id, resource_id, start_on, frequency, role, receiver_staff, at)
     values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::date, $7, $8, $9, $10::timestamptz)`,
    newId(tx.now.getTime()), match.participationId, match.caseId, match.submissionId, match.resourceId, match.startOn, match.frequency, match.role, match.receiverStaff, tx.now);
}

/** The first day on which somebody goes to one of the places that they now have a seat at; null where they have none. */
export async function firstDay(reader: Reader, participationId: string): Promise<string | null> {
  const [row] = await reader.db.$queryRawUnsafe<{ day: string | null }[]>(`select min(start_on)::text as day from participation_match where participation_id = $1::uuid and ended_on is null`, participationId);
  return row!.day;
}

export async function hasSeat(reader: Reader, participationId: string, resourceId: string): Promise<boolean> {
  const rows = await reader.db.$queryRawUnsafe<unknown[]>(`select 1 from participation_match where participation_id = $1::uuid and resource_id = $2::uuid and ended_on is null`, participationId, resourceId);
  return rows.length > 0;
}

/** The supports of a case that have a seat at this place now, each with whose it is. */
export async function seatsAt(reader: Reader, caseId: string, resourceId: string): Promise<{ participationId: string; clientId: string | null }[]> {
  return reader.db.$queryRawUnsafe<{ participationId: string; clientId: string | null }[]>(
    `select p.id as "participationId", p.client_id as "clientId" from participation_match m join participation p on p.id = m.participation_id where m.case_id = $1::uuid and m.resource_id = $2::uuid and m.ended_on is null order by p.id`, caseId, resourceId);
}

/**
 * Gives seats back: of one support, at one place of it, or all of a case (somebody moved away or died).
 * @param on YYYY-MM-DD @returns how many
 */
export async function giveBackSeats(tx: Tx, which: { participationId: string; resourceId?: string } | { caseId: string }, reason: SeatEnd, on: string): Promise<number> {
  const [participationId, caseId, resourceId] = 'caseId' in which ? [null, which.caseId, null] : [which.participationId, null, which.resourceId ?? null];
  return tx.db.$executeRawUnsafe(
    `update participation_match set ended_on = $5::date, end_reason = $4 where ended_on is null and ($1::uuid is null or participation_id = $1::uuid) and ($2::uuid is null or case_id = $2::uuid) and ($3::uuid is null or resource_id = $3::uuid)`,
    participationId, caseId, resourceId, reason, on);
}

export interface FollowUp extends Row {
  heldOn: string;
  result: string;
}

/**
 * A visit of 定着支援. The first at which the person takes part is the day that counts for K2 (参加支援につなげられた).
 * @returns which one it is, from 1
 */
export async function addFollowUp(tx: Tx, followUp: FollowUp): Promise<number> {
  const [row] = await tx.db.$queryRawUnsafe<{ round: number }[]>(
    `insert into participation_follow_up (id, participation_id, case_id, submission_id, round, held_on, result, at)
     select $1::uuid, $2::uuid, $3::uuid, $4::uuid, coalesce(max(round), 0) + 1, $5::date, $6, $7::timestamptz from participation_follow_up where participation_id = $2::uuid returning round`,
    newId(tx.now.getTime()), followUp.participationId, followUp.caseId, followUp.submissionId, followUp.heldOn, followUp.result, tx.now);
  if (followUp.result === 'continuing' || followUp.result === 'stable') {
    await tx.db.$executeRawUnsafe(
      `update participation set connected_on = $2::date where id = $1::uuid and connected_on is null and exists (select 1 from participation_trial t where t.participation_id = $1::uuid and t.result = 'fit')`,
      followUp.participationId, followUp.heldOn);
  }
  return row!.round;
}

/** K2, the numerator: supports by which somebody was connected to a place, in a period of days (both included). */
export async function countConnected(reader: Reader, from: string, to: string): Promise<number> {
  const [row] = await reader.db.$queryRawUnsafe<{ n: number }[]>(`select count(*)::int as n from participation where connected_on between $1::date and $2::date`, from, to);
  return row!.n;
}

/** National report (F07 N): persons supported, places that worked with us, connections made; in a period of days. */
export async function countParticipation(reader: Reader, from: string, to: string): Promise<{ supported: number; places: number; connected: number }> {
  const [row] = await reader.db.$queryRawUnsafe<{ supported: number; places: number }[]>(
    `select (select count(distinct case_id)::int from participation where started_at < ($2::date + 1) and (ended_at is null or ended_at >= $1::date)) as supported,
       (select count(distinct resource_id)::int from participation_match where start_on <= $2::date and (ended_on is null or ended_on >= $1::date)) as places`, from, to);
  return { ...row!, connected: await countConnected(reader, from, to) };
}

interface Placed {
  resourceId: string | null;
  resourceNo: string | null;
  place: string;
  submissionId: string;
  at: Date;
}

export interface Steps {
  searches: (Placed & { result: 'accepts' | 'conditional' | 'refuses' | 'pending'; condition: string | null })[];
  trials: (Placed & { triedOn: string; result: 'fit' | 'unfit' | 'withdrawn' })[];
  matches: (Placed & { startOn: string; frequency: string | null; role: string | null; receiverStaff: string | null; endedOn: string | null; endReason: SeatEnd | null })[];
  followUps: { round: number; heldOn: string; result: 'continuing' | 'stable' | 'adjust' | 'rematch'; submissionId: string; at: Date }[];
  /** 開拓課題 that came of it. */
  developmentItems: string[];
}

/** What was done in one support, each in its order. As a person reads, Postgres leaves out what they may not see. */
export async function stepsOf(reader: Reader, participationId: string): Promise<Steps> {
  const placed = (table: string, own: string, name = 'r.name', order = 't.at, t.line'): string =>
    `select t.resource_id as "resourceId", r.no as "resourceNo", ${name} as place, t.submission_id as "submissionId", t.at, ${own} from ${table} t left join social_resource r on r.id = t.resource_id where t.participation_id = $1::uuid order by ${order}`;
  const rows = async <T>(sql: string): Promise<T[]> => reader.db.$queryRawUnsafe<T[]>(sql, participationId);
  const searches = await rows<Steps['searches'][number]>(placed('participation_search', 't.result, t.condition', 't.place'));
  const trials = await rows<Steps['trials'][number]>(placed('participation_trial', `t.tried_on::text as "triedOn", t.result`));
  const matches = await rows<Steps['matches'][number]>(placed('participation_match', `t.start_on::text as "startOn", t.frequency, t.role, t.receiver_staff as "receiverStaff", t.ended_on::text as "endedOn", t.end_reason as "endReason"`, 'r.name', 't.at, r.no'));
  const followUps = await rows<Steps['followUps'][number]>(`select round, held_on::text as "heldOn", result, submission_id as "submissionId", at from participation_follow_up where participation_id = $1::uuid order by round`);
  const gaps = await rows<{ id: string }>(`select item_id as id from participation_gap where participation_id = $1::uuid order by item_id`);
  return { searches, trials, matches, followUps, developmentItems: gaps.map(({ id }) => id) };
}
