// Steps run in threads that can be killed: FEEL may loop for ever, and nothing inside one thread can stop that.
import { Worker } from 'node:worker_threads';
import type { CalendarData } from '../base/calendar.js';
import { CompileError } from './executor/compile-error.js';
import { lru, type Lru } from './lru.js';
import type { StepInput, StepResult } from './model.js';
import { StepError } from './step-error.js';
import { definitionsPerThread, type StepAnswer, type StepOrder } from './stepper-protocol.js';

export interface StepperOptions {
  /** How many steps may run at once. */
  threads: number;
  /** Wall time of one step, ms. A thread that takes longer is ended and replaced. */
  wallMs: number;
}

export interface Stepper {
  /**
   * Runs one step. `definition.id` must change when its XML does (its SHA-256).
   * @throws StepError as step() does, and `timeout` when the thread had to be ended
   * @throws CompileError when the XML does not compile
   */
  run(definition: { id: string; xml: string }, input: Omit<StepInput, 'calendar'> & { closedDays: CalendarData }): Promise<StepResult>;
  /** Ends the threads. Steps that wait or run are refused. */
  close(): Promise<void>;
}

interface Ticket {
  definition: { id: string; xml: string };
  input: Omit<StepInput, 'calendar'> & { closedDays: CalendarData };
  resolve(result: StepResult): void;
  reject(error: Error): void;
}

interface Thread {
  worker: Worker;
  isReady: boolean;
  ticket: Ticket | null;
  alarm: NodeJS.Timeout | null;
  /** What the thread has compiled: forgets alike. */
  known: Lru<true>;
}

/** Reading a diagram for the first time is no part of its step. */
const compileMs = 20_000;
/** A step stops itself at its wall time if it can; the thread gets so much longer. */
const graceMs = 100;
const heapMb = 384;

/** Opens the threads; they are ready a moment later, and steps wait for them. */
export function openStepper(options: StepperOptions): Stepper {
  const threads = new Set<Thread>();
  const queue: Ticket[] = [];
  let isClosed = false;

  const next = (): void => {
    for (const thread of threads) {
      if (!thread.isReady || thread.ticket) continue;
      const ticket = queue.shift();
      if (!ticket) return;
      give(thread, ticket);
    }
  };

  const give = (thread: Thread, ticket: Ticket): void => {
    thread.ticket = ticket;
    thread.worker.ref();
    setAlarm(thread, compileMs);
    const { closedDays, ...input } = ticket.input;
    const order: StepOrder = {
      definitionId: ticket.definition.id, xml: thread.known.get(ticket.definition.id) ? null : ticket.definition.xml,
      input: { ...input, limits: { wallMs: options.wallMs, ...input.limits } }, closedDays,
    };
    thread.worker.postMessage(order);
  };

  const setAlarm = (thread: Thread, ms: number): void => {
    if (thread.alarm) clearTimeout(thread.alarm);
    thread.alarm = setTimeout(() => replace(thread, new StepError('timeout', null, `the step took longer than ${ms} ms and was ended`)), ms);
  };

  const release = (thread: Thread): Ticket | null => {
    const { ticket } = thread;
    if (thread.alarm) clearTimeout(thread.alarm);
    thread.alarm = null;
    thread.ticket = null;
    thread.worker.unref();
    return ticket;
  };

  const replace = (thread: Thread, error: Error): void => {
    if (!threads.delete(thread)) return;
    const wasReady = thread.isReady;
    release(thread)?.reject(error);
    void thread.worker.terminate();
    if (isClosed) return;
    // a thread that cannot even begin would be replaced for ever: those who wait are told instead
    if (!wasReady) for (const ticket of queue.splice(0)) ticket.reject(error);
    else add();
  };

  const onAnswer = (thread: Thread, answer: StepAnswer): void => {
    if (answer.kind === 'ready') {
      thread.isReady = true;
      thread.worker.unref();
    } else if (answer.kind === 'running') {
      if (thread.ticket) thread.known.set(thread.ticket.definition.id, true);
      return setAlarm(thread, (thread.ticket?.input.limits?.wallMs ?? options.wallMs) + graceMs);
    } else {
      const ticket = release(thread);
      if (ticket) settleTicket(ticket, answer);
    }
    next();
  };

  const add = (): void => {
    const worker = new Worker(new URL('./stepper-boot.mjs', import.meta.url), { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: heapMb } });
    const thread: Thread = { worker, isReady: false, ticket: null, alarm: null, known: lru(definitionsPerThread) };
    threads.add(thread);
    worker.on('message', (answer: StepAnswer) => onAnswer(thread, answer));
    worker.on('error', (error: Error) => {
      const isFull = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
      replace(thread, isFull ? new StepError('timeout', null, 'the step took more memory than a step may') : error);
    });
    worker.on('exit', () => replace(thread, new Error('the step thread ended')));
  };

  for (let n = 0; n < options.threads; n++) add();

  return {
    run(definition, input) {
      if (isClosed) return Promise.reject(new Error('the stepper is closed'));
      return new Promise((resolve, reject) => {
        queue.push({ definition, input, resolve, reject });
        while (threads.size < options.threads) add();
        next();
      });
    },
    async close() {
      isClosed = true;
      for (const ticket of queue.splice(0)) ticket.reject(new Error('the stepper is closed'));
      const ending = [...threads];
      for (const thread of ending) replace(thread, new Error('the stepper is closed'));
      await Promise.all(ending.map((thread) => thread.worker.terminate()));
    },
  };
}

function settleTicket(ticket: Ticket, answer: StepAnswer): void {
  switch (answer.kind) {
    case 'done': return ticket.resolve(answer.result);
    case 'refused': return ticket.reject(new StepError(answer.code, answer.elementId, answer.message));
    case 'uncompilable': return ticket.reject(new CompileError(answer.refusals));
    case 'broken': return ticket.reject(new Error(answer.message));
  }
}
