// Guards that read the shape of each file. Each returns its breaches, one sentence each.
import { linesOf, walk, type Node, type Source } from './source.js';

export const maxFileLines = 400;
export const maxFunctionLines = 70;

export function longFiles(sources: Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const count = text.trimEnd().split('\n').length;
    return count > maxFileLines ? [`${path} has ${count} lines, more than ${maxFileLines}`] : [];
  });
}

const functions = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
]);

/** A function of a test file that holds whole tests is a heading, not a function. */
export function longFunctions(sources: Source[]): string[] {
  return sources.flatMap((source) => {
    const found: string[] = [];
    const headings = source.path.startsWith('test/') ? holdersOfTests(source) : new Set<Node>();
    walk(source.module, (node) => {
      if (!functions.has(node.type) || headings.has(node)) return;
      const { first, count } = linesOf(source, spanned(node));
      if (count <= maxFunctionLines) return;
      found.push(`${source.path}:${first} is a function of ${count} lines, more than ${maxFunctionLines}`);
    });
    return found;
  });
}

/** A method keeps its span on itself, a function expression of a declaration too. */
function spanned(node: Node): Node {
  return node.span ? node : ((node['function'] ?? node) as Node);
}

function holdersOfTests(source: Source): Set<Node> {
  const holders = new Set<Node>();
  walk(source.module, (node, parents) => {
    if (node.type !== 'CallExpression' || !/^(describe|test|it)$/.test(calledName(node))) return;
    for (const parent of parents) holders.add(parent);
  });
  return holders;
}

/** `test`, also of test.each(rows)('…') */
function calledName(node: Node): string {
  if (node.type === 'Identifier') return node['value'] as string;
  if (node.type === 'MemberExpression') return calledName(node['object'] as Node);
  return node.type === 'CallExpression' ? calledName(node['callee'] as Node) : '';
}

/** A file that only hands on what other files export. */
export function barrels(sources: Source[]): string[] {
  return sources.flatMap(({ path, module }) => {
    if (/(^|\/)index\.ts$/.test(path)) return [`${path}: files are named for what they hold`];
    const handsOn = module.body.filter(
      (node) =>
        node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && node.source !== null),
    );
    return module.body.length > 0 && handsOn.length === module.body.length
      ? [`${path} only re-exports`]
      : [];
  });
}

const configFiles = /^(prisma\.config\.ts|jest\.config\.mjs|test\/support\/global-(setup|teardown)\.mjs)$/;

export function defaultExports(sources: Source[]): string[] {
  return sources.flatMap(({ path, module }) => {
    const has = module.body.some((node) => node.type.startsWith('ExportDefault'));
    return has && !configFiles.test(path) ? [`${path} has a default export`] : [];
  });
}

/** Where settings may be read: base/env, and what runs before or beside the system. */
const envReaders = /^(src\/base\/env\.ts|prisma\.config\.ts|prisma\/migrate\.mjs|(test|scripts)\/.*)$/;

export function envReads(sources: Source[]): string[] {
  return sources.flatMap((source) => {
    if (envReaders.test(source.path)) return [];
    const found: string[] = [];
    walk(source.module, (node) => {
      const reads =
        (node.type === 'MemberExpression' && isName(node['object'], 'process') && isName(node['property'], 'env')) ||
        (node.type === 'VariableDeclarator' && isName(node['init'], 'process'));
      if (reads) found.push(`${source.path}:${linesOf(source, node).first} reads process.env`);
    });
    return found;
  });
}

function isName(node: unknown, name: string): boolean {
  return (node as Node | null)?.type === 'Identifier' && (node as Node)['value'] === name;
}

/** Who may ask what time it is (determinism.ts puts a clock of ours in its place). Everybody else is given a Clock or a Date. */
const clocks = /^(src\/base\/(clock|id)\.ts|src\/engine\/executor\/determinism\.ts|(test|bench|bin|scripts|prisma)\/.*)$/;

export function clockReads(sources: Source[]): string[] {
  return sources.flatMap((source) => {
    if (clocks.test(source.path)) return [];
    const found: string[] = [];
    walk(source.module, (node) => {
      const callee = node['callee'] as Node | undefined;
      const made =
        node.type === 'NewExpression' && isName(callee, 'Date') && !((node['arguments'] as unknown[])?.length > 0);
      const asked =
        node.type === 'MemberExpression' && isName(node['object'], 'Date') && isName(node['property'], 'now');
      if (made || asked) found.push(`${source.path}:${linesOf(source, node).first} asks the machine's clock`);
    });
    return found;
  });
}
