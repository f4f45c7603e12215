// Reads the house as data: every source file with its syntax tree, and where each import leads.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, type Module } from '@swc/core';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** As written. */
  specifier: string;
  /** Path from the root for our own files, null for packages. */
  file: string | null;
  names: string[];
  typeOnly: boolean;
}

export interface Source {
  /** From the root, with slashes. */
  path: string;
  text: string;
  module: Module;
  imports: Import[];
}

/** @param text TypeScript or JavaScript */
export function parseSource(path: string, text: string): Source {
  const module = parseSync(text.replace(/^#!.*/, ''), { syntax: 'typescript', target: 'es2022' });
  return { path, text, module, imports: importsOf(path, module) };
}

const notOurs = new Set(['node_modules', 'generated', 'data', 'dist', 'coverage']);

/** Every file below `folder` whose name `wanted` accepts; paths from the root. */
export function filesBelow(folder: string, wanted: (path: string) => boolean): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith('.') && entry.name !== '.ci') return [];
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : filesBelow(path, wanted);
    return wanted(path) ? [path] : [];
  });
}

/** All code of the house. */
export function readSources(): Source[] {
  return filesBelow('.', (path) => /\.(ts|mts|mjs)$/.test(path)).map((path) =>
    parseSource(path, readFileSync(join(root, path), 'utf8')),
  );
}

function importsOf(path: string, module: Module): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, names: string[], typeOnly: boolean): void => {
    found.push({ specifier, file: ownFile(path, specifier), names, typeOnly });
  };
  walk(module, (node) => {
    if (node.type === 'ImportDeclaration') {
      const specifiers = node['specifiers'] as Node[];
      const names = specifiers.map((s) => ((s['imported'] ?? s['local']) as Node)['value'] as string);
      const each = specifiers.length > 0 && specifiers.every((s) => s['isTypeOnly'] === true);
      add((node['source'] as Node)['value'] as string, names, node['typeOnly'] === true || each);
    } else if (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') {
      const source = node['source'] as Node | null;
      if (source) add(source['value'] as string, [], node['typeOnly'] === true);
    } else if (node.type === 'CallExpression' && (node['callee'] as Node).type === 'Import') {
      const [first] = node['arguments'] as { expression: Node }[];
      if (first?.expression.type === 'StringLiteral') add(first.expression['value'] as string, [], false);
    }
  });
  return found;
}

function ownFile(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  const path = relative('.', normalize(join(dirname(from), specifier))).split(sep).join('/');
  return path.replace(/\.js$/, '.ts');
}

export interface Node {
  type: string;
  span?: { start: number; end: number };
  [key: string]: unknown;
}

/** Calls `visit` for every node, parents first. `parents`: from the outermost inwards. */
export function walk(module: Module, visit: (node: Node, parents: readonly Node[]) => void): void {
  const parents: Node[] = [];
  const enter = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(enter);
    if (typeof value !== 'object' || value === null) return;
    const isNode = 'type' in value && typeof value.type === 'string';
    if (isNode) {
      visit(value as Node, parents);
      parents.push(value as Node);
    }
    for (const child of Object.values(value)) enter(child);
    if (isNode) parents.pop();
  };
  enter(module);
}

/** How many lines a node takes, and the line on which it begins (1 is the first). */
export function linesOf(source: Source, node: Node): { first: number; count: number } {
  const { start, end } = node.span ?? { start: 1, end: 1 };
  const first = lineAt(source, start - 1);
  return { first, count: lineAt(source, end - 1) - first + 1 };
}

/** Where the lines of each file end, in bytes, as the parser counts. */
const lineEnds = new WeakMap<Source, number[]>();

function lineAt(source: Source, offset: number): number {
  let ends = lineEnds.get(source);
  if (!ends) {
    ends = [...Buffer.from(source.text.replace(/^#!.*/, '')).entries()].flatMap(([at, byte]) => (byte === 10 ? [at] : []));
    lineEnds.set(source, ends);
  }
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}
