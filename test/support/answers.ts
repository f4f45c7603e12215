// Answers for the forms of the shipped diagrams: the sample beside each form (processes/<process>/examples/<formKey>.json), with
// what a test wants to say instead, and without what these answers hide.
import { join } from 'node:path';
import type { Json } from '../../src/engine/model.js';
import { dropHidden, readSample, type Answers } from '../../src/services/samples.js';
import { root } from '../house/source.js';

export type { Answers };

/** The sample answers of a form; nothing where it has none. `folder`: of the process, or `anytime`. */
export const sampleOf = (folder: string, formKey: string): Answers => readSample(join(root, 'processes'), folder, formKey);

interface Component {
  type: string;
  key?: string;
  components?: Component[];
  path?: string;
  readonly?: unknown;
}

/** Keys of the free text that lies at the top of a form. */
export function freeTexts(schema: Json): string[] {
  const keys = (components: readonly Component[]): string[] =>
    components.flatMap((one) => (one.type === 'textarea' && one.key ? [one.key] : one.type === 'group' && !one.path ? keys(one.components ?? []) : []));
  return keys((schema as unknown as { components: Component[] }).components);
}

/** The sample with `said` instead, less what `said` hides. Other mistakes stay in it, for the test to meet. */
export function answersFor(folder: string, formKey: string, schema: Json, said: Answers): Answers {
  return dropHidden(schema, { ...sampleOf(folder, formKey), ...said });
}
