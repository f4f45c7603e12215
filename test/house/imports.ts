// Guards that read who imports whom. Each returns its breaches, one sentence each.
import type { Source } from './source.js';

/** What each floor may reach. Below `src/` unless it says otherwise. */
const floors: Record<string, readonly string[]> = {
  generated: [],
  base: ['generated'],
  engine: ['base', 'generated'],
  domain: ['base', 'generated'],
  handlers: ['domain', 'base', 'generated'],
  app: ['engine', 'handlers', 'domain', 'base', 'generated'],
  actions: ['app', 'engine', 'handlers', 'domain', 'base', 'generated'],
  http: ['actions', 'app', 'engine', 'handlers', 'domain', 'base', 'generated'],
  workers: ['actions', 'app', 'engine', 'handlers', 'domain', 'base', 'generated'],
  play: ['engine', 'handlers', 'domain', 'base', 'generated'],
  services: ['actions', 'app', 'engine', 'domain', 'base'],
};

/** The floor of a file: `src/http/tasks.ts` → http, `src/app.ts` → app; null: not part of the house proper. */
export function floorOf(path: string): string | null {
  const [top, second] = path.split('/');
  if (top === 'workers') return 'workers';
  if (top !== 'src' || !second) return null;
  return second.replace(/\.ts$/, '');
}

const entries = /^(main|main-.*)$/;

export function layerBreaches(sources: Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    const floor = floorOf(path);
    if (floor === null || entries.test(floor)) return [];
    const allowed = floors[floor];
    if (!allowed) return [`${path}: the floor "${floor}" has no place in the house`];
    return imports.flatMap(({ file }) => {
      if (file === null) return [];
      const target = floorOf(file);
      if (target === floor || (target !== null && allowed.includes(target))) return [];
      return [`${path} imports ${file}: ${floor} may not reach ${target ?? 'outside'}`];
    });
  });
}

export function transactOutsideActions(sources: Source[]): string[] {
  return sources
    .filter(({ path }) => floorOf(path) !== null && floorOf(path) !== 'actions')
    .filter(({ imports }) => imports.some((i) => i.file === 'src/base/db.ts' && i.names.includes('transact')))
    .map(({ path }) => `${path} imports transact(): only src/actions may`);
}

/** Packages that are spoken of in one place, so that another can take their part. */
const homes: Record<string, string> = {
  'bpmn-engine': 'src/engine/executor/',
  'bpmn-elements': 'src/engine/executor/',
  bullmq: 'workers/',
  nodemailer: 'workers/',
  express: 'src/http/',
  'smtp-server': 'src/services/',
};

export function strayPackages(sources: Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    if (floorOf(path) === null) return [];
    return imports.flatMap(({ specifier }) => {
      const home = homes[packageName(specifier)];
      return home && !path.startsWith(home) ? [`${path} imports ${specifier}: its home is ${home}`] : [];
    });
  });
}

function packageName(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Files that need each other to be loaded. Types alone do not count: they are gone at run time. */
export function circles(sources: Source[]): string[] {
  const edges = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.flatMap(({ file, typeOnly }) => (file && !typeOnly ? [file] : [])),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      found.push([...trail.slice(at), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}
