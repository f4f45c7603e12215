// docs/GLOSSARY.md says of every word where it is in the code. A name that is nowhere any more makes it lie.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from './source.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Whether a name stands there as it is, not as a part of another. */
const isNamed = (text: string, name: string): boolean => new RegExp(`(?<![\\p{L}\\p{N}_])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}_])`, 'u').test(text);

/** Everything that a name may stand in, as one text. */
function whole(folder: string, but: RegExp): string {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (but.test(path)) return [];
      return entry.isDirectory() ? whole(path, but) : [path, read(path)];
    })
    .join('\n');
}

interface Word {
  japanese: string;
  /** What the code calls it. */
  called: string;
  places: string;
}

const words = read('docs/GLOSSARY.md').split('\n').filter((line) => /^\| (?!Japanese|Variable|---)/.test(line)).map((line): Word => {
  const cells = line.split('|').map((cell) => cell.trim());
  return { japanese: cells[1]!, called: cells.length === 6 ? cells[3]! : '', places: cells.length === 6 ? cells[4]! : `${cells[1]} ${cells[2]}` };
});

test('every word has its Japanese and a place', () => {
  expect(words.length).toBeGreaterThan(200);
  expect(words.filter(({ places }) => places === '' || places === '–').map(({ japanese }) => japanese)).toEqual([]);
  expect(words.map(({ japanese }) => japanese).filter((word, at, all) => all.indexOf(word) !== at)).toEqual([]);
});

test('what the code calls a word, it does call so', () => {
  const text = ['src', 'workers', 'processes', 'city', 'prisma/schema'].map((folder) => whole(folder, /generated|\.png$/)).join('\n');
  const nowhere = words.flatMap(({ japanese, called }) => [...called.matchAll(/`([^`]+)`/g)].map(([, name]) => name!).filter((name) => !isNamed(text, name)).map((name) => `${japanese}: ${name}`));
  expect(nowhere).toEqual([]);
});

test('every place is there: each path, each name', () => {
  const text = ['src', 'workers', 'processes', 'city', 'prisma/schema', 'prisma/migrations', 'docs/decisions'].map((folder) => whole(folder, /generated|\.png$/)).join('\n');
  const isThere = (name: string): boolean => {
    const path = name.replace(/:.*$/, '');
    if (/^(src|workers|processes|city|docs)\//.test(path)) return path.includes('*') || existsSync(join(root, path)) || existsSync(join(root, `${path}.ts`));
    const parts = name.replace(/^(GET|POST|PUT) /, '').split(/[\s="'…]+|<\w+>|(?<=[a-zA-Z])\.(?=[a-z<])/).filter(Boolean);
    return parts.every((part) => isNamed(text, part));
  };
  const missing = words.flatMap(({ japanese, places }) => [...places.matchAll(/`([^`]+)`/g)].map(([, name]) => name!).filter((name) => !isThere(name)).map((name) => `${japanese}: ${name}`));
  expect(missing).toEqual([]);
});

interface Field {
  properties?: Record<string, string>;
  values?: { value: unknown }[];
  components?: Field[];
}

test('every decision that a form hands to its process is there, with each form that sets it and each value, and no other', () => {
  const said = new Map(read('docs/GLOSSARY.md').split('\n').filter((line) => /^\| `/.test(line)).flatMap((line) => {
    const [, names = '', setBy = '', values = ''] = line.split('|').map((cell) => cell.trim());
    const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    return quoted(names).map((name) => [name, { setBy: quoted(setBy), values: quoted(values) }] as const);
  }));
  const set = new Map<string, { forms: Set<string>; values: Set<string> }>();
  const forms = readdirSync(join(root, 'processes'), { recursive: true, encoding: 'utf8' }).filter((path) => /\/forms\/\w+\.json$/.test(path));
  for (const path of forms) {
    const look = (fields: readonly Field[]): void => fields.forEach(({ properties, values, components }) => {
      const variable = properties?.['variable'];
      if (variable) {
        const one = set.get(variable) ?? { forms: new Set(), values: new Set() };
        set.set(variable, one);
        one.forms.add(path.replace(/^.*\/|\.json$/g, ''));
        for (const { value } of values ?? []) if (typeof value === 'string') one.values.add(value);
      }
      look(components ?? []);
    });
    look((JSON.parse(read(`processes/${path}`)) as { components: Field[] }).components);
  }
  expect(set.size).toBeGreaterThan(50);
  const keys = new Set(forms.map((path) => path.replace(/^.*\/|\.json$/g, '')));
  const wrong = [...set].flatMap(([variable, { forms: setting, values }]) => {
    const row = said.get(variable);
    if (!row) return [`${variable}: no row`];
    const closed = [...values].filter((value) => !value.startsWith('grp.'));
    return [
      ...[...setting].filter((form) => !row.setBy.includes(form)).map((form) => `${variable}: set by ${form}`), ...row.setBy.filter((form) => keys.has(form) && !setting.has(form)).map((form) => `${variable}: ${form} does not set it`),
      ...closed.filter((value) => !row.values.includes(value)).map((value) => `${variable}: ${value}`),
    ];
  });
  expect(wrong).toEqual([]);
});
