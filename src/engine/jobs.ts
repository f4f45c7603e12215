// Jobs: service tasks that wait for their handler. Those that run inside a step never become rows.
import type { Tx } from '../base/db.js';
import { prefixedInstanceColumns, takeInstance, type InstanceRow } from './instances.js';
import type { Variables } from './model.js';

export interface JobRow {
  id: string;
  instanceId: string;
  executionId: string;
  elementId: string;
  handler: string;
  input: Variables;
  status: 'ready' | 'done' | 'failed' | 'cancelled';
  retriesLeft: number;
}

export const jobRetries = 3;

const jobColumns = `j.id, j.instance_id as "instanceId", j.execution_id as "executionId", j.element_id as "elementId", j.handler, j.input, j.status, j.retries_left as "retriesLeft"`;

/** Locks the call tree, the instance and the job. null when there is no such job. */
export async function lockJob(tx: Tx, jobId: string): Promise<{ job: JobRow; instance: InstanceRow } | null> {
  const [row] = await tx.db.$queryRawUnsafe<(JobRow & Record<string, unknown>)[]>(
    `select ${jobColumns}, ${prefixedInstanceColumns} from job j join process_instance i on i.id = j.instance_id join process_instance r on r.id = i.root_id
     where j.id = $1::uuid for update of r, i, j`,
    jobId,
  );
  if (!row) return null;
  const instance = takeInstance(row);
  return { job: row, instance };
}

/**
 * Takes one job for `leaseMs`, if it is ready, its time has come, its instance runs and nobody else has it.
 * @returns what its handler is told, or null
 */
export async function takeJob(tx: Tx, jobId: string, leaseMs: number): Promise<(JobRow & { businessKey: string | null }) | null> {
  const [row] = await tx.db.$queryRawUnsafe<(JobRow & { businessKey: string | null })[]>(
    `update job j set claimed_until = $3::timestamptz from process_instance i
     where j.id = $1::uuid and i.id = j.instance_id and i.status = 'active' and j.status = 'ready' and j.available_at <= $2::timestamptz
       and (j.claimed_until is null or j.claimed_until <= $2::timestamptz)
     returning ${jobColumns}, i.business_key as "businessKey"`,
    jobId,
    tx.now,
    new Date(tx.now.getTime() + leaseMs),
  );
  return row ?? null;
}

/** Ids of jobs that are ready and that nobody has, the oldest first: what a sweep hands to the queue. */
export async function readyJobs(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select j.id from job j where j.status = 'ready' and j.available_at <= $1::timestamptz and (j.claimed_until is null or j.claimed_until <= $1::timestamptz)
       and exists (select 1 from process_instance i where i.id = j.instance_id and i.status = 'active')
     order by j.available_at, j.id limit $2`,
    tx.now,
    limit,
  );
  return rows.map((row) => row.id);
}

/** Counts a failed attempt. Without attempts left the job is `failed` until a person decides. Returns the attempts left. */
export async function failAttempt(tx: Tx, job: JobRow, retryAt: Date, error: string): Promise<number> {
  const left = job.retriesLeft - 1;
  await tx.db.$executeRawUnsafe(
    `update job set retries_left = $2::int, status = $3, available_at = $4::timestamptz, claimed_until = null, last_error = $5 where id = $1::uuid and status = 'ready'`,
    job.id,
    left,
    left > 0 ? 'ready' : 'failed',
    retryAt,
    error,
  );
  return left;
}

/** Gives a failed job all its attempts back. */
export async function wakeJob(tx: Tx, jobId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update job set status = 'ready', retries_left = $2::int, available_at = $3::timestamptz, claimed_until = null where id = $1::uuid and status = 'failed'`,
    jobId,
    jobRetries,
    tx.now,
  );
}

/** Tells jobs that nobody has done what they are told now. */
export async function renewInputs(tx: Tx, instanceId: string, jobs: readonly { executionId: string; input: Variables }[]): Promise<void> {
  if (jobs.length === 0) return;
  await tx.db.$executeRawUnsafe(
    `update job j set input = n.input from jsonb_to_recordset($2::jsonb) as n(execution_id text, input jsonb)
     where j.instance_id = $1::uuid and j.execution_id = n.execution_id and j.status in ('ready', 'failed')`,
    instanceId,
    JSON.stringify(jobs.map(({ executionId, input }) => ({ execution_id: executionId, input }))),
  );
}
