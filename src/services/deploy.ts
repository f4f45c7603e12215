// Diagrams from files into the running system, through the same action that the API calls.
import { deployDefinition } from '../actions/deploy-definition.js';
import { deployForm } from '../actions/deploy-form.js';
import type { App } from '../app.js';
import type { System } from '../base/db.js';
import { Problem, type PointedError } from '../base/problem.js';
import { readDiagrams, readStandingForms } from './process-folder.js';

export interface Deployed {
  /** Of the .bpmn file, or of a form. */
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
 * Deploys every diagram at or below each path, and the forms that may be filed at any time. Only what differs from the newest
 * version gets a new one (`once`: only what was never deployed); a refused one leaves the others.
 * @throws Outage; Error when a path holds neither diagram nor form
 */
export async function deployPaths(app: App, paths: readonly string[], { once = false } = {}): Promise<Deployed[]> {
  const done: Deployed[] = [];
  for (const path of paths) {
    const forms = readStandingForms(path);
    const diagrams = readDiagrams(path);
    if (forms.length + diagrams.length === 0) throw new Error(`${path}: no .bpmn file there`);
    for (const { path: file, key, schema } of forms) done.push(await tried(file, async () => ({ key: `様式 ${key}`, ...(await deployForm(app, deployer, { key, schema, once })) })));
    for (const { path: file, xml, forms: own } of diagrams) done.push(await tried(file, () => deployDefinition(app, deployer, { xml, forms: own, once })));
  }
  return done;
}

async function tried(path: string, deploy: () => Promise<Pick<Deployed, 'isNew'> & { key: string; version: number }>): Promise<Deployed> {
  try {
    const { key, version, isNew } = await deploy();
    return { path, key, version, isNew, refusals: [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const refusals = error.errors.length > 0 ? error.errors : [{ pointer: '', detail: error.message }];
    return { path, key: null, version: null, isNew: false, refusals };
  }
}
