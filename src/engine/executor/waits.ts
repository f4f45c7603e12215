// Open leaves of the tree → waits, with all that is read from the diagram at the moment a wait opens.
import type { DeadlinePolicy, Json, Variables, Wait, WaitKind } from '../model.js';
import type { Frame } from './elements.js';
import { fail, type Host } from './host.js';
import type { GraphNode } from './graph.js';
import { inputParameters, mappings, type ParameterValue, propertiesOf } from './properties.js';
import { handlerOf } from './read-graph.js';
import { itemOf, resolve, resolveString, scopeOf } from './scope.js';
import type { Leaf } from './walk.js';

/** What a leaf is to the outside; null for what only the executor waits for (errors, escalations, gateways). */
export function waitKind(leaf: Leaf): WaitKind | null {
  switch (leaf.node.role) {
    case 'user':
    case 'job':
    case 'call':
    case 'message':
      return leaf.node.role;
    case 'event':
      switch (leaf.spec?.kind) {
        case 'timer':
        case 'message':
        case 'signal':
        case 'conditional':
          return leaf.spec.kind;
      }
  }
  return null;
}

/** Describes a wait that has just opened. What goes wrong in an expression ends the step. */
export function openWait(host: Host, leaf: Leaf, kind: WaitKind): Wait {
  const scope = (): Record<string, unknown> => scopeOf(host, leaf.frame);
  const wait: Wait = { executionId: leaf.executionId, elementId: leaf.node.origin ?? leaf.node.id, kind };
  if (leaf.frame) {
    const own = leaf.message.content.isMultiInstance ? itemOf(host, leaf.executionId) : itemOf(host, leaf.frame.executionId);
    if (own) Object.assign(wait, own);
  }
  switch (kind) {
    case 'user': wait.task = taskOf(host, leaf.node, scope); break;
    case 'job': wait.job = { handler: handlerName(host, leaf.node, scope), input: inputOf(host, leaf.node, scope) }; break;
    case 'call': wait.call = callOf(host, leaf, scope); break;
    case 'timer': {
      const armed = leaf.message.content.armed;
      wait.dueAt = armed?.dueAt ?? host.now.toISOString();
      if (armed?.repeat !== undefined) wait.repeat = armed.repeat;
      if (armed?.counted) wait.counted = armed.counted;
      break;
    }
    case 'message': {
      wait.name = eventName(host, leaf, scope);
      wait.correlationKey = resolveString(host, leaf.node.id, propertiesOf(leaf.node.element)['correlationKey'], scope);
      break;
    }
    case 'signal': wait.name = eventName(host, leaf, scope); break;
    case 'conditional': wait.name = leaf.spec?.kind === 'conditional' ? leaf.spec.condition : ''; break;
  }
  return wait;
}

/** The name that a message or signal event listens for. */
export function eventName(host: Host, leaf: Leaf, scope: () => Record<string, unknown>): string {
  const spec = leaf.spec ?? leaf.node.events[0];
  const name = spec?.kind === 'message' || spec?.kind === 'signal' ? spec.name : null;
  return resolveString(host, leaf.node.id, name, scope) ?? '';
}

type ScopeMaker = () => Record<string, unknown>;

function taskOf(host: Host, node: GraphNode, scope: ScopeMaker): NonNullable<Wait['task']> {
  const element = node.element!;
  const properties = propertiesOf(element);
  const text = (value: string | undefined): string | null => resolveString(host, node.id, value, scope);
  const flag = (name: string): boolean => properties[name] !== undefined && isTrue(resolve(host, node.id, properties[name], scope));
  const priority = Number(text(element['priority']) ?? 50);
  if (!Number.isFinite(priority)) return fail(host, 'expression', node.id, '優先度（priority）は数です');
  return {
    name: node.name ?? node.id,
    formKey: text(element['formKey']),
    assignee: text(element['assignee']),
    candidateGroups: groups(host, node, element['candidateGroups'], scope),
    priority,
    urgent: flag('urgent'),
    neverPaused: flag('neverPaused'),
    deadline: deadlineOf(host, node, properties, scope),
  };
}

const isTrue = (value: Json): boolean => value === true || value === 'true';

function groups(host: Host, node: GraphNode, text: string | undefined, scope: ScopeMaker): string[] {
  if (text === undefined) return [];
  const value = resolve(host, node.id, text, scope);
  const list = value === null ? [] : Array.isArray(value) ? value : [value];
  return list.flatMap((group) => {
    if (typeof group !== 'string') return fail(host, 'expression', node.id, '担当の窓口（candidateGroups）が文字になりません');
    return group.split(',').map((part) => part.trim()).filter((part) => part !== '');
  });
}

function deadlineOf(host: Host, node: GraphNode, properties: Record<string, string>, scope: ScopeMaker): DeadlinePolicy | null {
  const text = (name: string): string | null => resolveString(host, node.id, properties[name], scope);
  const dueIn = text('dueIn');
  if (dueIn === null || dueIn.trim() === '') return null;
  const list = (name: string, separator: string): string[] => (text(name) ?? '').split(separator).map((part) => part.trim()).filter((part) => part !== '');
  const escalateAfter = list('escalateAfter', ';').map((rule) => {
    const [after, to] = rule.split('>').map((part) => part.trim());
    if (!after || !to) return fail(host, 'expression', node.id, `escalateAfter は 1BD>manager のように書きます: ${rule}`);
    return { after, to };
  });
  return { dueIn: dueIn.trim(), remindBefore: list('remindBefore', ','), escalateAfter };
}

function handlerName(host: Host, node: GraphNode, scope: ScopeMaker): string {
  return resolveString(host, node.id, handlerOf(node.element!), scope) ?? '';
}

function inputOf(host: Host, node: GraphNode, scope: ScopeMaker): Variables {
  const parameters = inputParameters(node.element);
  if (!parameters) return structuredClone(host.variables);
  const input: Variables = {};
  for (const parameter of parameters) input[parameter.name] = parameterOf(host, node, parameter.value, scope);
  return input;
}

function parameterOf(host: Host, node: GraphNode, value: ParameterValue, scope: ScopeMaker): Json {
  if (value === null) return null;
  if (typeof value === 'string') return resolve(host, node.id, value, scope);
  if (Array.isArray(value)) return value.map((item) => parameterOf(host, node, item, scope));
  return Object.fromEntries(value.entries.map(([key, item]): [string, Json] => [key, parameterOf(host, node, item, scope)]));
}

function callOf(host: Host, leaf: Leaf, scope: ScopeMaker): NonNullable<Wait['call']> {
  const { node } = leaf;
  const element = node.element!;
  const processKey = resolveString(host, node.id, element['calledElement'], scope) ?? '';
  const version = resolveString(host, node.id, element['calledElementVersion'], scope);
  let variables: Variables = {};
  let businessKey: string | null = null;
  for (const mapping of mappings(element, 'camunda:In')) {
    if (mapping.businessKey !== null) businessKey = resolveString(host, node.id, businessKeyText(mapping.businessKey), scope) ?? host.businessKey;
    else if (mapping.isAll) variables = { ...variables, ...structuredClone(host.variables) };
    else if (mapping.target !== null) variables[mapping.target] = mapped(host, node, mapping, scope);
  }
  return { processKey, version: version === null ? null : Number(version), variables, businessKey };
}

/** `#{execution.processBusinessKey}` is how Camunda 7 writes "the same business key"; here every other text is FEEL or itself. */
const businessKeyText = (text: string): string | null => (/^[#$]\{\s*execution\.processBusinessKey\s*\}$/.test(text) ? null : text);

function mapped(host: Host, node: GraphNode, mapping: { source: string | null; sourceExpression: string | null }, scope: ScopeMaker): Json {
  if (mapping.sourceExpression !== null) return resolve(host, node.id, mapping.sourceExpression, scope);
  if (mapping.source === null) return null;
  return (scope()[mapping.source] as Json | undefined) ?? null;
}

/** camunda:out: what a finished child gives back to the caller's variables. */
export function outOf(host: Host, node: GraphNode, childVariables: Variables, frame: Frame | null): Variables {
  let out: Variables = {};
  for (const mapping of mappings(node.element, 'camunda:Out')) {
    if (mapping.isAll) out = { ...out, ...childVariables };
    else if (mapping.target === null) continue;
    else if (mapping.sourceExpression === null) out[mapping.target] = childVariables[mapping.source ?? ''] ?? null;
    else out[mapping.target] = resolve(host, node.id, mapping.sourceExpression, () => ({ ...scopeOf(host, frame), ...childVariables }));
  }
  return out;
}
