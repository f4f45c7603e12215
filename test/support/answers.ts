// Answers for the forms of the shipped diagrams: the sample beside each form (processes/<process>/examples/<formKey>.json), with
// what a test wants to say instead, and without what these answers hide.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateAnswers } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';

export type Answers = Record<string, Json>;

/** The sample answers of a form; nothing where it has none. `folder`: of the process, or `anytime`. */
export function sampleOf(folder: string, formKey: string): Answers {
  const path = join(root, 'processes', folder, 'examples', `${formKey}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Answers) : {};
}

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

const hidden = 'ほかの答えにより表示されない項目です。';

function without(answers: Answers, pointer: string): Answers {
  const [, first = '', ...rest] = pointer.split('/');
  const key = first.replaceAll('~1', '/').replaceAll('~0', '~');
  if (rest.length === 0) return Object.fromEntries(Object.entries(answers).filter(([name]) => name !== key));
  const inner = answers[key];
  if (Array.isArray(inner)) return { ...answers, [key]: inner.map((row, index) => (String(index) === rest[0] ? without(row as Answers, `/${rest.slice(1).join('/')}`) : row)) };
  return { ...answers, [key]: without(inner as Answers, `/${rest.join('/')}`) };
}

/** The sample with `said` instead, less what `said` hides. Other mistakes stay in it, for the test to meet. */
export function answersFor(folder: string, formKey: string, schema: Json, said: Answers): Answers {
  let answers: Answers = { ...sampleOf(folder, formKey), ...said };
  for (let tries = 0; tries < 20; tries += 1) {
    const pointers = validateAnswers(schema, answers).errors.filter(({ detail }) => detail === hidden).map(({ pointer }) => pointer);
    if (pointers.length === 0) break;
    for (const pointer of pointers) answers = without(answers, pointer);
  }
  return answers;
}
