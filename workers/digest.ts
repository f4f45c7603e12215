import { queueDigest } from '../src/actions/queue-digest.js';
import type { System } from '../src/base/db.js';
import type { Figures } from './figures.js';
import { loop, type Looping, type WorkerApp } from './lane.js';

const system: System = { kind: 'system', name: 'digest' };

/** Writes the morning's digests once their time has come; every worker asks each minute, the database lets one win. */
export function startDigest(app: WorkerApp, figures: Figures, everyMs: number, poke: () => void): Looping {
  return loop(app, 'digest', everyMs, figures, async () => {
    const written = await queueDigest(app, system);
    if (written === 0) return false;
    figures.done.inc({ lane: 'digest' }, written);
    app.log.info({ written }, 'digests written');
    poke();
    return false;
  });
}
