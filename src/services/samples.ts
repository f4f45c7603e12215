// The sample answers beside each form (processes/<folder>/examples/<formKey>.json): invented, and valid as they are. Tests, the
// README's walk and the invented town start from them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/json.js';
import { validateAnswers } from '../engine/forms.js';

export type Answers = Record<string, Json>;

/** The sample answers of a form; nothing where it has none. `folder`: of the process, or `anytime`. */
export function readSample(processesDir: string, folder: string, formKey: string): Answers {
  const path = join(processesDir, folder, 'examples', `${formKey}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Answers) : {};
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

/** Answers less what they themselves hide. Other mistakes stay in them. */
export function dropHidden(schema: Json, said: Answers): Answers {
  let answers = said;
  for (let tries = 0; tries < 20; tries += 1) {
    const pointers = validateAnswers(schema, answers).errors.filter(({ detail }) => detail === hidden).map(({ pointer }) => pointer);
    if (pointers.length === 0) break;
    for (const pointer of pointers) answers = without(answers, pointer);
  }
  return answers;
}
