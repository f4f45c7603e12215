// Can a regular expression run away? A backtracking matcher takes, at worst, the product of the ways its repetitions can
// share the text. This bounds that product without running anything: a pattern that cannot be shown cheap is refused.

/** Matcher steps that a check of one answer may take at worst (about 0.1 s). */
const maxSteps = 1e8;
const maxPatternLength = 300;
/** A bounded repetition wider than this counts like an unbounded one. */
const widestBounded = 64;

interface Cost {
  /** Product of the widths of all bounded repetitions. */
  ways: number;
  /** Repetitions whose width is the text's. */
  unbounded: number;
}

interface Atom {
  end: number;
  /** A group or look-around with something inside that repeats or branches. */
  branching: boolean;
  cost: Cost;
}

class Unsafe extends Error {}

function readClass(source: string, from: number): number {
  let at = from + 1;
  if (source[at] === '^') at += 1;
  for (let first = true; at < source.length; first = false) {
    if (source[at] === '\\') at += 2;
    else if (source[at] === ']' && !first) return at + 1;
    else at += 1;
  }
  return source.length;
}

/** `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}` at `at`, with a lazy mark: how many repetitions it may choose between. */
function readQuantifier(source: string, at: number): { end: number; low: number; high: number } | null {
  const match = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(source.slice(at));
  if (!match) return null;
  const end = at + match[0].length;
  if (match[1] === '*') return { end, low: 0, high: Infinity };
  if (match[1] === '+') return { end, low: 1, high: Infinity };
  if (match[1] === '?') return { end, low: 0, high: 1 };
  const low = Number(match[2]);
  if (match[3] === undefined) return { end, low, high: low };
  return { end, low, high: match[4] ? Number(match[4]) : Infinity };
}

function readGroup(source: string, from: number): Atom {
  let at = from + 1;
  const head = /^\?(?:[:=!]|<[=!]|<[A-Za-z_]\w*>)/.exec(source.slice(at));
  if (head) at += head[0].length;
  const { end, cost, branches } = readBranches(source, at);
  return { end: end + 1, branching: branches > 1 || cost.ways > 1 || cost.unbounded > 0, cost: { ways: cost.ways * branches, unbounded: cost.unbounded } };
}

function readAtom(source: string, at: number): Atom {
  const plain = { branching: false, cost: { ways: 1, unbounded: 0 } };
  const char = source[at];
  if (char === '(') return readGroup(source, at);
  if (char === '[') return { ...plain, end: readClass(source, at) };
  if (char !== '\\') return { ...plain, end: at + 1 };
  const escape = source.slice(at);
  if (/^\\(?:[1-9]|k<)/.test(escape)) throw new Unsafe('後方参照は使えません');
  const long = /^\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[pP]\{[^}]*\})/.exec(escape);
  return { ...plain, end: at + (long ? long[0].length : 2) };
}

function readBranches(source: string, from: number): { end: number; cost: Cost; branches: number } {
  const cost: Cost = { ways: 1, unbounded: 0 };
  let at = from;
  let branches = 1;
  while (at < source.length && source[at] !== ')') {
    if (source[at] === '|') {
      branches += 1;
      at += 1;
      continue;
    }
    const atom = readAtom(source, at);
    const quantifier = readQuantifier(source, atom.end);
    at = quantifier?.end ?? atom.end;
    cost.ways *= atom.cost.ways;
    cost.unbounded += atom.cost.unbounded;
    if (!quantifier || quantifier.high === quantifier.low && !atom.branching) continue;
    if (atom.branching && quantifier.high > 1) throw new Unsafe('繰り返しの中に繰り返しや選択があります');
    const width = quantifier.high - quantifier.low + 1;
    if (width > widestBounded) cost.unbounded += 1;
    else cost.ways *= width;
  }
  return { end: at, cost, branches };
}

/**
 * Why a pattern may not be used on texts of up to `longest` characters, or null if it is cheap on all of them.
 * Japanese, for the author of the form or diagram.
 */
export function patternProblem(pattern: string, longest: number): string | null {
  if (pattern.length > maxPatternLength) return `正規表現が長すぎます（${maxPatternLength}文字まで）`;
  try {
    new RegExp(pattern);
  } catch {
    return '正規表現として読めません';
  }
  try {
    const { cost, branches } = readBranches(pattern, 0);
    const anchored = pattern.startsWith('^') && branches === 1;
    const steps = cost.ways * branches * Math.max(longest, 2) ** (cost.unbounded + (anchored ? 0 : 1));
    return steps > maxSteps ? '照合に時間がかかりすぎるおそれがあります（繰り返しを減らし、^ で始めてください）' : null;
  } catch (error) {
    if (error instanceof Unsafe) return `照合に時間がかかりすぎるおそれがあります（${error.message}）`;
    throw error;
  }
}
