// JUEL, the expression language of Camunda 7's examples, turned into FEEL where both mean the same. Everything else stays as it
// is and is refused as FEEL that does not parse.

const operators: Readonly<Record<string, string>> = { '==': '=', '!=': '!=', '<=': '<=', '>=': '>=', '<': '<', '>': '>', eq: '=', ne: '!=', le: '<=', ge: '>=', lt: '<', gt: '>' };
const precedence: readonly (readonly string[])[] = [['||', 'or'], ['&&', 'and'], ['==', '!=', 'eq', 'ne'], ['<', '>', '<=', '>=', 'lt', 'gt', 'le', 'ge'], ['+', '-'], ['*', '/']];
const words = new Set(['empty', 'not', 'and', 'or', 'eq', 'ne', 'lt', 'gt', 'le', 'ge', 'div', 'mod', 'instanceof']);

class NotJuel extends Error {}

const token = /\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\d+(?:\.\d+)?)|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(==|!=|<=|>=|&&|\|\||[<>!()+\-*/?:]))/y;

function tokens(source: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < source.trimEnd().length) {
    const match = token.exec(source);
    if (!match) throw new NotJuel();
    found.push((match[1] ?? match[2] ?? match[3] ?? match[4]) as string);
  }
  return found;
}

interface Reader {
  tokens: string[];
  at: number;
}

const take = (reader: Reader): string => reader.tokens[reader.at++] ?? '';
function expect(reader: Reader, wanted: string): void {
  if (take(reader) !== wanted) throw new NotJuel();
}

function primary(reader: Reader): string {
  const next = take(reader);
  if (next === '(') {
    const inner = conditional(reader);
    expect(reader, ')');
    return `(${inner})`;
  }
  if (/^['"]/.test(next)) return JSON.stringify(next.slice(1, -1).replace(/\\(.)/g, '$1'));
  if (/^\d/.test(next)) return next;
  if (next === 'execution.getVariable') {
    expect(reader, '(');
    const name = take(reader);
    expect(reader, ')');
    if (!/^['"][A-Za-z_]\w*['"]$/.test(name)) throw new NotJuel();
    return name.slice(1, -1);
  }
  // a name before a bracket is a method call: Java, not data
  if (!/^[A-Za-z_]/.test(next) || words.has(next) || reader.tokens[reader.at] === '(') throw new NotJuel();
  return next;
}

function unary(reader: Reader): string {
  const next = reader.tokens[reader.at];
  if (next === '!' || next === 'not') {
    reader.at += 1;
    // JUEL reads a missing value as false
    return `(${unary(reader)} != true)`;
  }
  if (next === '-') {
    reader.at += 1;
    return `-${unary(reader)}`;
  }
  if (next !== 'empty') return primary(reader);
  reader.at += 1;
  const value = unary(reader);
  return `(if ${value} = null then true else if ${value} instance of string then ${value} = "" else if ${value} instance of list then count(${value}) = 0 else false)`;
}

function binary(reader: Reader, level: number): string {
  if (level === precedence.length) return unary(reader);
  let left = binary(reader, level + 1);
  while (precedence[level]?.includes(reader.tokens[reader.at] ?? '')) {
    const operator = take(reader);
    const feel = operator === '&&' || operator === 'and' ? 'and' : operator === '||' || operator === 'or' ? 'or' : (operators[operator] ?? operator);
    left = `${left} ${feel} ${binary(reader, level + 1)}`;
  }
  return left;
}

function conditional(reader: Reader): string {
  const condition = binary(reader, 0);
  if (reader.tokens[reader.at] !== '?') return condition;
  reader.at += 1;
  const yes = conditional(reader);
  expect(reader, ':');
  return `if ${condition} then ${yes} else ${conditional(reader)}`;
}

/** FEEL for the inside of `${…}` or `#{…}`, or null where the two languages differ or it is not JUEL. */
export function juelToFeel(source: string): string | null {
  try {
    const reader: Reader = { tokens: tokens(source), at: 0 };
    const feel = conditional(reader);
    return reader.at === reader.tokens.length ? feel : null;
  } catch (error) {
    if (error instanceof NotJuel) return null;
    throw error;
  }
}
