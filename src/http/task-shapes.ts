// How a task looks from outside.
import { z } from 'zod';
import { differing } from './differing.js';
import { id, instant } from './shape.js';

export const warning = z
  .object({ code: z.string(), detail: z.string(), ids: z.array(id).meta({ description: '確かめるもの（重複の可能性なら登録済みの人）の番号' }) })
  .meta({ id: 'Warning' });

export const taskSummary = z
  .object({
    id,
    name: z.string().meta({ description: '工程の名前' }),
    processKey: z.string(),
    elementId: z.string(),
    instanceId: id,
    definitionId: id,
    caseNo: z.string().nullable(),
    candidateGroups: z.array(z.string()),
    assigneeId: id.nullable(),
    ownerId: id.nullable().meta({ description: '引き継いだ元の人' }),
    status: z.enum(['open', 'completed', 'cancelled']),
    formKey: z.string().nullable(),
    dueAt: instant.nullable(),
    followUpAt: instant.nullable(),
    urgent: z.boolean(),
    priority: z.int(),
    version: z.int(),
    createdAt: instant,
    claimedAt: instant.nullable(),
    endedAt: instant.nullable(),
    endedById: id.nullable(),
  })
  .meta({ id: 'TaskSummary' });

export const inboxTask = taskSummary
  .extend({
    processName: z.string(),
    assigneeName: z.string().nullable(),
    overdue: z.boolean(),
    hasDraft: z.boolean().meta({ description: '自分の下書きがある' }),
  })
  .meta({ id: 'InboxTask' });

const count = { mine: z.int(), group: z.int(), overdue: z.int(), soon: z.int(), waiting: z.int(), all: z.int() };
export const taskCounts = z
  .object({
    views: z.object({ ...count, done: z.int(), escalated: z.int() }),
    steps: z.array(z.object({ processKey: z.string(), elementId: z.string(), name: z.string().nullable(), ...count })),
    groups: z.array(z.object({ groupKey: z.string(), open: z.int(), unclaimed: z.int(), overdue: z.int() })),
  })
  .meta({ id: 'TaskCounts' });

const ahead = z.object({
  elementId: z.string(),
  type: z.string(),
  name: z.string().nullable(),
  lane: z.string().nullable(),
  ways: z.array(z.array(z.string())).meta({ description: 'そこへ至る道。道ごとに、途中の分岐の名前。どれか一つを通ればそこへ進む。' }),
});

export const comment = z.object({ id, authorId: id, authorName: z.string().nullable(), body: z.string(), at: instant }).meta({ id: 'Comment' });
export const dueChange = z.object({ id, fromDueAt: instant.nullable(), toDueAt: instant.nullable(), reason: z.string(), byId: id.nullable(), byName: z.string().nullable(), at: instant }).meta({ id: 'DueChange' });
export const clockLine = z
  .object({
    id,
    scope: z.enum(['task', 'process', 'case']).meta({ description: 'task この仕事 · process 停止中の手続き · case ケース全体' }),
    taskId: id.nullable(),
    taskName: z.string().nullable(),
    reason: z.string().meta({ description: 'awaiting_person 本人・家族の返答待ち · awaiting_agency 他機関の回答待ち · in_hospital 入院・入所中 · long_absence 長期不在 · other_procedure 他の手続の結果待ち · disaster 災害 · suspended 手続きの停止' }),
    resumeOn: z.iso.date().nullable(),
    pausedAt: instant,
    pausedByName: z.string().nullable().meta({ description: 'null は手続きによる' }),
    endedAt: instant.nullable(),
    endedByName: z.string().nullable(),
    movedMs: z.number().nullable().meta({ description: '期限を延ばした開庁時間（ミリ秒）' }),
  })
  .meta({ id: 'ClockPause' });
export const draft = z.object({ answers: z.record(z.string(), z.unknown()), version: z.int(), savedAt: instant }).meta({ id: 'Draft' });
export const caseReference = z
  .object({ id, caseNo: z.string(), field: z.string(), channel: z.string().nullable(), agencyCode: z.string(), status: z.string(), urgent: z.boolean(), openedAt: instant, closedAt: instant.nullable(), closeReason: z.string().nullable() })
  .meta({ id: 'Case' });

export const taskDetail = inboxTask
  .extend({
    definitionVersion: z.int(),
    laneName: z.string().nullable(),
    groups: z.array(z.object({ key: z.string(), name: z.string(), agencyCode: z.string().nullable(), agencyName: z.string().nullable() })),
    delegateReason: z.string().nullable(),
    endReason: z.string().nullable(),
    item: z.unknown().meta({ override: {}, description: '複数インスタンスの要素' }),
    why: z.string().meta({ description: 'この仕事が見える理由（assignee, owner, group:<key>）' }),
    form: z.object({ key: z.string(), sha256: z.string().meta({ description: '登録された様式のもの（選択肢の一覧は読むたびに変わりうる）' }), schema: z.unknown().meta({ override: { type: 'object' }, description: 'form-js のスキーマ。properties.options の一覧は、いまの機関マスタの選択肢を values に入れたもの' }) }).nullable(),
    carried: z.record(z.string(), z.json()).meta({ description: '前の帳票で答えた項目（引き受けた人と、ケースを見られる人に）' }),
    differing,
    draft: draft.nullable(),
    case: caseReference.nullable(),
    comments: z.array(comment),
    dueChanges: z.array(dueChange),
    pausedAt: instant.nullable().meta({ description: '期限の時計が止まった時' }),
    clock: z.array(clockLine).meta({ description: 'この仕事にかかる時計の停止と再開' }),
    next: z.array(ahead).meta({ description: 'この仕事のあとに来るもの' }),
    ifNothingIsDone: z
      .array(
        z.object({
          at: instant,
          kind: z.enum(['reminder', 'escalation', 'drawn']),
          rule: z.string().nullable(),
          to: z.array(z.string()).meta({ description: '知らせる相手の名前' }),
          elementId: z.string().nullable(),
          name: z.string().nullable(),
          interrupting: z.boolean().nullable().meta({ description: '図に描かれたもの: この仕事が取り消されるか' }),
          follows: z.array(ahead),
        }),
      )
      .meta({ description: '何もしないとき、いつ何が起きるか' }),
  })
  .meta({ id: 'Task' });
