// Timer values as BPMN has them, ISO 8601, and which FEEL expressions are sure to give one.
import { evaluate, parseExpression } from 'feelin';

export type TimerKind = 'timeDate' | 'timeDuration' | 'timeCycle';

export const isIsoDuration = (value: string): boolean =>
  /^P(?=[\dT])(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:[.,]\d+)?S)?)?$/.test(value);

export function isIsoInstant(value: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.exec(value);
  if (!match) return false;
  const [year, month, day] = [match[1], match[2], match[3]].map(Number) as [number, number, number];
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
  // the executor reads the rest as the language does: hour 25, minute 61 or a zone it does not know are no instant
  return isDay && !Number.isNaN(Date.parse(value));
}

/** `R3/PT1H`, `R/P1D`, `R3/2026-12-01T09:00+09:00/P1D`: the interval stands last, as the executor reads it. `R0` never fires. */
export function isIsoCycle(value: string): boolean {
  const [repeat = '', ...parts] = value.split('/');
  if (!/^R(?:0*[1-9]\d{0,5})?$/.test(repeat) || parts.length === 0 || parts.length > 2) return false;
  return isIsoDuration(parts.at(-1) ?? '') && (parts.length === 1 || isIsoInstant(parts[0] ?? ''));
}

const readers: Readonly<Record<TimerKind, (value: string) => boolean>> = { timeDate: isIsoInstant, timeDuration: isIsoDuration, timeCycle: isIsoCycle };

export const isTimerValue = (kind: TimerKind, value: string): boolean => readers[kind](value);

type Node = ReturnType<typeof parseExpression>['topNode'];

function children(node: Node): Node[] {
  const found: Node[] = [];
  for (let at = node.firstChild; at; at = at.nextSibling) found.push(at);
  return found;
}

const withoutNames = new Set(['VariableName', 'Identifier', 'PathExpression', 'PathName', 'Name']);

/** `if x = null then A else x`, `if x != null then x else B`: the names that a branch may rely on. */
function guards(source: string, condition: Node): { then: Set<string>; else: Set<string> } {
  const text = source.slice(condition.from, condition.to).trim();
  const tests = { then: new Set<string>(), else: new Set<string>() };
  const present = [...text.matchAll(/([\p{L}_][\p{L}\p{N}_.]*)\s*!=\s*null/gu)].map((match) => match[1] as string);
  const absent = /^([\p{L}_][\p{L}\p{N}_.]*)\s*=\s*null$/u.exec(text)?.[1];
  if (!/\bor\b/.test(text)) for (const name of present) tests.then.add(name);
  if (absent) tests.else.add(absent);
  return tests;
}

function mayBeNull(source: string, node: Node, sure: ReadonlySet<string>): boolean {
  const text = source.slice(node.from, node.to).trim();
  if (sure.has(text)) return false;
  const parts = children(node);
  if (node.name === 'VariableName' || node.name === 'PathExpression') return true;
  if (node.name === 'null' || text === 'null') return true;
  if (node.name === 'IfExpression') {
    const [condition, yes, no] = parts.filter((part) => !['if', 'then', 'else'].includes(part.name)) as [Node, Node, Node];
    const known = guards(source, condition);
    return mayBeNull(source, yes, new Set([...sure, ...known.then])) || mayBeNull(source, no, new Set([...sure, ...known.else]));
  }
  if (node.name === 'FunctionInvocation') {
    const given = children(node.getChild('PositionalParameters') ?? node.getChild('NamedParameters') ?? node).filter((part) => part !== node.firstChild);
    const callee = source.slice((node.firstChild as Node).from, (node.firstChild as Node).to);
    if (callee === 'get or else') return given.length === 0 || mayBeNull(source, given.at(-1) as Node, sure);
    return given.some((part) => mayBeNull(source, part, sure));
  }
  return parts.some((part) => !withoutNames.has(part.name) || part.name === 'VariableName' || part.name === 'PathExpression' ? mayBeNull(source, part, sure) : false);
}

/**
 * What can be told of a timer's FEEL expression: `maybe-undefined` when a missing variable makes it null (a timer without a
 * time would fire at once), `wrong` when it is constant and gives no such value, `fine` otherwise.
 */
export function judgeTimer(kind: TimerKind, source: string): 'fine' | 'maybe-undefined' | 'wrong' {
  const tree = parseExpression(source, {}, undefined);
  if (/\bbusinessDays\s*\(/.test(source)) return mayBeNull(source, tree.topNode, new Set()) ? 'maybe-undefined' : kind === 'timeDate' ? 'fine' : 'wrong';
  if (mayBeNull(source, tree.topNode, new Set())) return 'maybe-undefined';
  let constant = true;
  tree.iterate({ enter: ({ name, node }) => void (constant &&= name !== 'VariableName' || node.parent?.name === 'FunctionInvocation') });
  if (!constant) return 'fine';
  const { value } = evaluate(source, {});
  // feelin's dates and durations print as ISO 8601
  return value !== null && isTimerValue(kind, `${value as string}`.replace(/@.*$|\[.*$/, '')) ? 'fine' : 'wrong';
}
