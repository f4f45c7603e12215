// The outbox relay: what an action left to be done after its commit. The process that wrote a row usually does the work
// itself at once; whatever is still there a second later is done here, and only then marked as done.
import { carryOut, deliver } from '../src/actions/act.js';
import { relayOutbox, type OutboxWork } from '../src/actions/relay-outbox.js';
import type { System } from '../src/base/db.js';
import { errorFacts, errorLine } from '../src/base/error-facts.js';
import { reach } from '../src/base/fault-points.js';
import { Outage } from '../src/base/problem.js';
import type { Figures } from './figures.js';
import type { Lane, WorkerApp } from './lane.js';

const system: System = { kind: 'system', name: 'relay' };
const leaseMs = 60_000;

/** Kinds whose work stands in a table of its own, where another lane finds it: the row only says "now". */
const nudges = new Set(['job.run', 'timer.nudge', 'mail.send']);

const targets = { 'message.deliver': 'messageId', 'signal.deliver': 'signalId', 'processes.steer': 'businessKey', 'case.attend': 'businessKey' } as const;

const textOf = (work: OutboxWork, member: string): string => {
  const value = work.payload[member];
  if (typeof value !== 'string') throw new TypeError(`outbox ${work.id}: no ${member}`);
  return value;
};

async function relayOne(app: WorkerApp, work: OutboxWork): Promise<void> {
  const { kind } = work;
  if (kind !== 'message.deliver' && kind !== 'signal.deliver' && kind !== 'processes.steer' && kind !== 'case.attend') throw new TypeError(`outbox ${work.id}: nobody knows what ${kind} is`);
  const id = textOf(work, targets[kind]);
  await carryOut(app, await deliver(app, { kind, id, outboxId: BigInt(work.id) })); // settles the row in the same transaction
}

/** @param poke tells the other lanes to look now */
export function outboxLane(app: WorkerApp, figures: Figures, poke: () => void): Lane {
  return {
    name: 'outbox',
    queue: 'work',
    everyMs: 1_000,
    mostWaiting: 300,
    async find() {
      const claimed = await relayOutbox(app, system, { do: 'claim', leaseMs });
      const told = claimed.filter((work) => nudges.has(work.kind)).map((work) => work.id);
      if (told.length > 0) {
        await relayOutbox(app, system, { do: 'settle', ids: told });
        poke();
      }
      const rest = claimed.filter((work) => !nudges.has(work.kind));
      return { jobs: rest.map(({ id }) => ({ id: `outbox-${id}`, ids: [id] })), more: claimed.length >= 500 };
    },
    async run(ids) {
      let done = 0;
      for (const work of await relayOutbox(app, system, { do: 'read', ids })) {
        try {
          await relayOne(app, work);
          reach('afterOutboxDone', app.env);
          done += 1;
        } catch (error) {
          if (error instanceof Outage) throw error;
          figures.failures.inc({ lane: 'outbox' });
          app.log.error({ outboxId: work.id, kind: work.kind, error: errorFacts(error) }, 'outbox row failed');
          await relayOutbox(app, system, { do: 'rest', id: work.id, error: errorLine(error) });
        }
      }
      return done;
    },
  };
}
