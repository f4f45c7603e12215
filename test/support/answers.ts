// Answers for the forms of the shipped diagrams: the sample beside each form (processes/<process>/examples/<formKey>.json), with
// what a test wants to say instead, and without what these answers hide.
import { join } from 'node:path';
import { rangeOf, readDate } from '../../src/base/wareki.js';
import { happenedIn, whyAhead } from '../../src/domain/records/happened.js';
import { openRecords } from '../../src/domain/records/registry.js';
import { recordOf } from '../../src/engine/forms.js';
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

const records = openRecords();

function isWithin(value: Json | undefined, first: string, last: string): boolean {
  const day = typeof value === 'string' ? readDate(value) : null;
  return day !== null && rangeOf(day).first >= first && rangeOf(day).last <= last;
}

/** Days on which an outreach goes on: from today on, and not longer than the city lets pass. */
const aheadIn: Readonly<Record<string, readonly string[]>> = { 'F06.plan': ['nextContactOn', 'reviewOn'], 'F06.visit': ['nextActionDue'], 'F06.contact': ['nextActionDue'] };

/**
 * The samples tell of days to come: what somebody says by then to have happened later, happened then; and a day on which something goes on
 * that has passed by then, or lies too far ahead, is that day.
 */
export function untilThen(schema: Json, answers: Answers, then: Date, said: Answers = {}): Answers {
  const japan = new Date(then.getTime() + 9 * 3_600_000).toISOString();
  const today = japan.slice(0, 10);
  const moved = (value: Json | undefined, [first, ...rest]: string[]): Json | undefined => {
    if (first === undefined) return typeof value !== 'string' || whyAhead(value, today, then) === null ? value : value.includes('T') ? `${japan.slice(0, 16)}+09:00` : today;
    if (Array.isArray(value)) return value.map((row) => moved(row, [first, ...rest]) as Json);
    if (value === null || typeof value !== 'object') return value;
    const key = first.replace('[]', '');
    return key in value ? { ...value, [key]: moved(value[key], rest) as Json } : value;
  };
  const record = recordOf(schema) ?? '';
  const latest = new Date(then.getTime() + 28 * 86_400_000 + 9 * 3_600_000).toISOString().slice(0, 10);
  const goesOn = (aheadIn[record] ?? []).filter((key) => answers[key] !== undefined && !isWithin(answers[key], today, latest));
  return happenedIn(records.get(record), { ...answers, ...said }).reduce<Answers>((now, path) => moved(now, path.split('.')) as Answers, { ...answers, ...Object.fromEntries(goesOn.map((key) => [key, today])) });
}

/** The sample with `said` instead, less what `said` hides. Other mistakes stay in it, for the test to meet. `then`: when it is filed. */
export function answersFor(folder: string, formKey: string, schema: Json, said: Answers, then?: Date): Answers {
  const sample = sampleOf(folder, formKey);
  return dropHidden(schema, { ...(then ? untilThen(schema, sample, then, said) : sample), ...said });
}
