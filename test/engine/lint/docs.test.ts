// Whoever is refused can read why: each rule has a page, each page a rule.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? filesOf(join(folder, entry.name)) : [join(folder, entry.name)]));

test('each rule has a page in docs/rules, and each page a rule', () => {
  const sources = [...filesOf('src/engine/lint'), ...filesOf('src/engine/verify'), ...filesOf('src/engine/forms'), 'src/engine/xml-guard.ts', 'src/actions/deploy-definition.ts', 'src/actions/deploy-form.ts'].map((path) => readFileSync(path, 'utf8')).join('\n');
  const named = new Set([...sources.matchAll(/(?:refuse\((?:check, )?(?:\[[^\]]*\]\.includes\(\w+\) \? )?|refusal\(|fail\(|rule: | : )'([a-z]+(?:-[a-z]+)+)'/g)].map((match) => match[1] as string));
  const pages = readdirSync('docs/rules').map((name) => name.replace(/\.md$/, ''));
  expect([...named].filter((rule) => !pages.includes(rule))).toEqual([]);
  expect(pages.filter((page) => !sources.includes(`'${page}'`))).toEqual([]);
});
