// The rules of the house (README, "Where to add things"), read from the code itself. Each guard is also shown one file
// that breaks its rule, so that none of them can fall asleep.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { circles, layerBreaches, strayPackages, transactOutsideActions } from './house/imports.js';
import { barrels, clockReads, defaultExports, envReads, longFiles, longFunctions } from './house/shape.js';
import { filesBelow, parseSource, readSources, root, type Source } from './house/source.js';
import { cityInCode, registryHosts, treeBreaches, type TextFile } from './house/text.js';

const lines = (count: number): string => 'f();\n'.repeat(count);

interface Rule {
  rule: string;
  guard: (sources: Source[]) => string[];
  /** path → text of files that break it */
  broken: Record<string, string>;
}

const rules: Rule[] = [
  {
    rule: 'imports only go downwards',
    guard: layerBreaches,
    broken: { 'src/engine/a.ts': `import { x } from '../domain/cases.js';` },
  },
  {
    rule: 'a new floor needs a place in the house first',
    guard: layerBreaches,
    broken: { 'src/helpers/a.ts': 'f();' },
  },
  {
    rule: 'types too are imported only downwards',
    guard: layerBreaches,
    broken: { 'src/base/a.ts': `import type { App } from '../app.js';` },
  },
  {
    rule: 'only actions open a transaction',
    guard: transactOutsideActions,
    broken: { 'src/http/a.ts': `import { readAs, transact } from '../base/db.js';` },
  },
  {
    rule: 'a package with a home stays in it',
    guard: strayPackages,
    broken: { 'src/http/a.ts': `import { Queue } from 'bullmq';` },
  },
  {
    rule: 'no two files need each other',
    guard: circles,
    broken: {
      'src/base/a.ts': `import { b } from './b.js'; b();`,
      'src/base/b.ts': `import { a } from './a.js'; a();`,
    },
  },
  { rule: 'no file is longer than 400 lines', guard: longFiles, broken: { 'src/base/a.ts': lines(401) } },
  {
    rule: 'no function is longer than 70 lines',
    guard: longFunctions,
    broken: { 'src/base/a.ts': `// 日本語\nexport const a = () => {\n${lines(69)}};\n` },
  },
  {
    rule: 'no method is longer than 70 lines',
    guard: longFunctions,
    broken: { 'src/base/a.ts': `class A {\n m() {\n${lines(69)} }\n}\n` },
  },
  {
    rule: 'no file only hands on what others export',
    guard: barrels,
    broken: { 'src/base/all.ts': `export * from './a.js';\nexport { b } from './b.js';` },
  },
  { rule: 'no file is called index', guard: barrels, broken: { 'src/base/index.ts': 'f();' } },
  {
    rule: 'what is exported has a name',
    guard: defaultExports,
    broken: { 'src/base/a.ts': 'export default function a() {}' },
  },
  {
    rule: 'settings are read in one file',
    guard: envReads,
    broken: { 'src/http/a.ts': 'const port = process.env.PORT;' },
  },
  {
    rule: 'settings are not read by the back door either',
    guard: envReads,
    broken: { 'src/http/a.ts': 'const { env } = process;' },
  },
  {
    rule: 'nobody makes up the time',
    guard: clockReads,
    broken: { 'src/domain/a.ts': 'export const at = new Date();' },
  },
  {
    rule: 'nobody asks the machine for the time',
    guard: clockReads,
    broken: { 'workers/a.ts': 'export const at = Date.now();' },
  },
];

const textRules: { rule: string; guard: (files: TextFile[]) => string[]; broken: TextFile }[] = [
  {
    rule: 'the name of the city stands nowhere in the code',
    guard: cityInCode,
    broken: { path: 'src/http/a.ts', text: '// 門真市' },
  },
  {
    rule: 'no file names the host of a package registry',
    guard: registryHosts,
    broken: { path: 'README.md', text: `https://${['registry', 'npmjs', 'org'].join('.')}/x` },
  },
];

describe('the rules of the house', () => {
  const sources = readSources();

  test.each(rules)('$rule', ({ guard, broken }) => {
    const fixture = Object.entries(broken).map(([path, text]) => parseSource(path, text));
    expect(guard(fixture)).not.toEqual([]);
    expect(guard(sources)).toEqual([]);
  });

  test('every file that is checked is one of ours', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter(({ path }) => /node_modules|generated/.test(path))).toEqual([]);
  });
});

describe('the words of the house', () => {
  const readable = /\.(ts|mjs|json|md|sql|prisma|ya?ml|bpmn|html|toml)$|^(bin|\.ci)\/|(^|\/)Dockerfile$/;
  const files = filesBelow('.', (path) => readable.test(path)).map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }));

  test.each(textRules)('$rule', ({ guard, broken }) => {
    expect(guard([broken])).not.toEqual([]);
    expect(guard(files)).toEqual([]);
  });

  test("README's tree is the tree on disk", () => {
    const small = '```\nREADME.md\nsrc/   code\n  base/  floor\n```';
    expect(treeBreaches(small, ['README.md', 'src', 'src/base'])).toEqual([]);
    expect(treeBreaches(small, ['README.md', 'src'])).toHaveLength(1);
    expect(treeBreaches(small, ['README.md', 'src', 'src/base', 'web'])).toHaveLength(1);
    expect(treeBreaches(readFileSync(join(root, 'README.md'), 'utf8'), treeOnDisk())).toEqual([]);
  });
});

/** Top-level files and folders without a leading dot, and the folders of src/. */
function treeOnDisk(): string[] {
  const unseen = new Set(['node_modules', 'data', 'dist', 'coverage', 'tmp', 'package-lock.json']);
  const top = readdirSync(root).filter((name) => !name.startsWith('.') && !unseen.has(name) && !name.endsWith('.log'));
  const floors = readdirSync(join(root, 'src')).filter((name) => name !== 'generated');
  return [...top, ...floors.map((name) => `src/${name}`)].filter((path) => statSync(join(root, path)));
}
