// What every rule is given: the parsed diagram, the process that will run, and what the city has.
import type { Refusal } from '../../model.js';

/** An element of the moddle tree, loosely: moddle's own types know nothing of the extension attributes. */
export interface Element {
  readonly $type: string;
  readonly $parent?: Element;
  id?: string;
  [property: string]: unknown;
}

export interface Known {
  handlers: ReadonlySet<string>;
  /** Those among them that run inside the step that reaches them. */
  inside?: ReadonlySet<string>;
  forms: ReadonlyMap<string, unknown>;
  groups: (key: string) => boolean;
}

export interface Diagram {
  definitions: Element;
  warnings: readonly { message: string; elementId: string | null }[];
  /** All processes of the file. */
  processes: readonly Element[];
  /** The one that will run; null when that cannot be told (see lint/processes.ts). */
  process: Element | null;
  /** Everything in it that has an id and lies on or between its flows, sub-processes included, in document order. */
  elements: readonly Element[];
  known: Known;
  lenient: boolean;
}

/** A deploy-time rule. Empty: the diagram keeps it. */
export type Rule = (diagram: Diagram) => Refusal[];

export const refuse = (rule: string, element: Element | string | null, message: string): Refusal => ({
  rule,
  element: typeof element === 'string' || element === null ? element : ownerOf(element),
  message,
});

/** The nearest element with an id: an expression has none, the flow or task it belongs to has. */
export function ownerOf(element: Element): string | null {
  for (let at: Element | undefined = element; at; at = at.$parent) if (at.id && !definitionTypes.has(at.$type)) return at.id;
  return null;
}
const definitionTypes = new Set(['bpmn:TimerEventDefinition', 'bpmn:MessageEventDefinition', 'bpmn:SignalEventDefinition', 'bpmn:ErrorEventDefinition', 'bpmn:EscalationEventDefinition', 'bpmn:ConditionalEventDefinition', 'bpmn:LinkEventDefinition', 'bpmn:TerminateEventDefinition', 'bpmn:FormalExpression']);

export const isElement = (value: unknown): value is Element => typeof value === 'object' && value !== null && typeof (value as { $type?: unknown }).$type === 'string';

export const listOf = (value: unknown): Element[] => (Array.isArray(value) ? value.filter(isElement) : []);

export const child = (element: Element, name: string): Element | null => {
  const value = element[name];
  return isElement(value) ? value : null;
};

/** A property as text; empty and missing are the same. */
export function text(element: Element, name: string): string | null {
  const value = element[name];
  const string = typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  return string.trim() === '' ? null : string.trim();
}

export const extensions = (element: Element): Element[] => listOf(child(element, 'extensionElements')?.['values']);

/** `camunda:properties` of an element. */
export function properties(element: Element): Map<string, string> {
  const found = new Map<string, string>();
  for (const extension of extensions(element)) {
    if (extension.$type !== 'camunda:Properties') continue;
    for (const property of listOf(extension['values'])) {
      const name = text(property, 'name');
      if (name) found.set(name, text(property, 'value') ?? '');
    }
  }
  return found;
}

export const eventDefinitions = (element: Element): Element[] => listOf(element['eventDefinitions']);

export const isType = (element: Element, ...names: string[]): boolean => names.some((name) => element.$type === `bpmn:${name}`);

export const isSubProcess = (element: Element): boolean => isType(element, 'SubProcess', 'Transaction', 'AdHocSubProcess');

export const isEventSubProcess = (element: Element): boolean => isSubProcess(element) && element['triggeredByEvent'] === true;

/** Flow elements of a scope and, below each sub-process, its own. */
export function flowElements(scope: Element): Element[] {
  return listOf(scope['flowElements']).flatMap((element) => (isSubProcess(element) ? [element, ...flowElements(element)] : [element]));
}

/** `=expr` and `${expr}` are FEEL, anything else a literal (see expressions.ts): the FEEL source, or null. */
export function feelOf(value: string): string | null {
  const trimmed = value.trim();
  if (trimmed.startsWith('=')) return trimmed.slice(1);
  const match = /^\$\{([\s\S]*)\}$/.exec(trimmed);
  return match ? (match[1] as string) : null;
}

export const nameOf = (element: Element): string => text(element, 'name') ?? element.id ?? element.$type;
