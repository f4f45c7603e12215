// Coming to rest: what moves by itself after an action, until nothing does.
import { fireInclusiveJoin } from './inclusive.js';
import { attempt, type Run } from './run.js';
import { resolveParked } from './throws.js';
import { walk, type Walked } from './walk.js';

/** Lets conditional events look at their conditions again. */
export function lookAgain(run: Run): void {
  for (const leaf of walk(run.host, run.definition).leaves) {
    if (leaf.spec?.kind !== 'conditional' || run.host.isOver) continue;
    if (!walk(run.host, run.definition).alive.has(leaf.executionId)) continue;
    attempt(run, () => leaf.activity.getApi(leaf.message).signal({ look: true }));
    settle(run);
  }
}

/** Runs on until nothing moves by itself: tokens, then throws, then inclusive joins. */
export function settle(run: Run): Walked {
  const { host, definition } = run;
  for (;;) {
    attempt(run, () => {});
    if (host.isOver) return { leaves: [], scopes: [], alive: new Set(), standing: new Map() };
    const walked = walk(host, definition);
    if (host.parked.length > 0) {
      resolveParked(run, walked);
      continue;
    }
    let hasFired = false;
    attempt(run, () => {
      hasFired = walked.scopes.some((scope) => fireInclusiveJoin(host, scope));
    });
    if (!hasFired) return walked;
  }
}
