// Steps run in threads that can be killed: FEEL may loop for ever, and nothing inside one thread can stop that.
import type { CalendarData } from '../base/calendar.js';
import { CompileError } from './executor/compile-error.js';
import type { StepInput, StepResult } from './model.js';
import { StepError } from './step-error.js';
import { openThread, release, running, type Thread, type ThreadEvents, watch } from './stepper-pool.js';
import type { StepAnswer, StepOrder } from './stepper-protocol.js';

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

/** Opens the threads; they are ready a moment later, and steps wait for them. */
export function openStepper(options: StepperOptions): Stepper {
  const threads = new Set<Thread<Ticket>>();
  const queue: Ticket[] = [];
  let isClosed = false;

  const next = (): void => {
    for (const thread of threads) {
      if (!thread.isReady || thread.ticket) continue;
      const ticket = queue.shift();
      if (!ticket) return;
      const order = orderFor(thread, ticket, options);
      watch(thread, ticket, events);
      if (order.xml === null) running(thread, wallMsOf(ticket, options), events);
      thread.worker.postMessage(order);
    }
  };
  const events: ThreadEvents<Ticket> = {
    answered(thread, answer) {
      if (answer.kind === 'running' && thread.ticket) {
        thread.known.set(thread.ticket.definition.id, true);
        return running(thread, wallMsOf(thread.ticket, options), events);
      }
      if (answer.kind === 'ready') thread.isReady = true;
      const ticket = release(thread);
      if (ticket) settleTicket(ticket, answer);
      next();
    },
    lost(thread, error) {
      if (!threads.delete(thread)) return;
      release(thread)?.reject(error);
      void thread.worker.terminate();
      if (isClosed) return;
      // a thread that cannot even begin would be replaced for ever: those who wait are told instead
      if (thread.isReady) threads.add(openThread(events));
      else for (const ticket of queue.splice(0)) ticket.reject(error);
    },
  };
  const fill = (): void => {
    while (threads.size < options.threads) threads.add(openThread(events));
  };
  fill();

  return {
    run(definition, input) {
      if (isClosed) return Promise.reject(new Error('the stepper is closed'));
      return new Promise((resolve, reject) => {
        queue.push({ definition, input, resolve, reject });
        fill();
        next();
        // an idle process may end; one that waits for its first thread may not
        for (const thread of threads) if (!thread.isReady) thread.worker.ref();
      });
    },
    async close() {
      isClosed = true;
      const closed = new Error('the stepper is closed');
      for (const ticket of queue.splice(0)) ticket.reject(closed);
      const ending = [...threads];
      for (const thread of ending) events.lost(thread, closed);
      await Promise.all(ending.map((thread) => thread.worker.terminate()));
    },
  };
}

const wallMsOf = (ticket: Ticket, options: StepperOptions): number => ticket.input.limits?.wallMs ?? options.wallMs;

function orderFor(thread: Thread<Ticket>, ticket: Ticket, options: StepperOptions): StepOrder {
  const { closedDays, ...input } = ticket.input;
  const { id, xml } = ticket.definition;
  return {
    definitionId: id, xml: thread.known.get(id) ? null : xml, closedDays,
    input: { ...input, limits: { wallMs: options.wallMs, ...input.limits } },
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
