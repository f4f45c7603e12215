// Guards that read plain text: the city's name, hosts of package registries, and the tree in README.

export interface TextFile {
  path: string;
  text: string;
}

const cityNames = /門真|kadoma/i;

/** The city is data: another one must be able to use src/ and workers/ as they are. */
export function cityInCode(files: TextFile[]): string[] {
  return files
    .filter(({ path, text }) => /^(src|workers)\//.test(path) && cityNames.test(text))
    .map(({ path }) => `${path} names the city`);
}

// spelt in pieces, so that this file passes its own guard
const registries = [
  ['registry', 'npmjs'],
  ['registry', 'yarnpkg'],
  ['pypi', 'org'],
  ['deb', 'debian', 'org'],
  ['crates', 'io'],
  ['proxy', 'golang', 'org'],
  ['repo', 'maven'],
].map((parts) => parts.join('.'));

export function registryHosts(files: TextFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    registries.filter((host) => text.includes(host)).map((host) => `${path} names the package host ${host}`),
  );
}

/** The paths in README's tree: the block that begins with `README.md`, two spaces a level. */
export function treeInReadme(readme: string): string[] {
  const block = /```[a-z]*\n(README\.md[\s\S]*?)```/.exec(readme)?.[1];
  if (!block) return [];
  const parents: string[] = [];
  return block
    .trimEnd()
    .split('\n')
    .map((line) => {
      const depth = (/^ */.exec(line)?.[0].length ?? 0) / 2;
      const name = line.trim().split(/\s/)[0]!.replace(/\/$/, '');
      parents.length = depth;
      parents.push(name);
      return parents.join('/');
    });
}

/**
 * @param onDisk paths that README must name; it may name no other
 */
export function treeBreaches(readme: string, onDisk: string[]): string[] {
  const told = new Set(treeInReadme(readme));
  return [
    ...onDisk.filter((path) => !told.has(path)).map((path) => `README's tree does not have ${path}`),
    ...[...told].filter((path) => !onDisk.includes(path)).map((path) => `README's tree has ${path}: it is not there`),
  ];
}
