// docs/GLOSSARY.md says of every word where it is in the code. A name that is nowhere any more makes it lie.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { root } from './source.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

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
  places: string;
}

const words = read('docs/GLOSSARY.md').split('\n').filter((line) => /^\| (?!Japanese|Variable|---)/.test(line)).map((line): Word => {
  const cells = line.split('|').map((cell) => cell.trim());
  return { japanese: cells[1]!, places: cells.length === 6 ? cells[4]! : `${cells[1]} ${cells[2]}` };
});

test('every word has its Japanese and a place', () => {
  expect(words.length).toBeGreaterThan(200);
  expect(words.filter(({ places }) => places === '' || places === '–').map(({ japanese }) => japanese)).toEqual([]);
  expect(words.map(({ japanese }) => japanese).filter((word, at, all) => all.indexOf(word) !== at)).toEqual([]);
});

test('every place is there: each path, each name', () => {
  const text = ['src', 'workers', 'processes', 'city', 'prisma/schema', 'prisma/migrations', 'docs/decisions'].map((folder) => whole(folder, /generated|\.png$/)).join('\n');
  const isThere = (name: string): boolean => {
    const path = name.replace(/:.*$/, '');
    if (/^(src|workers|processes|city|docs)\//.test(path)) return path.includes('*') || existsSync(join(root, path)) || existsSync(join(root, `${path}.ts`));
    const parts = name.replace(/^(GET|POST|PUT) /, '').split(/[\s="'…]+|<\w+>|(?<=[a-zA-Z])\.(?=[a-z<])/).filter(Boolean);
    return parts.every((part) => text.includes(part));
  };
  const missing = words.flatMap(({ japanese, places }) => [...places.matchAll(/`([^`]+)`/g)].map(([, name]) => name!).filter((name) => !isThere(name)).map((name) => `${japanese}: ${name}`));
  expect(missing).toEqual([]);
});
