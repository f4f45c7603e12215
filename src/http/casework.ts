// How what is written about a case is read: only by somebody who reaches it, and not without a line in the record of who looked.
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { readAs, type Person, type Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { mustReach, type Level } from '../domain/access.js';
import { caseIdOf } from '../domain/cases.js';

export interface CaseAsk {
  caseNo: string;
  level: Level;
  /** What is looked at: `records`, `plan`, `household`. */
  what: string;
}

/** @throws Problem not_found when the person does not reach the case that far; nothing is read then, and nothing without its audit line */
export async function readOfCase<T>(app: App, person: Person, ask: CaseAsk, work: (tx: Tx, caseId: string) => Promise<T>): Promise<T> {
  return readAs(app.db, person, async (tx) => {
    const caseId = await caseIdOf(tx, ask.caseNo);
    if (caseId === null) throw new Problem('not_found');
    const right = await mustReach(tx, person, caseId, ask.level);
    const value = await work(tx, caseId);
    await audit(tx, { action: 'casework.read', resourceType: ask.what, resourceId: caseId, basis: `access:${right.basis}`, outcome: 'done' });
    return value;
  });
}
