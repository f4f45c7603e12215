// A queue that was emptied, restarted without its data or replaced is filled again from Postgres. A mark is left in the
// queue; when it is gone, everything that was claimed and not yet done is set free and found again at the next tick.
import { beginAnnualRuns } from '../src/actions/begin-annual-runs.js';
import { releaseClaims } from '../src/actions/release-claims.js';
import { remindStaleResources } from '../src/actions/remind-stale-resources.js';
import { sweep } from '../src/actions/sweep.js';
import type { System } from '../src/base/db.js';
import type { Figures } from './figures.js';
import { loop, type Looping, type WorkerApp } from './lane.js';
import type { Queues } from './queues.js';

const system: System = { kind: 'system', name: 'reconcile' };

export function startReconcile(app: WorkerApp, queues: Queues, figures: Figures, everyMs: number, poke: () => void): Looping {
  return loop(app, 'reconcile', everyMs, figures, async () => {
    const found = await queues.look();
    if (found !== 'lost' && found !== 'new') return false;
    const released = await releaseClaims(app, system);
    if (found === 'lost') {
      figures.queueLost.inc();
      app.log.warn({ released }, 'the queue was empty: filled again from the database');
    }
    if (released > 0) poke();
    return false;
  });
}

/** Every ten minutes: what the year brings due, messages whose time is over, rows that have done their service, and entries of the directory that went stale. */
export function startSweep(app: WorkerApp, figures: Figures): Looping {
  return loop(app, 'sweep', 600_000, figures, async () => {
    await sweep(app, system);
    await remindStaleResources(app, system);
    for (const run of await beginAnnualRuns(app, system)) app.log.info({ run }, 'the year brings an evaluation');
    return false;
  });
}
