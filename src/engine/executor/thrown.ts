// What leaves the instance: messages and signals thrown, with their correlation key and payload.
import type { Json, Variables } from '../model.js';
import type { Frame } from './elements.js';
import type { GraphNode } from './graph.js';
import { fail, type Host } from './host.js';
import { propertiesOf } from './properties.js';
import { resolve, resolveString, scopeOf } from './scope.js';

/**
 * Notes a thrown message; property `correlationKey` (FEEL) addresses it, property `payload` (FEEL context) is what it carries,
 * property `businessKey` (FEEL) is that of the instance that it starts, where that is not about the same.
 */
export function throwMessage(host: Host, node: GraphNode, name: string | null, frame: Frame | null): void {
  push(host, 'message', node, name, frame);
}

/** Notes a thrown signal; own catches hear of it within the step. Gives back its resolved name. */
export function throwSignal(host: Host, node: GraphNode, name: string | null, frame: Frame | null): string {
  return push(host, 'signal', node, name, frame);
}

function push(host: Host, kind: 'message' | 'signal', node: GraphNode, name: string | null, frame: Frame | null): string {
  const scope = (): Record<string, unknown> => scopeOf(host, frame);
  const properties = propertiesOf(node.element);
  const resolved = resolveString(host, node.id, name, scope) ?? '';
  host.thrown.push({
    kind, elementId: node.origin ?? node.id, name: resolved,
    correlationKey: resolveString(host, node.id, properties['correlationKey'], scope),
    businessKey: properties['businessKey'] === undefined ? host.businessKey : resolveString(host, node.id, properties['businessKey'], scope),
    variables: payload(host, node, properties['payload'], scope),
  });
  if (node.origin !== null) host.history.push({ type: 'thrown', elementId: node.origin, executionId: null });
  return resolved;
}

function payload(host: Host, node: GraphNode, text: string | undefined, scope: () => Record<string, unknown>): Variables {
  if (text === undefined) return {};
  const value: Json = resolve(host, node.id, text, scope);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return fail(host, 'expression', node.id, 'payload は {caseId: caseId} のような FEEL のコンテキストです');
  return value;
}
