// Diagrams as files: processes/<folder>/<name>.bpmn with forms/<formKey>.json beside it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Json } from '../base/json.js';

export interface DiagramFile {
  /** Path of the .bpmn file. */
  path: string;
  xml: string;
  /** form key → form-js schema */
  forms: Record<string, Json>;
}

/**
 * Every diagram at or below `path` (a .bpmn file, one process's folder, or a folder of such folders), in order of name.
 * @throws Error when a form is not JSON
 */
export function readDiagrams(path: string): DiagramFile[] {
  const files = statSync(path).isDirectory() ? diagramsBelow(path) : [path];
  return files.map((file) => ({ path: file, xml: readFileSync(file, 'utf8'), forms: formsBeside(file) }));
}

export interface FormFile {
  path: string;
  key: string;
  schema: Json;
}

/** Forms in folders that hold no diagram (`processes/anytime/forms`): those that may be filed at any time. In order of path. */
export function readStandingForms(path: string): FormFile[] {
  if (!statSync(path).isDirectory()) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  const own = entries.some((entry) => entry.name.endsWith('.bpmn')) ? [] : Object.entries(formsIn(join(path, 'forms'))).map(([key, schema]) => ({ path: join(path, 'forms', `${key}.json`), key, schema }));
  const below = entries.filter((entry) => entry.isDirectory() && entry.name !== 'forms').map((entry) => join(path, entry.name));
  return [...own, ...below.toSorted().flatMap(readStandingForms)];
}

function diagramsBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return diagramsBelow(path);
    return entry.name.endsWith('.bpmn') ? [path] : [];
  });
}

function formsBeside(file: string): Record<string, Json> {
  return formsIn(join(dirname(file), 'forms'));
}

function formsIn(folder: string): Record<string, Json> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(names.sort().map((name) => [basename(name, '.json'), readForm(join(folder, name))]));
}

function readForm(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (cause) {
    throw new Error(`${path}: not JSON`, { cause });
  }
}
