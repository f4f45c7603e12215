// What deploying a diagram would do to what runs, told before it is done: which steps come, go or get another deadline, inbox or form,
// and how much is under way on the versions before, which runs out on them. Counts by step, never what any of it is about.
import type { Tx } from '../base/db.js';
import { canonicalJson } from '../base/json.js';
import type { Definition } from './definitions.js';
import type { Compiled, ElementInfo, Json } from './model.js';

export type Difference = 'added' | 'removed' | 'changed' | 'same';

export interface ElementDifference {
  elementId: string;
  type: string;
  name: string | null;
  change: Difference;
  /** What is written otherwise: `dueIn`, `candidateGroups`, `timer`, …; null where it is not written. */
  fields: { field: string; from: string | null; to: string | null }[];
  /** Open tasks at this step, over all versions: they keep what their version says. */
  openTasks: number;
}

export interface DeployEffect {
  /** The newest version as it stands; null: there is none. */
  version: number | null;
  /** Instances under way, by the version on which they run out. */
  running: { version: number; instances: number }[];
  /** Elements that differ, and steps at which tasks are open. */
  elements: ElementDifference[];
  forms: { formKey: string; change: Exclude<Difference, 'same'> }[];
  /** false: the very same diagram (also its conditions and its drawing). */
  diagramChanged: boolean;
}

const factsOf = (one: ElementInfo): ReadonlyMap<string, string> =>
  new Map(
    Object.entries({
      type: one.type, name: one.name, lane: one.lane, formKey: one.formKey, candidateGroups: one.candidateGroups, handler: one.handler, calledElement: one.calledElement, eventName: one.eventName, attachedTo: one.attachedToId, within: one.parentId,
      interrupts: one.cancelActivity === null ? null : String(one.cancelActivity), timer: one.timer && `${one.timer.kind} ${one.timer.value}`, goesTo: one.outgoing.map(({ targetId }) => targetId).toSorted().join(' ') || null, ...one.properties,
    }).filter((entry): entry is [string, string] => entry[1] !== null),
  );

function differenceOf(before: ElementInfo | undefined, after: ElementInfo | undefined, openTasks: number): ElementDifference {
  const { id: elementId, type, name } = (after ?? before)!;
  if (!before || !after) return { elementId, type, name, change: before ? 'removed' : 'added', fields: [], openTasks };
  const [was, is] = [factsOf(before), factsOf(after)];
  const fields = [...new Set([...was.keys(), ...is.keys()])].filter((field) => was.get(field) !== is.get(field)).map((field) => ({ field, from: was.get(field) ?? null, to: is.get(field) ?? null }));
  return { elementId, type, name, change: fields.length > 0 ? 'changed' : 'same', fields, openTasks };
}

/** Of forms by key, which come, go or are other than before. */
export function formDifferences(before: ReadonlyMap<string, Json>, after: ReadonlyMap<string, Json>): DeployEffect['forms'] {
  const differences: DeployEffect['forms'] = [];
  for (const formKey of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(formKey), after.get(formKey)];
    if (was === undefined || is === undefined) differences.push({ formKey, change: was === undefined ? 'added' : 'removed' });
    else if (canonicalJson(was) !== canonicalJson(is)) differences.push({ formKey, change: 'changed' });
  }
  return differences;
}

/** What this checked diagram would change; `before`: the newest version. */
export async function effectOf(tx: Tx, before: Definition | null, after: { compiled: Compiled; xml: string; forms: Readonly<Record<string, Json>> }): Promise<DeployEffect> {
  const key = after.compiled.processId;
  const running = await tx.db.$queryRawUnsafe<{ version: number; instances: number }[]>(
    `select d.version, count(*)::int as instances from process_instance i join process_definition d on d.id = i.definition_id where d.key = $1 and i.status in ('active', 'suspended') group by d.version order by d.version`,
    key,
  );
  const tasks = await tx.db.$queryRawUnsafe<{ elementId: string; open: number }[]>(
    `select t.element_id as "elementId", count(*)::int as open from task t join process_definition d on d.id = t.definition_id where d.key = $1 and t.status = 'open' group by t.element_id`,
    key,
  );
  const open = new Map(tasks.map(({ elementId, open: count }) => [elementId, count]));
  const [was, is] = [before?.compiled.elements ?? new Map<string, ElementInfo>(), after.compiled.elements];
  const elements = [...new Set([...is.keys(), ...was.keys()])].map((id) => differenceOf(was.get(id), is.get(id), open.get(id) ?? 0));
  return {
    version: before?.version ?? null,
    running,
    elements: elements.filter(({ change, openTasks }) => change !== 'same' || openTasks > 0),
    forms: formDifferences(new Map([...(before?.forms ?? [])].map(([formKey, { schema }]) => [formKey, schema])), new Map(Object.entries(after.forms))),
    diagramChanged: before?.xml !== after.xml,
  };
}
