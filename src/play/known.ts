// What a diagram may name when it is played from its file: the handlers of this house, the forms beside it and in processes/, the
// city's groups.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Known } from '../engine/lint/support/diagram.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

function readForms(folder: string, into: Map<string, unknown>): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const key = name.replace(/\.json$/, '');
    if (key === name || into.has(key)) continue;
    try {
      into.set(key, JSON.parse(readFileSync(join(folder, name), 'utf8')));
    } catch {
      // a form that is no JSON is refused as such by its check
      into.set(key, null);
    }
  }
}

function readGroups(): ReadonlySet<string> {
  const path = join(root, 'city', 'groups.json');
  if (!existsSync(path)) return new Set();
  const { groups } = JSON.parse(readFileSync(path, 'utf8')) as { groups?: { key: string }[] };
  return new Set((groups ?? []).map(({ key }) => key));
}

const nothing: Known = { handlers: new Set(), forms: new Map(), groups: () => false };

/** A lenient run asks for nothing, so nothing is loaded. */
export async function knownFor(file: string, lenient: boolean): Promise<Known> {
  if (lenient) return nothing;
  const forms = new Map<string, unknown>();
  readForms(join(dirname(file), 'forms'), forms);
  const processes = join(root, 'processes');
  if (existsSync(processes)) for (const name of readdirSync(processes)) readForms(join(processes, name, 'forms'), forms);
  const groups = readGroups();
  const { openHandlers } = await import('../handlers/registry.js');
  return { handlers: new Set(openHandlers().keys()), forms, groups: (key) => groups.has(key) };
}
