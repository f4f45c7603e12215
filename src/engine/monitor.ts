// Where processes stand: instances, their waits and incidents, numbers per element. For those who lead the work or keep
// the processes; read in a `readAs` transaction, in which Postgres shows nothing of this to anybody else.
import type { Tx } from '../base/db.js';
import type { Definition } from './definitions.js';
import type { InstanceStatus } from './instances.js';
import type { Variables, WaitKind } from './model.js';

export interface InstanceLine {
  id: string;
  definitionId: string;
  processKey: string;
  processName: string;
  definitionVersion: number;
  rootId: string;
  parentId: string | null;
  caseNo: string | null;
  status: InstanceStatus;
  stepNo: number;
  startedAt: Date;
  endedAt: Date | null;
  endReason: string | null;
  openIncidents: number;
}

const lineColumns = `i.id, i.definition_id as "definitionId", d.key as "processKey", d.name as "processName", d.version as "definitionVersion", i.root_id as "rootId",
  i.parent_id as "parentId", i.business_key as "caseNo", i.status, i.step_no as "stepNo", i.started_at as "startedAt", i.ended_at as "endedAt", i.end_reason as "endReason",
  (select count(*)::int from incident x where x.instance_id = i.id and x.resolved_at is null) as "openIncidents"`;

export interface InstanceFilter {
  processKey?: string | undefined;
  definitionId?: string | undefined;
  status?: InstanceStatus | undefined;
  caseNo?: string | undefined;
  /** Only those with (true) or without (false) an open incident. */
  incident?: boolean | undefined;
  /** Only those that no other instance called. */
  roots?: boolean | undefined;
}

/** Instances, the newest first. `before`: the id that ended the page before (ids sort by time). */
export async function listInstances(tx: Tx, filter: InstanceFilter, before: string | null, limit: number): Promise<InstanceLine[]> {
  return tx.db.$queryRawUnsafe<InstanceLine[]>(
    `select ${lineColumns} from process_instance i join process_definition d on d.id = i.definition_id
     where ($1::uuid is null or i.id < $1::uuid) and ($2::text is null or d.key = $2) and ($3::uuid is null or i.definition_id = $3::uuid)
       and ($4::text is null or i.status = $4) and ($5::text is null or i.business_key = $5)
       and ($6::boolean is null or $6 = exists (select 1 from incident x where x.instance_id = i.id and x.resolved_at is null))
       and ($7::boolean is not true or i.parent_id is null)
     order by i.id desc limit $8::int`,
    before,
    filter.processKey ?? null,
    filter.definitionId ?? null,
    filter.status ?? null,
    filter.caseNo ?? null,
    filter.incident ?? null,
    filter.roots ?? null,
    limit,
  );
}

export interface OpenWait {
  kind: WaitKind;
  elementId: string;
  executionId: string | null;
  /** As the diagram has it. */
  label: string | null;
  dueAt: string | null;
  overdue: boolean;
  taskId: string | null;
  assigneeId: string | null;
  candidateGroups: string[] | null;
  /** Message or signal name, handler, or the called process. */
  name: string | null;
  correlationKey: string | null;
  childId: string | null;
}

const waitsSql = `select * from (
  select 'user' as kind, element_id as "elementId", execution_id as "executionId", to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "dueAt", paused_at is null and coalesce(due_at < $2::timestamptz, false) as overdue,
    id as "taskId", assignee_id as "assigneeId", candidate_groups as "candidateGroups", null as name, null as "correlationKey", null::uuid as "childId" from instance_tasks($1::uuid)
  union all select 'timer', element_id, execution_id, to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), not paused and due_at < $2::timestamptz, null, null, null, null, null, null
    from timer where instance_id = $1::uuid and status = 'pending' and kind = 'bpmn'
  union all select 'job', element_id, execution_id, null, false, null, null, null, handler, null, null from job where instance_id = $1::uuid and status in ('ready', 'failed')
  union all select kind, element_id, execution_id, null, false, null, null, null, name, correlation_key, null from subscription where instance_id = $1::uuid
  union all select 'call', null, i.parent_execution_id, null, false, null, null, null, d.key, null, i.id from process_instance i join process_definition d on d.id = i.definition_id
    where i.parent_id = $1::uuid and i.status in ('active', 'suspended')) w order by "elementId" nulls last, "executionId"`;

export interface IncidentLine {
  id: string;
  instanceId: string;
  processKey: string;
  caseNo: string | null;
  kind: string;
  code: string;
  detail: string;
  elementId: string | null;
  createdAt: Date;
  resolvedAt: Date | null;
  resolvedById: string | null;
  resolution: string | null;
  reason: string | null;
}

const incidentColumns = `x.id, x.instance_id as "instanceId", d.key as "processKey", i.business_key as "caseNo", x.kind, x.code, x.detail, x.element_id as "elementId", x.created_at as "createdAt",
  x.resolved_at as "resolvedAt", x.resolved_by_id as "resolvedById", x.resolution, x.reason`;

export interface InstanceDetail extends InstanceLine {
  variables: Variables;
  waits: OpenWait[];
  incidents: IncidentLine[];
  children: InstanceLine[];
}

/** One instance with what it waits for, what went wrong and what it called. null when there is none to see. */
export async function readInstanceDetail(tx: Tx, id: string, definitionOf: (definitionId: string) => Promise<Definition>): Promise<InstanceDetail | null> {
  const [line] = await tx.db.$queryRawUnsafe<(InstanceLine & { variables: Variables })[]>(
    `select ${lineColumns}, i.variables from process_instance i join process_definition d on d.id = i.definition_id where i.id = $1::uuid`,
    id,
  );
  if (!line) return null;
  const { compiled } = await definitionOf(line.definitionId);
  const waits = await tx.db.$queryRawUnsafe<Omit<OpenWait, 'label'>[]>(waitsSql, id, tx.now);
  const children = await tx.db.$queryRawUnsafe<InstanceLine[]>(
    `select ${lineColumns} from process_instance i join process_definition d on d.id = i.definition_id where i.parent_id = $1::uuid order by i.id`,
    id,
  );
  const incidents = await listIncidents(tx, { instanceId: id }, null, 100);
  return { ...line, waits: waits.map((w) => ({ ...w, label: compiled.elements.get(w.elementId)?.name ?? null })), incidents, children };
}

export interface IncidentFilter {
  open?: boolean | undefined;
  instanceId?: string | undefined;
  processKey?: string | undefined;
}

/** Incidents, the newest first. `before`: the id that ended the page before. */
export async function listIncidents(tx: Tx, filter: IncidentFilter, before: string | null, limit: number): Promise<IncidentLine[]> {
  return tx.db.$queryRawUnsafe<IncidentLine[]>(
    `select ${incidentColumns} from incident x join process_instance i on i.id = x.instance_id join process_definition d on d.id = i.definition_id
     where ($1::uuid is null or x.id < $1::uuid) and ($2::boolean is null or $2 = (x.resolved_at is null)) and ($3::uuid is null or x.instance_id = $3::uuid) and ($4::text is null or d.key = $4)
     order by x.id desc limit $5::int`,
    before,
    filter.open ?? null,
    filter.instanceId ?? null,
    filter.processKey ?? null,
    limit,
  );
}

export interface Heat {
  elementId: string;
  kind: WaitKind;
  open: number;
  overdue: number;
}

/** How much waits at each element of one version, and how much of it is late. */
export async function heatOf(tx: Tx, definitionId: string): Promise<Heat[]> {
  return tx.db.$queryRawUnsafe<Heat[]>(`select element_id as "elementId", kind, open, overdue from definition_heat($1::uuid, $2::timestamptz) order by open desc, element_id`, definitionId, tx.now);
}

export interface DefinitionLine {
  id: string;
  key: string;
  version: number;
  name: string;
  sha256: string;
  startMessages: string[];
  formKeys: string[];
  executorVersion: string;
  deployedById: string | null;
  deployedAt: Date;
}

/** The newest version of each process, or all versions of one, the newest first. */
export async function listDefinitions(tx: Tx, key: string | null): Promise<DefinitionLine[]> {
  return tx.db.$queryRawUnsafe<DefinitionLine[]>(
    `select d.id, d.key, d.version, d.name, d.sha256, d.start_messages as "startMessages", array(select jsonb_object_keys(d.forms) order by 1) as "formKeys",
       d.executor_version as "executorVersion", d.deployed_by_id as "deployedById", d.deployed_at as "deployedAt"
     from process_definition d where ($1::text is null and d.version = (select max(n.version) from process_definition n where n.key = d.key)) or d.key = $1
     order by d.key, d.version desc`,
    key,
  );
}

