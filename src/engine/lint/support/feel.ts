// What can be said of a FEEL expression before it is ever evaluated: does it parse, and can it run away? feelin has no
// limit of its own (a range of 2,000,000 takes 0.75 s, one hostile pattern 39 s), so what cannot be bounded is refused.
import { evaluate, parseExpression, parseUnaryTests } from 'feelin';
import { patternProblem } from './pattern.js';

export interface FeelProblem {
  rule: 'feel-syntax' | 'feel-runaway';
  message: string;
}

type Tree = ReturnType<typeof parseExpression>;
type Node = Tree['topNode'];

const maxLength = 4000;
const maxDepth = 60;
const maxIterations = 10_000;
const maxNestedLoops = 3;
/** Longest text that a pattern in a process expression is allowed to meet: variables hold ids and decisions. */
const longestText = 1000;
/** Position of the pattern among the arguments. */
const patternFunctions = new Map([['matches', 1], ['replace', 1], ['split', 1]]);
/** Functions that the engine adds to FEEL's own. */
const ownFunctions = new Set(['businessDays']);

const syntax = (message: string): FeelProblem => ({ rule: 'feel-syntax', message });
const runaway = (message: string): FeelProblem => ({ rule: 'feel-runaway', message });

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

/** How deep the reader's brackets go; the parser and the interpreter are recursive. */
function bracketDepth(source: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of source) {
    if ('([{'.includes(char)) deepest = Math.max(deepest, (depth += 1));
    else if (')]}'.includes(char)) depth -= 1;
  }
  return deepest;
}

const knownFunctions = new Map<string, boolean>();

/** Whether feelin (or the engine) offers a function of this name. */
function isKnownFunction(name: string): boolean {
  if (ownFunctions.has(name)) return true;
  let known = knownFunctions.get(name);
  if (known === undefined) {
    if (!/^[a-z][a-z ]*$/i.test(name) || name.length > 40) return false;
    try {
      known = !evaluate(`${name}()`, {}).warnings.some((warning) => warning.type === 'NO_FUNCTION_FOUND' || warning.type === 'NO_VARIABLE_FOUND');
    } catch {
      known = false;
    }
    if (knownFunctions.size < 1000) knownFunctions.set(name, known);
  }
  return known;
}

interface Walk {
  source: string;
  problems: FeelProblem[];
  textOf(node: Node): string;
}

/** Iterations of one `in` clause: a literal range has a length, a list is as long as the variables make it. */
function rangeLength(walk: Walk, clause: Node): number | 'list' | 'unknown' {
  const range = clause.getChild('Interval') ?? (childrenOf(clause).some((child) => child.name === '..') ? clause : null);
  const nested = clause.getChild('SimplePositiveUnaryTest')?.getChild('Interval') ?? range;
  if (!nested) return 'list';
  const ends = childrenOf(nested).filter((child) => !['..', '[', ']', '(', ')'].includes(child.name));
  const numbers = ends.map((end) => (/^-?[\d.]+$/.test(walk.textOf(end)) ? Number(walk.textOf(end)) : null));
  const [low, high] = numbers;
  if (low != null && high != null) return Math.abs(high - low) + 1;
  // up to count(list): as long as the list itself
  return ends.every((end) => /^(?:-?[\d.]+|count\s*\([^()]*\))$/.test(walk.textOf(end))) ? 'list' : 'unknown';
}

function checkLoop(walk: Walk, node: Node, outer: { iterations: number; depth: number }): { iterations: number; depth: number } {
  let { iterations, depth } = outer;
  for (const clause of node.getChild('InExpressions')?.getChildren('InExpression') ?? []) {
    depth += 1;
    const context = clause.getChild('IterationContext');
    const length = context ? rangeLength(walk, context) : 'list';
    if (length === 'unknown') walk.problems.push(runaway(`範囲の端は数字か count(…) にしてください: ${walk.textOf(clause)}`));
    else if (length !== 'list') iterations *= length;
  }
  if (iterations > maxIterations) walk.problems.push(runaway(`繰り返しが ${maxIterations} 回を超えます`));
  if (depth > maxNestedLoops) walk.problems.push(runaway(`繰り返しの入れ子は ${maxNestedLoops} 段までです`));
  return { iterations, depth };
}

function argumentsOf(walk: Walk, call: Node): { name: string | null; value: Node }[] {
  const named = call.getChild('NamedParameters');
  if (named) {
    return named.getChildren('NamedParameter').map((parameter) => ({
      name: walk.textOf(parameter.firstChild as Node).trim(),
      value: parameter.lastChild as Node,
    }));
  }
  const positional = call.getChild('PositionalParameters');
  return positional ? childrenOf(positional).map((value) => ({ name: null, value })) : [];
}

function checkPattern(walk: Walk, call: Node, name: string, position: number): void {
  const given = argumentsOf(walk, call);
  const pattern = given.find((argument) => argument.name === 'pattern' || argument.name === 'delimiter')?.value ?? (given[0]?.name ? undefined : given[position]?.value);
  if (!pattern) return;
  if (pattern.name !== 'StringLiteral') {
    walk.problems.push(runaway(`${name} の正規表現は、その場に書いた文字列だけが使えます`));
    return;
  }
  const text = walk.textOf(pattern).slice(1, -1).replace(/\\\\/g, '\\');
  const problem = patternProblem(text, longestText);
  if (problem) walk.problems.push(runaway(`${name}: ${problem}`));
}

function checkCall(walk: Walk, call: Node): void {
  const callee = call.firstChild as Node;
  const name = walk.textOf(callee).trim();
  if (callee.name !== 'VariableName') {
    walk.problems.push(syntax(`関数は名前で呼んでください: ${walk.textOf(call)}`));
    return;
  }
  const position = patternFunctions.get(name);
  if (position !== undefined) checkPattern(walk, call, name, position);
  else if (!isKnownFunction(name)) walk.problems.push(syntax(`関数 ${name} はありません`));
}

/** A function may be written only as the ordering of `sort`, and may call nothing that it was handed. */
function checkFunction(walk: Walk, node: Node): void {
  const call = node.parent?.parent;
  const isOrdering = call?.name === 'FunctionInvocation' && walk.textOf(call.firstChild as Node).trim() === 'sort';
  if (!isOrdering || /\bexternal\b/.test(walk.textOf(node))) walk.problems.push(runaway('関数の定義は sort の並べ方にだけ書けます'));
}

function visit(walk: Walk, node: Node, loops: { iterations: number; depth: number }): void {
  let inner = loops;
  if (node.type.isError) walk.problems.push(syntax(`FEEL として読めません（${node.from + 1}文字目付近）`));
  else if (node.name === 'ForExpression' || node.name === 'QuantifiedExpression') inner = checkLoop(walk, node, loops);
  else if (node.name === 'FunctionInvocation') checkCall(walk, node);
  else if (node.name === 'FunctionDefinition') checkFunction(walk, node);
  else if (node.name === 'VariableName' && walk.textOf(node) === 'partial') walk.problems.push(runaway('partial は使えません'));
  else if (node.name === 'Comparison' && /^\s*=\s*=/.test(walk.source.slice(node.firstChild?.to ?? 0))) walk.problems.push(syntax('等しいことは == ではなく = と書きます'));
  for (const child of childrenOf(node)) visit(walk, child, inner);
}

/**
 * Problems of one FEEL expression (without its leading `=`). Nothing is evaluated.
 * @param dialect `expression`, or `unaryTests` as form-js reads the conditions of its fields
 */
export function feelProblems(source: string, dialect: 'expression' | 'unaryTests' = 'expression'): FeelProblem[] {
  if (source.trim() === '') return [syntax('式が空です')];
  if (source.length > maxLength) return [runaway(`式が長すぎます（${maxLength}文字まで）`)];
  if (bracketDepth(source) > maxDepth) return [runaway(`式の入れ子が深すぎます（${maxDepth}段まで）`)];
  const walk: Walk = { source, problems: [], textOf: (node) => source.slice(node.from, node.to) };
  try {
    const tree = dialect === 'expression' ? parseExpression(source, {}, undefined) : parseUnaryTests(source, {}, undefined);
    visit(walk, tree.topNode, { iterations: 1, depth: 0 });
  } catch (error) {
    return [syntax(`FEEL として読めません: ${error instanceof Error ? error.message : String(error)}`)];
  }
  const seen = new Set<string>();
  return walk.problems.filter(({ rule, message }) => !seen.has(rule + message) && seen.add(rule + message));
}

/** Names in an expression that stand for a part of it alone: what a loop or a function calls its element. */
function boundNames(walk: Walk, node: Node, into: Set<string>): Set<string> {
  if (node.name === 'InExpression' || node.name === 'FormalParameter') into.add(walk.textOf(node.firstChild as Node).trim());
  for (const child of childrenOf(node)) boundNames(walk, child, into);
  return into;
}

/**
 * The variables that an expression speaks of (the first part of a path; not functions, and not what its own loops name).
 * @param dialect see `feelProblems`, which has found nothing wrong with it
 */
export function feelNames(source: string, dialect: 'expression' | 'unaryTests' = 'expression'): string[] {
  const walk: Walk = { source, problems: [], textOf: (node) => source.slice(node.from, node.to) };
  const { topNode } = dialect === 'expression' ? parseExpression(source, {}, undefined) : parseUnaryTests(source, {}, undefined);
  const bound = boundNames(walk, topNode, new Set());
  const found = new Set<string>();
  const look = (node: Node): void => {
    const isCallee = node.parent?.name === 'FunctionInvocation' && node.parent.firstChild?.from === node.from;
    if (node.name === 'VariableName' && !isCallee && !bound.has(walk.textOf(node))) found.add(walk.textOf(node));
    for (const child of childrenOf(node)) look(child);
  };
  look(topNode);
  return [...found];
}
