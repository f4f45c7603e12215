// 開庁日: which days are closed or open against the rule, and changing them.
import { z } from 'zod';
import type { App } from '../app.js';
import { changeCalendar, previewCalendar, type CalendarEffect } from '../actions/change-calendar.js';
import { timeKinds } from '../actions/calendar-effect.js';
import { readAs, type Person } from '../base/db.js';
import { leftReasons, type LeftReason } from '../base/recount.js';
import { route } from './route.js';
import { id, instant, line, reason } from './shape.js';

const day = z.strictObject({ onDate: z.iso.date(), open: z.boolean().meta({ description: 'false は閉庁、true は休みでも開庁' }), name: line(100) });
const days = z.array(day).min(1).max(100);
const revision = z.int().min(1);
const shownOf = 500;
const moved = z.object({ taskId: id, name: z.string(), caseNo: z.string().nullable().meta({ description: '見られないケースでは null' }), fromDueAt: instant, toDueAt: instant });
const timer = z.object({ timerId: id, name: z.string(), caseNo: z.string().nullable().meta({ description: '見られないケースでは null' }), fromDueAt: instant, toDueAt: instant });
const watched = z.object({ timerId: id, rule: z.string(), fromDueAt: instant, toDueAt: instant });
const counting = z.object({ kind: z.enum(timeKinds).meta({ description: 'task 仕事の期限 · timer 図に描かれた時計 · watched システムが見守る日（約束の日、法定の期限の前触れ）' }), name: z.string().meta({ description: '仕事・時計の名前。watched では見守りの種類' }), count: z.int() });
const why = z.enum(leftReasons).meta({
  description: 'overdue すでに過ぎている · would_pass 数え直すと今より前になる · by_hand 人が決めた期限、または前の変更で据え置いたもの · said_day 人が日を決めている · unknown 前の版で置かれ、数え方が残っていない',
});
const effect = z.object({
  revision,
  digest: z.string().meta({ description: '動くものとその日の要約。変更するときにこれを送る' }),
  count: z.int().meta({ description: '期限が変わる仕事の数' }),
  moved: z.array(moved).meta({ description: `期限が変わる仕事（引き受けた仕事も）。期限の早いものから${shownOf}件。` }),
  timers: z.array(timer).meta({ description: `時刻が変わる、図に描かれた時計。早いものから${shownOf}件。` }),
  watched: z.array(watched).meta({ description: `時刻が変わる、見守りの日。早いものから${shownOf}件。` }),
  rungs: z.int().meta({ description: '時刻が変わるリマインドとエスカレーションの数（期限が変わらない仕事のものも）' }),
  kinds: z.array(counting).meta({ description: '変わるものの数。種類と名前ごと、全部' }),
  left: z.array(counting.extend({ reason: why })).meta({ description: '変わらないものの数と理由。変更する日より前のものは数えない' }),
});

/** What whoever keeps the calendar sees of it: that a step moves; of which case, only where they reach it (a step of a 支援会議 would name a household). */
async function shown(app: App, person: Person, { moved: tasks, timers, watched: moments, ...rest }: CalendarEffect): Promise<z.input<typeof effect>> {
  const some = { moved: tasks.slice(0, shownOf), timers: timers.slice(0, shownOf) };
  const named = [...some.moved, ...some.timers].flatMap(({ caseNo }) => caseNo ?? []);
  const reached = new Set((await readAs(app.db, person, (tx) => tx.db.case.findMany({ where: { caseNo: { in: named } }, select: { caseNo: true } }))).map(({ caseNo }) => caseNo));
  const masked = <T extends { caseNo: string | null }>(all: readonly T[]): T[] => all.map((one) => ({ ...one, caseNo: one.caseNo !== null && reached.has(one.caseNo) ? one.caseNo : null }));
  return { ...rest, count: tasks.length, moved: masked(some.moved), timers: masked(some.timers), watched: moments.slice(0, shownOf) };
}

export const calendarRoutes = [
  route({
    method: 'get', path: '/api/calendar', action: 'calendar.read', tag: 'calendar', summary: '規則（土日・祝日・年末年始）と違う開庁日・閉庁日、その変更の記録',
    reply: z.object({
      revision,
      closesAt: z.string(),
      days: z.array(day.extend({ changed: z.boolean().meta({ description: '運用中に変えた日' }) })),
      changes: z.array(z.object({ id, revision, days: z.array(day), reason: z.string(), moved: z.int(), kinds: z.array(counting), leftAlone: z.array(counting.extend({ reason: why })), byName: z.string().nullable(), at: instant })),
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
          changes: changes.map(({ byId, days: changed, kinds, leftAlone, ...rest }) => ({
            ...rest, days: changed as z.input<typeof days>, kinds: kinds as z.input<typeof counting>[], leftAlone: leftAlone as (z.input<typeof counting> & { reason: LeftReason })[], byName: names.get(byId) ?? null })),
        };
      }),
  }),
  route({
    method: 'post', path: '/api/calendar/preview', action: 'calendar.change', tag: 'calendar', summary: '開庁日を変えると期限がどう変わるかを見る（何も変えない）',
    body: z.strictObject({ days }), reply: effect,
    handler: async ({ app, person, body, requestId }) => shown(app, person, await previewCalendar(app, person, { ...body, requestId })),
  }),
  route({
    method: 'post', path: '/api/calendar/changes', action: 'calendar.change', tag: 'calendar', summary: '開庁日を変え、開庁日で数えた期限と時計を数え直す（確かめたとおりに）',
    body: z.strictObject({ days, reason, revision: revision.meta({ description: '確かめたときの revision' }), digest: z.string().min(1).max(64).meta({ description: '確かめたときの digest' }) }), reply: effect, status: 201, problems: ['version_conflict', 'preview_stale'],
    handler: async ({ app, person, body, idempotencyKey, requestId }) => shown(app, person, await changeCalendar(app, person, { ...body, idempotencyKey, requestId })),
  }),
];
