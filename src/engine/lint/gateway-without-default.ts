// A gateway that knows no way out when no condition holds stops the case with an incident.
import type { Refusal } from '../model.js';
import { child, isType, listOf, refuse, text, type Element, type Rule } from './support/diagram.js';

interface Ways {
  gateway: Element;
  fallback: Element | null;
  conditional: Element[];
  /** Without condition, and not the default. */
  open: Element[];
}

function waysOf(gateway: Element): Ways {
  const flows = listOf(gateway['outgoing']);
  const fallback = child(gateway, 'default');
  const isConditional = (flow: Element): boolean => child(flow, 'conditionExpression') !== null;
  return { gateway, fallback, conditional: flows.filter((flow) => flow !== fallback && isConditional(flow)), open: flows.filter((flow) => flow !== fallback && !isConditional(flow)) };
}

const splits = (elements: readonly Element[]): Ways[] => elements.filter((element) => isType(element, 'ExclusiveGateway', 'InclusiveGateway')).map(waysOf).filter(({ fallback, conditional, open }) => conditional.length + open.length + (fallback ? 1 : 0) > 1);

/** `x` and `not(x)`, `x = a` and `x != a`, `x > n` and `x <= n`: two conditions of which one always holds. */
function areOpposite(left: string, right: string): boolean {
  const clean = (source: string): string => source.replace(/^=|^\$\{|\}$/g, '').replace(/\s+/g, ' ').trim();
  const [a, b] = [clean(left), clean(right)];
  if (b === `not(${a})` || a === `not(${b})`) return true;
  const parts = (source: string) => /^([\w.]+) ?(!=|<=|>=|=|<|>) ?([\w."'-]+)$/.exec(source)?.slice(1) as [string, string, string] | undefined;
  const [x, y] = [parts(a), parts(b)];
  const opposite: Record<string, string> = { '=': '!=', '!=': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' };
  // a missing variable makes every comparison but = and != null
  if (!x || !y || x[0] !== y[0]) return false;
  if (x[1] === '=' && y[1] === '=' && new Set([x[2], y[2]]).size === 2 && ['true', 'false'].includes(x[2]) && ['true', 'false'].includes(y[2])) return false;
  return x[2] === y[2] && opposite[x[1]] === y[1] && ['=', '!='].includes(x[1]);
}

function isExhaustive({ conditional }: Ways): boolean {
  const sources = conditional.map((flow) => text(child(flow, 'conditionExpression') as Element, 'body') ?? '');
  return sources.some((left, index) => /^(?:=|\$\{) ?true ?\}?$/.test(left) || sources.slice(index + 1).some((right) => areOpposite(left, right)));
}

/**
 * `gateway-without-default`, refused: an exclusive gateway with a flow that has neither a condition nor is the default, beside
 * others (which one is meant?). Lenient: taken as drawn.
 */
export const gatewayWithoutDefault: Rule = ({ elements, lenient }): Refusal[] =>
  splits(elements).flatMap(({ gateway, open }) => (lenient || open.length === 0 || !isType(gateway, 'ExclusiveGateway') ? [] : [refuse('gateway-without-default', gateway, `分岐 ${open.map((flow) => flow.id ?? '').join(', ')} に条件がなく、既定のフローでもありません`)]));

/** `gateway-without-default`, warned: all flows have conditions, there is no default, and nothing proves that one always holds. */
export const gatewayMayStop: Rule = ({ elements }): Refusal[] =>
  splits(elements).filter((ways) => !ways.fallback && ways.open.length === 0 && !isExhaustive(ways)).map(({ gateway }) => refuse('gateway-without-default', gateway, 'どの条件も成り立たないときの既定のフローがありません'));
