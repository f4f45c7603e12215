// One thread of the stepper: a worker that can be ended, the step that it works on, and the alarm over it.
import { Worker } from 'node:worker_threads';
import { lru, type Lru } from './lru.js';
import { StepError } from './step-error.js';
import { definitionsPerThread, type StepAnswer } from './stepper-protocol.js';

/** A step stops itself at its wall time if it can; the thread gets so much longer. */
const graceMs = 100;
/** Reading a diagram for the first time is no part of its step. */
const compileMs = 20_000;
const heapMb = 384;

export interface Thread<Ticket> {
  worker: Worker;
  isReady: boolean;
  ticket: Ticket | null;
  alarm: NodeJS.Timeout | null;
  /** What the thread has compiled: forgets alike. */
  known: Lru<true>;
}

export interface ThreadEvents<Ticket> {
  answered(thread: Thread<Ticket>, answer: StepAnswer): void;
  /** The thread is of no use any more: it broke, ended, or took too long. */
  lost(thread: Thread<Ticket>, error: Error): void;
}

export function openThread<Ticket>(events: ThreadEvents<Ticket>): Thread<Ticket> {
  const worker = new Worker(new URL('./stepper-boot.mjs', import.meta.url), { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: heapMb } });
  const thread: Thread<Ticket> = { worker, isReady: false, ticket: null, alarm: null, known: lru(definitionsPerThread) };
  worker.on('message', (answer: StepAnswer) => events.answered(thread, answer));
  worker.on('error', (error: Error) => {
    const isFull = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    events.lost(thread, isFull ? new StepError('timeout', null, '一歩が使ってよい量より多くのメモリを使いました') : error);
  });
  worker.on('exit', () => events.lost(thread, new Error('the step thread ended')));
  return thread;
}

/** Begins to watch a thread that was given work: first for the compiling, then (see `running`) for the step itself. */
export function watch<Ticket>(thread: Thread<Ticket>, ticket: Ticket, events: ThreadEvents<Ticket>): void {
  thread.ticket = ticket;
  thread.worker.ref(); // a process with a step in hand does not end; one with idle threads may
  setAlarm(thread, compileMs, events);
}

/** The diagram is compiled: from here the wall time of the step counts. */
export function running<Ticket>(thread: Thread<Ticket>, wallMs: number, events: ThreadEvents<Ticket>): void {
  setAlarm(thread, wallMs + graceMs, events);
}

function setAlarm<Ticket>(thread: Thread<Ticket>, ms: number, events: ThreadEvents<Ticket>): void {
  if (thread.alarm) clearTimeout(thread.alarm);
  thread.alarm = setTimeout(() => events.lost(thread, new StepError('timeout', null, `一歩に ${ms} ミリ秒より長くかかったため、打ち切りました`)), ms);
}

/** Takes the work off a thread. */
export function release<Ticket>(thread: Thread<Ticket>): Ticket | null {
  const { ticket } = thread;
  if (thread.alarm) clearTimeout(thread.alarm);
  thread.alarm = null;
  thread.ticket = null;
  thread.worker.unref();
  return ticket;
}
