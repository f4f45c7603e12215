// What earlier forms say, as it is laid into the form that somebody opens.
import type { App } from '../app.js';
import type { Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { carryFor, type Asker } from '../domain/records/carry.js';
import type { Said } from '../domain/records/unite.js';
import { carriedFields, recordOf, shownCarried } from '../engine/forms.js';

/** What agencies said about one field, for whoever writes to choose. */
export interface Differing {
  at: string;
  said: Said[];
}

export interface CarriedIntoForm {
  /** By key or path of the field. */
  carried: Record<string, Json>;
  /** Of fields that several agencies were asked: where they contradict one another, and what has no place in the form as it is carried (its field is hidden by another's answer). */
  differing: Differing[];
}

/** @param asker the task whose form it is; left out: filed without one */
export async function carryIntoForm(app: App, tx: Pick<Tx, 'db' | 'actor' | 'now'>, schema: Json, caseId: string | null, asker: Asker | null = null): Promise<CarriedIntoForm> {
  const { answers, ofAgencies } = await carryFor(tx, app.records, caseId, recordOf(schema), carriedFields(schema), asker);
  const carried = shownCarried(schema, answers);
  const differing = ofAgencies.filter(({ at, differs }) => differs || (Object.hasOwn(answers, at) && !Object.hasOwn(carried, at))).map(({ at, said }) => ({ at, said }));
  return { carried, differing };
}
