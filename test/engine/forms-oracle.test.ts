// form-js in a (simulated) browser is the judge: on random forms and answers the server says what it says.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { checkForm, validateAnswers } from '../../src/engine/forms.js';

interface Verdict {
  data: Record<string, unknown>;
  errors: Record<string, unknown>;
}

let child: ReturnType<typeof spawn>;
let lines: AsyncIterator<string>;

beforeAll(() => {
  child = spawn(process.execPath, ['test/engine/support/form-js.cjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
  lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
});
afterAll(() => {
  child.kill();
});

async function ask(schema: unknown, answers: unknown): Promise<Verdict> {
  child.stdin?.write(`${JSON.stringify({ schema, answers })}\n`);
  return JSON.parse((await lines.next()).value as string) as Verdict;
}

const options = ['a', 'b', 'c'].map((value) => ({ label: value, value }));
const text = fc.constantFrom('', 'a', 'ab1', 'あいう', 'あいうえおかきくけこ', '0123', 'x@example.jp', ' a ');
const required = fc.option(fc.boolean(), { nil: undefined });

/** A field without a key and the answers it may meet: of the right type, so that form-js has a verdict and does not just empty them. */
const fields = {
  textfield: fc.record({ required, minLength: fc.constantFrom(undefined, 2), maxLength: fc.constantFrom(undefined, 5), pattern: fc.constantFrom(undefined, '^[a-z0-9]+$'), validationType: fc.constantFrom(undefined, 'email') }),
  textarea: fc.record({ required, maxLength: fc.constantFrom(undefined, 4) }),
  number: fc.record({ required, min: fc.constantFrom(undefined, 0, 5), max: fc.constantFrom(undefined, 5, 8) }),
  select: fc.record({ required }), radio: fc.record({ required }), checkbox: fc.record({ required }),
  checklist: fc.record({ required }), taglist: fc.record({ required }), datetime: fc.record({ required }),
};
const answersOf: Record<string, fc.Arbitrary<unknown>> = {
  textfield: text, textarea: text,
  number: fc.constantFrom(-1, 0, 3, 5, 7, 9, 2.5, null),
  select: fc.constantFrom('a', 'b', null), radio: fc.constantFrom('a', 'c', null), checkbox: fc.boolean(),
  checklist: fc.subarray(['a', 'b', 'c']), taglist: fc.subarray(['a', 'b']),
  datetime: fc.constantFrom('2026-11-23', '2024-02-29', null),
};

const drop = (rules: object): object => Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
const fieldOf = (key: string): fc.Arbitrary<{ component: Record<string, unknown>; answer: unknown }> =>
  fc.constantFrom(...(Object.keys(fields) as (keyof typeof fields)[])).chain((type) =>
    fc.record({ validate: fields[type], answer: fc.option(answersOf[type] as fc.Arbitrary<unknown>, { nil: undefined }), digits: fc.constantFrom(undefined, 0), hide: fc.constantFrom(undefined, undefined, '=gate = "a"', '=gate != "a"') }).map(({ validate, answer, digits, hide }) => ({
      component: {
        id: `f_${key}`, key, type, label: key, validate: drop(validate),
        ...(['select', 'radio', 'checklist', 'taglist'].includes(type) ? { values: options } : {}),
        ...(type === 'datetime' ? { subtype: 'date', dateLabel: 'x' } : {}),
        ...(type === 'number' && digits !== undefined ? { decimalDigits: digits } : {}),
        ...(hide ? { conditional: { hide } } : {}),
      },
      answer,
    })));

const example = fc.record({ gate: fc.constantFrom('a', 'b', undefined), fields: fc.tuple(fieldOf('x'), fieldOf('y'), fieldOf('z')), rows: fc.array(fieldOf('r').map(({ answer }) => answer), { maxLength: 3 }), row: fieldOf('r') });

test('on random forms and answers the server and form-js accept and refuse the same fields', async () => {
  await fc.assert(
    fc.asyncProperty(example, async ({ gate, fields: [x, y, z], row, rows }) => {
      const list = { id: 'rows', type: 'dynamiclist', path: 'rows', isRepeating: true, components: [{ ...row.component, conditional: undefined }] };
      const schema = JSON.parse(JSON.stringify({
        type: 'default',
        components: [{ id: 'gate', key: 'gate', type: 'select', label: 'gate', values: options }, x.component, { id: 'g', type: 'group', label: 'g', components: [y.component] }, { id: 'h', type: 'group', label: 'h', path: 'inner', components: [z.component] }, list],
      }));
      expect(checkForm('random', schema)).toEqual([]);
      const hidden = (component: Record<string, unknown>): boolean => {
        const hide = (component['conditional'] as { hide?: string } | undefined)?.hide;
        return hide !== undefined && (hide.includes('!=') ? gate !== 'a' : gate === 'a');
      };
      const given = (field: { component: Record<string, unknown>; answer: unknown }): unknown => (hidden(field.component) ? undefined : field.answer);
      // a row's answer is drawn for the type of the row's own field: only such rows are sent
      const answers = JSON.parse(JSON.stringify({ gate, x: given(x), y: given(y), inner: { z: given(z) }, rows: rows.map(() => ({ r: row.answer })) }));
      const theirs = await ask(schema, answers);
      const ours = validateAnswers(schema, answers);
      const ids: Record<string, string> = { '/x': 'f_x', '/y': 'f_y', '/inner/z': 'f_z' };
      const ourIds = new Set(ours.errors.map(({ pointer }) => ids[pointer] ?? (pointer.startsWith('/rows/') ? 'f_r' : pointer)));
      expect([...ourIds].sort()).toEqual(Object.keys(theirs.errors).sort());
      if (ours.errors.length === 0) expect(prune(ours.data)).toEqual(prune(theirs.data));
    }),
    { numRuns: 150, seed: 20261123 },
  );
}, 120_000);

/** form-js leaves out what is hidden in its own way: containers without content are the same as none. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((inner) => prune(inner) ?? {});
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, prune(inner)] as const).filter(([, inner]) => inner !== undefined && !(Array.isArray(inner) && inner.length === 0));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
