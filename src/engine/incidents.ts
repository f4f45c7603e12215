// Incidents: something that a person must look at. The instance keeps its last good state until then.
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { prefixedInstanceColumns, takeInstance, type InstanceRow } from './instances.js';

/** job, timer, message, signal: what could not be carried out. step: what a person tried and may try again. */
export type IncidentKind = 'job' | 'timer' | 'message' | 'signal' | 'step';

export interface NewIncident {
  instanceId: string;
  kind: IncidentKind;
  /** A StepErrorCode, `handler` (it threw) or `handler_unknown`. */
  code: string;
  /** For developers and policy staff; never personal text. */
  detail: string;
  elementId: string | null;
  executionId?: string | null;
  jobId?: string | null;
  timerId?: string | null;
}

export interface IncidentRow extends Required<NewIncident> {
  id: string;
  createdAt: Date;
  resolvedAt: Date | null;
}

/** Opens an incident, unless the same one is open already; then that one's id. */
export async function openIncident(tx: Tx, incident: NewIncident): Promise<string> {
  const { executionId = null, jobId = null, timerId = null } = incident;
  const [row] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `with known as (select id from incident where instance_id = $2::uuid and kind = $3 and code = $4 and element_id is not distinct from $6 and resolved_at is null
         and job_id is not distinct from $8::uuid and timer_id is not distinct from $9::uuid and execution_id is not distinct from $7 limit 1),
       made as (insert into incident (id, instance_id, kind, code, detail, element_id, execution_id, job_id, timer_id, created_at)
         select $1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8::uuid, $9::uuid, $10::timestamptz where not exists (select 1 from known) returning id, instance_id),
       h as (insert into history_event (instance_id, step_no, at, type, element_id, execution_id, data)
         select m.instance_id, i.step_no, $10::timestamptz, 'incident_opened', $6, $7, jsonb_build_object('incidentId', m.id, 'kind', $3, 'code', $4) from made m join process_instance i on i.id = m.instance_id)
     select id from known union all select id from made`,
    newId(tx.now.getTime()),
    incident.instanceId,
    incident.kind,
    incident.code,
    incident.detail.slice(0, 500),
    incident.elementId,
    executionId,
    jobId,
    timerId,
    tx.now,
  );
  return row!.id;
}

/** Locks the call tree, the instance and the incident. null when there is no such incident. */
export async function lockIncident(tx: Tx, incidentId: string): Promise<{ incident: IncidentRow; instance: InstanceRow } | null> {
  const [row] = await tx.db.$queryRawUnsafe<(IncidentRow & Record<string, unknown>)[]>(
    `select x.id, x.instance_id as "instanceId", x.kind, x.code, x.detail, x.element_id as "elementId", x.execution_id as "executionId", x.job_id as "jobId",
       x.timer_id as "timerId", x.created_at as "createdAt", x.resolved_at as "resolvedAt", ${prefixedInstanceColumns}
     from incident x join process_instance i on i.id = x.instance_id join process_instance r on r.id = i.root_id where x.id = $1::uuid for update of r, i, x`,
    incidentId,
  );
  if (!row) return null;
  const instance = takeInstance(row);
  return { incident: row, instance };
}

/** Closes a locked incident. `reason` is what the person wrote; it stays in this row and in the audit. */
export async function resolveIncident(tx: Tx, incident: IncidentRow, resolution: 'retried' | 'skipped' | 'overtaken', reason: string | null): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `with r as (update incident set resolved_at = $2::timestamptz, resolved_by_id = $3::uuid, resolution = $4, reason = $5 where id = $1::uuid and resolved_at is null returning instance_id)
     insert into history_event (instance_id, step_no, at, type, element_id, execution_id, actor_id, data)
       select r.instance_id, i.step_no, $2::timestamptz, 'incident_' || $4, $6, $7, $3::uuid, jsonb_build_object('incidentId', $1) from r join process_instance i on i.id = r.instance_id`,
    incident.id,
    tx.now,
    tx.actor.kind === 'person' ? tx.actor.userId : null,
    resolution,
    reason,
    incident.elementId,
    incident.executionId,
  );
}

/** Closes the incidents of what has worked in the meantime (a job that went through, a timer that fired). */
export async function overtakeIncidents(tx: Tx, instanceId: string, of: { kind: IncidentKind; elementId?: string | null }): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update incident set resolved_at = $3::timestamptz, resolution = 'overtaken' where instance_id = $1::uuid and kind = $2 and resolved_at is null and ($4::text is null or element_id = $4)`,
    instanceId,
    of.kind,
    tx.now,
    of.elementId ?? null,
  );
}
