// The workers: start any number, in this process or in others. Each asks Postgres every second what is due, hands it to
// the queue, and does what it gets from there. None of them is special and none of them is needed by the others.
import { clockLane } from './clocks.js';
import { startDigest } from './digest.js';
import { openFigures, type Figures } from './figures.js';
import { startLane, type Lane, type WorkerApp } from './lane.js';
import { mailLane, openMailer, type SendMail } from './mail.js';
import { openQueues, queueNames, type QueueName } from './queues.js';
import { startReconcile, startSweep } from './reconcile.js';
import { outboxLane } from './relay.js';
import { domainLane, flowLane, noticeLane } from './timers.js';
import { jobLane } from './work.js';

export interface Workers {
  /** Look now: something has been committed. Never throws. */
  nudge(): void;
  figures: Figures;
  /** Finishes what is being done, gives back the rest, closes the queues. The app stays open. */
  stop(): Promise<void>;
}

export interface WorkersOptions {
  /** How often Postgres is asked, ms; default one second. */
  everyMs?: number;
  /** In place of the mail server of SMTP_URL. */
  sendMail?: SendMail;
}

const concurrency: Record<QueueName, number> = { notices: 2, timers: 4, work: 4, mail: 3 };

/** Starts a full set of workers. They need no queue to be up, and no database: they wait for both. */
export function startWorkers(app: WorkerApp, options: WorkersOptions = {}): Workers {
  const figures = openFigures();
  const queues = openQueues(app.env, app.log);
  const deaf = app.onCommit(() => pokeAll());
  const mailer = options.sendMail ? null : openMailer(app.env.SMTP_URL);
  const pokeAll = (): void => {
    for (const lane of lanes.values()) lane.poke();
  };
  const send = options.sendMail ?? mailer!.send;
  const drawn: Lane[] = [noticeLane(app, figures), flowLane(app), domainLane(app, figures), clockLane(app), outboxLane(app, figures, () => pokeAll()), jobLane(app), mailLane(app, send)];
  const lanes = new Map(drawn.map((lane) => [lane.name, startLane(app, { ...lane, everyMs: options.everyMs ?? lane.everyMs }, queues, figures)]));
  for (const name of queueNames) {
    queues.consume(name, concurrency[name], async (lane, ids) => {
      if (lane === 'nudge') pokeAll();
      else await lanes.get(lane)?.work(ids);
    });
  }
  const others = [
    startDigest(app, figures, options.everyMs ?? 60_000, () => lanes.get('mail')?.poke()),
    startReconcile(app, queues, figures, options.everyMs ?? 2_000, pokeAll),
    startSweep(app, figures),
  ];
  return {
    nudge: pokeAll,
    figures,
    async stop() {
      deaf();
      await Promise.all([...lanes.values(), ...others].map((running) => running.stop()));
      await queues.close();
      mailer?.close();
    },
  };
}
