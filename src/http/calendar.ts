// 開庁日: which days are closed or open against the rule, and changing them.
import { z } from 'zod';
import { changeCalendar, previewCalendar, type CalendarEffect } from '../actions/change-calendar.js';
import { readAs } from '../base/db.js';
import { route } from './route.js';
import { id, instant, line, reason } from './shape.js';

const day = z.strictObject({ onDate: z.iso.date(), open: z.boolean().meta({ description: 'false は閉庁、true は休みでも開庁' }), name: line(100) });
const days = z.array(day).min(1).max(100);
const revision = z.int().min(1);
const moved = z.object({ taskId: id, name: z.string(), caseNo: z.string().nullable(), fromDueAt: instant, toDueAt: instant });
const effect = z.object({
  revision,
  count: z.int().meta({ description: '期限が変わる仕事の数' }),
  moved: z.array(moved).meta({ description: 'そのうち期限の早いものから500件。誰も着手していない（引き受けも下書きもない）仕事だけが変わる。' }),
});
const shown = ({ revision: seen, moved: tasks }: CalendarEffect): z.input<typeof effect> => ({ revision: seen, count: tasks.length, moved: tasks.slice(0, 500) });

export const calendarRoutes = [
  route({
    method: 'get', path: '/api/calendar', action: 'calendar.read', tag: 'calendar', summary: '規則（土日・祝日・年末年始）と違う開庁日・閉庁日、その変更の記録',
    reply: z.object({
      revision,
      closesAt: z.string(),
      days: z.array(day.extend({ changed: z.boolean().meta({ description: '運用中に変えた日' }) })),
      changes: z.array(z.object({ id, revision, days: z.array(day), reason: z.string(), moved: z.int(), byName: z.string().nullable(), at: instant })),
    }),
    handler: ({ app, person }) =>
      readAs(app.db, person, async (tx) => {
        const rows = await tx.db.calendarDay.findMany({ orderBy: { onDate: 'asc' } });
        const changes = await tx.db.calendarChange.findMany({ orderBy: { revision: 'desc' }, take: 100 });
        const names = new Map((await tx.db.user.findMany({ where: { id: { in: changes.map(({ byId }) => byId) } }, select: { id: true, name: true } })).map((user) => [user.id, user.name]));
        return {
          revision: (await tx.db.calendarRevision.findUniqueOrThrow({ where: { id: 1 } })).revision,
          closesAt: app.calendar.data.closesAt,
          days: rows.map(({ onDate, open, name, changedAt }) => ({ onDate: onDate.toISOString().slice(0, 10), open, name, changed: changedAt !== null })),
          changes: changes.map(({ byId, days: changed, ...rest }) => ({ ...rest, days: changed as z.input<typeof days>, byName: names.get(byId) ?? null })),
        };
      }),
  }),
  route({
    method: 'post', path: '/api/calendar/preview', action: 'calendar.change', tag: 'calendar', summary: '開庁日を変えると期限がどう変わるかを見る（何も変えない）',
    body: z.strictObject({ days }), reply: effect,
    handler: async ({ app, person, body, requestId }) => shown(await previewCalendar(app, person, { ...body, requestId })),
  }),
  route({
    method: 'post', path: '/api/calendar/changes', action: 'calendar.change', tag: 'calendar', summary: '開庁日を変え、未着手の仕事の期限を数え直す',
    body: z.strictObject({ days, reason, revision: revision.meta({ description: '確かめたときの revision' }) }), reply: effect, status: 201, problems: ['version_conflict'],
    handler: async ({ app, person, body, idempotencyKey, requestId }) => shown(await changeCalendar(app, person, { ...body, idempotencyKey, requestId })),
  }),
];
