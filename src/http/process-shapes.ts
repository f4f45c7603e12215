// How processes look from outside.
import { z } from 'zod';
import { id, instant } from './shape.js';

export const definitionLine = z
  .object({ id, key: z.string(), version: z.int(), name: z.string(), sha256: z.string(), startMessages: z.array(z.string()), formKeys: z.array(z.string()), executorVersion: z.string(), deployedById: id.nullable(), deployedAt: instant })
  .meta({ id: 'Definition' });

export const instanceStatus = z.enum(['active', 'suspended', 'ended', 'cancelled']);

export const instanceLine = z
  .object({
    id,
    definitionId: id,
    processKey: z.string(),
    processName: z.string(),
    definitionVersion: z.int(),
    rootId: id,
    parentId: id.nullable(),
    caseNo: z.string().nullable(),
    status: instanceStatus,
    stepNo: z.int(),
    startedAt: instant,
    endedAt: instant.nullable(),
    endReason: z.string().nullable(),
    openIncidents: z.int(),
  })
  .meta({ id: 'InstanceLine' });

const waitKind = z.enum(['user', 'job', 'timer', 'message', 'signal', 'call', 'conditional']);

export const incidentLine = z
  .object({
    id,
    instanceId: id,
    processKey: z.string(),
    caseNo: z.string().nullable(),
    kind: z.string(),
    code: z.string(),
    detail: z.string(),
    elementId: z.string().nullable(),
    createdAt: instant,
    resolvedAt: instant.nullable(),
    resolvedById: id.nullable(),
    resolution: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Incident' });

export const wait = z
  .object({
    kind: waitKind,
    elementId: z.string().nullable(),
    executionId: z.string().nullable(),
    label: z.string().nullable(),
    dueAt: instant.nullable(),
    overdue: z.boolean(),
    taskId: id.nullable(),
    assigneeId: id.nullable(),
    candidateGroups: z.array(z.string()).nullable(),
    name: z.string().nullable().meta({ description: 'メッセージ・シグナル・ハンドラー・呼び先の名前' }),
    correlationKey: z.string().nullable(),
    childId: id.nullable(),
  })
  .meta({ id: 'Wait' });

const outVariables = z.record(z.string(), z.unknown().meta({ override: {} }));

export const instanceDetail = instanceLine
  .extend({ variables: outVariables, waits: z.array(wait), incidents: z.array(incidentLine), children: z.array(instanceLine) })
  .meta({ id: 'Instance' });

export const historyEvent = z
  .object({ id: z.string(), stepNo: z.int(), at: instant, type: z.string(), elementId: z.string().nullable(), executionId: z.string().nullable(), actorId: id.nullable(), data: z.unknown().meta({ override: {} }) })
  .meta({ id: 'HistoryEvent' });

export const heat = z.object({ elementId: z.string(), name: z.string().nullable(), kind: waitKind, open: z.int(), overdue: z.int() }).meta({ id: 'Heat' });
