import type { OpenedTask } from './finish.js';
import type { TaskRow } from './tasks.js';

/** A task as lists and answers show it: ids and decisions, nothing that somebody typed. Instants are ISO 8601, UTC. */
export interface TaskSummary {
  id: string;
  name: string;
  processKey: string;
  elementId: string;
  instanceId: string;
  definitionId: string;
  caseNo: string | null;
  candidateGroups: string[];
  assigneeId: string | null;
  ownerId: string | null;
  status: 'open' | 'completed' | 'cancelled';
  formKey: string | null;
  dueAt: string | null;
  followUpAt: string | null;
  urgent: boolean;
  priority: number;
  version: number;
  createdAt: string;
  claimedAt: string | null;
  endedAt: string | null;
  endedById: string | null;
}

const text = (at: Date | null): string | null => at?.toISOString() ?? null;

export function summarise(task: TaskRow): TaskSummary {
  const { id, name, processKey, elementId, instanceId, definitionId, candidateGroups, assigneeId, ownerId, status, formKey, urgent, priority, version, endedById } = task;
  return {
    id, name, processKey, elementId, instanceId, definitionId, caseNo: task.businessKey, candidateGroups, assigneeId, ownerId, status, formKey,
    dueAt: text(task.dueAt), followUpAt: text(task.followUpAt), urgent, priority, version,
    createdAt: task.createdAt.toISOString(), claimedAt: text(task.claimedAt), endedAt: text(task.endedAt), endedById,
  };
}

/** A task that this transaction has just opened. */
export function summariseOpened(task: OpenedTask, now: Date): TaskSummary {
  return {
    id: task.id, name: task.name, processKey: task.processKey, elementId: task.element_id, instanceId: task.instanceId, definitionId: task.definitionId, caseNo: task.businessKey,
    candidateGroups: task.candidate_groups, assigneeId: task.assignee_id, ownerId: null, status: 'open', formKey: task.form_key, dueAt: task.due_at, followUpAt: null,
    urgent: task.urgent, priority: task.priority, version: 1, createdAt: now.toISOString(), claimedAt: task.assignee_id === null ? null : now.toISOString(), endedAt: null, endedById: null,
  };
}
