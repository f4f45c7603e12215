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
 * @throws Error when there is none, or a form is not JSON
 */
export function readDiagrams(path: string): DiagramFile[] {
  const files = statSync(path).isDirectory() ? diagramsBelow(path) : [path];
  if (files.length === 0) throw new Error(`${path}: no .bpmn file there`);
  return files.map((file) => ({ path: file, xml: readFileSync(file, 'utf8'), forms: formsBeside(file) }));
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
  const folder = join(dirname(file), 'forms');
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
