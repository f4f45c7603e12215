// Diagrams from files into the running system, through the same action that the API calls.
import { deployDefinition } from '../actions/deploy-definition.js';
import type { App } from '../app.js';
import type { System } from '../base/db.js';
import { Problem, type PointedError } from '../base/problem.js';
import { readDiagrams } from './process-folder.js';

export interface Deployed {
  /** Of the .bpmn file. */
  path: string;
  key: string | null;
  version: number | null;
  /** false: the same diagram with the same forms was there already. */
  isNew: boolean;
  /** Why it may not run; empty when it was deployed. */
  refusals: readonly PointedError[];
}

const deployer: System = { kind: 'system', name: 'deploy' };

/**
 * Deploys every diagram at or below each path. Only what differs from the newest version gets a new one (`once`: only what
 * was never deployed); a refused one leaves the others.
 * @throws Outage; Error when a path holds no diagram
 */
export async function deployPaths(app: App, paths: readonly string[], { once = false } = {}): Promise<Deployed[]> {
  const done: Deployed[] = [];
  for (const { path, xml, forms } of paths.flatMap(readDiagrams)) {
    try {
      const { key, version, isNew } = await deployDefinition(app, deployer, { xml, forms, once });
      done.push({ path, key, version, isNew, refusals: [] });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const refusals = error.errors.length > 0 ? error.errors : [{ pointer: '', detail: error.message }];
      done.push({ path, key: null, version: null, isNew: false, refusals });
    }
  }
  return done;
}
