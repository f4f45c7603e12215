import { z } from 'zod';
import { assignTask } from '../actions/assign-task.js';
import { changeDue } from '../actions/change-due.js';
import { claimTask } from '../actions/claim-task.js';
import { completeTask } from '../actions/complete-task.js';
import { delegateTask } from '../actions/delegate-task.js';
import { setFollowUp } from '../actions/set-follow-up.js';
import { unclaimTask } from '../actions/unclaim-task.js';
import { readAs } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { inboxCounts, inboxPage, inboxSorts, inboxViews, type InboxPosition, type InboxQuery } from '../engine/inbox.js';
import { readCursor, writeCursor } from './cursor.js';
import { completionRefusals } from './refusals.js';
import { route, type Context } from './route.js';
import { byId, cursor, flag, id, instantIn, limit, reason, version } from './shape.js';
import { taskDetailOf } from './task-detail.js';
import { inboxTask, taskCounts, taskDetail, taskSummary, warning } from './task-shapes.js';

const key = z.string().min(1).max(200);

const filters = z.strictObject({
  view: z.enum(inboxViews).default('mine').meta({ description: 'mine 自分の担当 · group 所属の未着手 · overdue 期限超過 · soon 今日・明日 · waiting 返答待ち · all 見えるすべて · escalated 期限が過ぎて自分に上がってきたほかの人の仕事 · done 30日以内に終えた。overdue・soon・waiting は自分の担当と未着手のもの。' }),
  sort: z.enum(inboxSorts).default('urgency').meta({ description: 'urgency: 期限超過、緊急、期限、作成の順' }),
  processKey: key.optional(),
  elementId: key.optional().meta({ description: '工程（図の要素の id）' }),
  agency: key.optional(),
  group: key.optional(),
  assignee: z.union([z.literal('me'), z.literal('none'), id]).optional(),
  dueFrom: instantIn.optional(),
  dueTo: instantIn.optional().meta({ description: 'この時刻より前' }),
  case: key.optional().meta({ description: 'ケース番号' }),
  urgent: flag.optional(),
  text: z.string().trim().min(1).max(100).optional().meta({ description: '工程名かケース番号の一部' }),
  limit,
  cursor: cursor.optional(),
});

function queryOf(q: z.output<typeof filters>, me: string): InboxQuery {
  const assigneeId = q.assignee === 'me' ? me : q.assignee === 'none' ? null : q.assignee;
  return { view: q.view, sort: q.sort, processKey: q.processKey, elementId: q.elementId, agencyCode: q.agency, groupKey: q.group, assigneeId, dueFrom: q.dueFrom, dueTo: q.dueTo, businessKey: q.case, urgent: q.urgent, text: q.text };
}

type OnTask<B> = Context<{ id: string }, unknown, B & { version?: number | undefined }, 'person'>;

/** What every action on a task takes, with the version from the body or from If-Match. */
const ask = <B>({ params, body, ifMatch, idempotencyKey, requestId }: OnTask<B>) => ({ taskId: params.id, version: body.version ?? ifMatch ?? null, idempotencyKey, requestId });

const versionOnly = z.strictObject({ version });
const held = ['not_found', 'task_closed', 'task_claimed', 'version_conflict', 'instance_not_active'] as const;

const reads = [
  route({
    method: 'get', path: '/api/tasks', action: 'inbox.read', tag: 'tasks', summary: '受信箱',
    query: filters,
    reply: z.object({ tasks: z.array(inboxTask), nextCursor: z.string().nullable() }),
    async handler({ app, person, query }) {
      const { limit: rows, cursor: from, ...rest } = query;
      const asked = { ...rest, person: person.userId };
      const secret = app.env.SESSION_SECRET;
      const after = from === undefined ? null : (readCursor(secret, from, asked) as InboxPosition);
      const page = await readAs(app.db, person, (tx) => inboxPage(tx, person, queryOf(query, person.userId), after, rows));
      return { tasks: page.rows, nextCursor: page.next ? writeCursor(secret, page.next, asked) : null };
    },
  }),
  route({
    method: 'get', path: '/api/tasks/counts', action: 'inbox.read', tag: 'tasks', summary: '件数（ビュー、工程、グループごと）',
    reply: taskCounts,
    handler: ({ app, person }) => readAs(app.db, person, (tx) => inboxCounts(tx, person)),
  }),
  route({
    method: 'get', path: '/api/tasks/:id', action: 'task.read', tag: 'tasks', summary: '仕事ひとつ（入力欄、下書き、ケース、このあと、何もしないとき）',
    params: byId, reply: taskDetail, problems: ['not_found'],
    async handler({ app, person, params, res }) {
      const task = await readAs(app.db, person, (tx) => taskDetailOf(app, tx, person, params.id));
      res.set('ETag', `"${task.version}"`);
      return task;
    },
  }),
];

const changes = [
  route({
    method: 'post', path: '/api/tasks/:id/claim', action: 'task.claim', tag: 'tasks', summary: '引き受ける',
    params: byId, body: versionOnly, reply: taskSummary, problems: held,
    handler: (c) => claimTask(c.app, c.person, ask(c)),
  }),
  route({
    method: 'post', path: '/api/tasks/:id/unclaim', action: 'task.unclaim', tag: 'tasks', summary: '窓口に戻す',
    params: byId, body: versionOnly, reply: taskSummary, problems: [...held, 'task_not_claimed'],
    handler: (c) => unclaimTask(c.app, c.person, ask(c)),
  }),
  route({
    method: 'post', path: '/api/tasks/:id/assign', action: 'task.assign', tag: 'tasks', summary: '割り当てる',
    params: byId, body: z.strictObject({ assigneeId: id, version }), reply: taskSummary, problems: held,
    handler: (c) => assignTask(c.app, c.person, { ...ask(c), assigneeId: c.body.assigneeId }),
  }),
  route({
    method: 'post', path: '/api/tasks/:id/delegate', action: 'task.delegate', tag: 'tasks', summary: '理由を書いて引き継ぐ',
    params: byId, body: z.strictObject({ toUserId: id, reason, version }), reply: taskSummary, problems: [...held, 'task_not_claimed'],
    handler: (c) => delegateTask(c.app, c.person, { ...ask(c), toUserId: c.body.toUserId, reason: c.body.reason }),
  }),
  route({
    method: 'post', path: '/api/tasks/:id/follow-up', action: 'task.followUp', tag: 'tasks', summary: '返答待ちにする（日時まで脇に置く）',
    params: byId, body: z.strictObject({ followUpAt: instantIn.nullable(), version }), reply: taskSummary, problems: held,
    handler: (c) => setFollowUp(c.app, c.person, { ...ask(c), followUpAt: c.body.followUpAt }),
  }),
  route({
    method: 'post', path: '/api/tasks/:id/due', action: 'task.changeDue', tag: 'tasks', summary: '理由を書いて期限を変える',
    params: byId, body: z.strictObject({ dueAt: instantIn.nullable(), reason, version }), reply: taskSummary, problems: held,
    handler: (c) => changeDue(c.app, c.person, { ...ask(c), dueAt: c.body.dueAt, reason: c.body.reason }),
  }),
  route({
    method: 'post', path: '/api/tasks/:id/complete', action: 'task.complete', tag: 'tasks', summary: '終える',
    description: '読んだときの version が必須。本文の version か If-Match のどちらかで送る。',
    params: byId,
    body: z.strictObject({ answers: z.record(z.string().max(200), z.unknown().meta({ override: {} })).default({}), version }),
    reply: z.object({
      task: taskSummary,
      next: z.array(taskSummary).meta({ description: 'これで始まった仕事のうち、自分に見えるもの' }),
      others: z.array(z.object({ group: z.string(), count: z.int() })).meta({ description: 'ほかの窓口に届いた仕事' }),
      warnings: z.array(warning).meta({ description: '断りはしないが、確かめてほしいこと（重複の可能性など）' }),
    }),
    problems: [...held, ...completionRefusals],
    handler(c) {
      const { version: seen, ...rest } = ask(c);
      if (seen === null) throw new Problem('invalid', { errors: [{ pointer: '/version', detail: '必須です（If-Match でもよい）。' }] });
      return completeTask(c.app, c.person, { ...rest, version: seen, answers: c.body.answers as Parameters<typeof completeTask>[2]['answers'] });
    },
  }),
];

export const taskRoutes = [...reads, ...changes];
