import { z } from 'zod';
import { markNotifications } from '../actions/mark-notifications.js';
import { readAs } from '../base/db.js';
import { noticeText } from '../domain/notice-words.js';
import { readCursor, writeCursor } from './cursor.js';
import { route } from './route.js';
import { cursor, flag, id, instant, limit } from './shape.js';

const notice = z
  .object({
    id,
    kind: z.string(),
    rule: z.string().meta({ description: 'due-1BD（期限の1営業日前）や escalate:1BD>manager（期限の1営業日後、管理者へ）' }),
    text: z.string().meta({ description: '知らせの文' }),
    taskId: id.nullable(),
    taskName: z.string().nullable().meta({ description: '見る権限があるときだけ' }),
    caseNo: z.string().nullable(),
    urgent: z.boolean(),
    createdAt: instant,
    readAt: instant.nullable(),
  })
  .meta({ id: 'Notification' });

interface Row extends Omit<z.input<typeof notice>, 'text'> {
  createdAt: Date;
}

interface Position {
  at: string;
  id: string;
}

const listSql = `select n.id, n.kind, n.rule, n.task_id as "taskId", t.name as "taskName", n.business_key as "caseNo", n.urgent, n.created_at as "createdAt", n.read_at as "readAt"
from notification n left join task t on t.id = n.task_id
where n.user_id = $1::uuid and ($2::boolean is null or $2 = (n.read_at is null)) and ($3::timestamptz is null or (n.created_at, n.id) < ($3::timestamptz, $4::uuid))
order by n.created_at desc, n.id desc limit $5::int`;

export const notificationRoutes = [
  route({
    method: 'get', path: '/api/notifications', action: 'notification.read', tag: 'notifications', summary: '自分への知らせ（新しい順）',
    query: z.strictObject({ unread: flag.optional(), limit, cursor: cursor.optional() }),
    reply: z.object({ notifications: z.array(notice), unread: z.int().meta({ description: '未読の数' }), nextCursor: z.string().nullable() }),
    async handler({ app, person, query }) {
      const asked = { person: person.userId, unread: query.unread ?? null };
      const after = query.cursor === undefined ? null : (readCursor(app.env.SESSION_SECRET, query.cursor, asked) as Position);
      const { found, unread } = await readAs(app.db, person, async (tx) => ({
        found: await tx.db.$queryRawUnsafe<Row[]>(listSql, person.userId, query.unread ?? null, after?.at ?? null, after?.id ?? null, query.limit + 1),
        unread: await tx.db.notification.count({ where: { userId: person.userId, readAt: null } }),
      }));
      const page = found.slice(0, query.limit).map((row) => ({ ...row, text: noticeText(row.rule) }));
      const last = found.length > page.length ? page.at(-1) : undefined;
      return { notifications: page, unread, nextCursor: last ? writeCursor(app.env.SESSION_SECRET, { at: last.createdAt.toISOString(), id: last.id }, asked) : null };
    },
  }),
  route({
    method: 'post', path: '/api/notifications/read', action: 'notification.mark', tag: 'notifications', summary: '知らせを既読にする（ids を省くとすべて）',
    body: z.strictObject({ ids: z.array(id).min(1).max(200).optional() }), reply: z.object({ marked: z.int() }),
    handler: ({ app, person, body, idempotencyKey, requestId }) => markNotifications(app, person, { ids: body.ids, idempotencyKey, requestId }),
  }),
];
