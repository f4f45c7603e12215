// A thread that runs steps, one at a time. It may be ended at any moment: it holds nothing but compiled definitions.
import { parentPort } from 'node:worker_threads';
import { openCalendar, type Calendar } from '../base/calendar.js';
import { CompileError } from './executor/compile-error.js';
import { compile } from './executor/compile.js';
import { lru } from './lru.js';
import type { Compiled } from './model.js';
import { StepError } from './step-error.js';
import { step } from './step.js';
import { definitionsPerThread, type StepAnswer, type StepOrder } from './stepper-protocol.js';

const port = parentPort!;
const definitions = lru<Compiled>(definitionsPerThread);
const calendars = lru<Calendar>(4);

const answer = (message: StepAnswer): void => port.postMessage(message);

port.on('message', (order: StepOrder) => {
  void run(order).then(answer, (error: unknown) => answer(failure(error)));
});
answer({ kind: 'ready' });

async function run(order: StepOrder): Promise<StepAnswer> {
  const definition = await definitionOf(order);
  const calendar = calendarOf(order);
  if (order.xml !== null) answer({ kind: 'running' });
  return { kind: 'done', result: step(definition, { ...order.input, calendar }) };
}

async function definitionOf(order: StepOrder): Promise<Compiled> {
  const known = definitions.get(order.definitionId);
  if (known) return known;
  if (order.xml === null) throw new Error('the thread does not have the definition');
  // What is deployed was checked when it was deployed; here it only has to run.
  const compiled = await compile(order.xml, { lenient: true });
  definitions.set(order.definitionId, compiled);
  return compiled;
}

function calendarOf(order: StepOrder): Calendar {
  const key = JSON.stringify(order.closedDays);
  const known = calendars.get(key);
  if (known) return known;
  const opened = openCalendar(order.closedDays);
  calendars.set(key, opened);
  return opened;
}

function failure(error: unknown): StepAnswer {
  if (error instanceof StepError) return { kind: 'refused', code: error.code, elementId: error.elementId, message: error.message };
  if (error instanceof CompileError) return { kind: 'uncompilable', refusals: error.refusals };
  return { kind: 'broken', message: error instanceof Error ? error.message : String(error) };
}
