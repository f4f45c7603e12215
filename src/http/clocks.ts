// 期限の時計: who stopped it, why, until when, and what that moved.
import { z } from 'zod';
import { pauseCaseClock, pauseTaskClock } from '../actions/pause-clock.js';
import { resumeClock } from '../actions/resume-clock.js';
import { pauseReasons, readLedger, type ClockLine } from '../engine/clocks.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { byId, id, instant, nothing, version } from './shape.js';
import { clockLine } from './task-shapes.js';

const caseNo = z.string().min(1).max(50);
const pausing = {
  reason: z.enum(pauseReasons).meta({ description: 'awaiting_person 本人・家族の返答待ち · awaiting_agency 他機関の回答待ち · in_hospital 入院・入所中 · long_absence 長期不在 · other_procedure 他の手続の結果待ち · disaster 災害' }),
  resumeOn: z.iso.date().meta({ description: 'この日の開庁時に自動で再開する（明日から1年以内）' }),
};
const paused = z.object({ pauseId: id, resumeAt: instant });

/** A pause as it is shown. */
export function clockLineOf({ rootId, ...line }: ClockLine): z.input<typeof clockLine> {
  return { ...line, scope: line.taskId !== null ? 'task' : rootId !== null ? 'process' : 'case', resumeOn: line.resumeOn?.toISOString().slice(0, 10) ?? null };
}

export const clockRoutes = [
  route({
    method: 'post', path: '/api/tasks/:id/clock/pause', action: 'task.pauseClock', tag: 'clocks', summary: '理由と再開日を決めて、仕事の期限の時計を止める',
    params: byId, body: z.strictObject({ ...pausing, version }), reply: paused, status: 201, problems: ['not_found', 'task_closed', 'version_conflict', 'instance_not_active', 'clock_stands', 'clock_runs_on'],
    handler: ({ app, person, params, body, ifMatch, idempotencyKey, requestId }) => pauseTaskClock(app, person, { taskId: params.id, ...body, version: body.version ?? ifMatch ?? null, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/cases/:caseNo/clock/pause', action: 'case.pauseClock', tag: 'clocks', summary: 'ケース全体の期限の時計を止める',
    params: z.strictObject({ caseNo }), body: z.strictObject(pausing), reply: paused, status: 201, problems: ['not_found', 'clock_stands'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => pauseCaseClock(app, person, { ...body, caseNo: params.caseNo, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/clock-pauses/:id/resume', action: 'clock.resume', tag: 'clocks', summary: '止めた時計を再開する（止まっていた開庁時間だけ期限が延びる）',
    params: byId, body: nothing, reply: z.object({ pauseId: id, resumedAt: instant, tasks: z.int() }), problems: ['not_found'],
    handler: ({ app, person, params, idempotencyKey, requestId }) => resumeClock(app, person, { pauseId: params.id, idempotencyKey, requestId }),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/clock', action: 'casework.read', tag: 'clocks', summary: 'ケースの時計の停止と再開（台帳）',
    params: z.strictObject({ caseNo }), reply: z.object({ pauses: z.array(clockLine) }), problems: ['not_found'],
    handler: ({ app, person, params }) => readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'clock' }, async (tx) => ({ pauses: (await readLedger(tx, { businessKey: params.caseNo })).map(clockLineOf) })),
  }),
];
