// Diagrams made for other engines, read as ours: their ways to name code become job names, JUEL becomes FEEL, a bare collection
// name becomes a variable. The tree is changed in place; ids stay.
import { child, eventDefinitions, extensions, feelOf, flowElements, isElement, isType, listOf, text, type Element } from './diagram.js';
import { feelProblems } from './feel.js';
import { juelToFeel } from './juel.js';

interface Settable extends Element {
  set(name: string, value: unknown): void;
}
const set = (element: Element, name: string, value: unknown): void => (element as Settable).set(name, value);

const looksLikeJuel = /==|&&|\|\||!(?!=)|'|\b(?:empty|eq|ne|lt|gt|le|ge)\b/;

/** `${…}` and `#{…}`: FEEL as it is, or translated, or as it was (and then refused). */
export function readJuel(value: string): string {
  const match = /^\s*[$#]\{([^{}]*)\}\s*$/.exec(value);
  if (!match) return value;
  const inner = match[1] as string;
  if (!looksLikeJuel.test(inner) && feelProblems(inner).length === 0) return `=${inner.trim()}`;
  const feel = juelToFeel(inner);
  return feel === null ? value : `=${feel}`;
}

function rewriteBody(expression: unknown): void {
  if (!isElement(expression)) return;
  const body = text(expression, 'body');
  if (body !== null) set(expression, 'body', readJuel(body));
  if (/^(?:juel|.*uel)$/i.test(text(expression, 'language') ?? '')) set(expression, 'language', undefined);
}

function rewriteAttribute(element: Element, name: string): void {
  const value = text(element, name);
  const read = value === null ? null : readJuel(value);
  if (read !== value) set(element, `camunda:${name}`, read);
}

/** Who a task is for, computed by Java, is nobody that this house knows: the task is nobody's yet. */
function rewriteAssignment(element: Element, name: string): void {
  const value = text(element, name);
  if (value === null) return;
  const read = readJuel(value);
  const source = feelOf(read);
  const isJava = source === null ? /^#\{/.test(read) : feelProblems(source).length > 0;
  set(element, `camunda:${name}`, isJava ? undefined : read);
}

const jobName = (value: string): string => value.replace(/^[$#]\{([\s\S]*)\}$/, '$1').trim();

function rewriteJob(element: Element): void {
  if (text(element, 'topic') !== null) return;
  const names = ['class', 'delegateExpression', 'expression', 'decisionRef'].map((attribute) => text(element, attribute));
  // a send task that names only its message throws it
  if (isType(element, 'SendTask') && child(element, 'messageRef') && names.every((name) => name === null)) return;
  const connector = extensions(element).find(({ $type }) => $type === 'camunda:Connector');
  const implementation = text(element, 'implementation');
  const name = names.find((value) => value !== null)
    ?? (connector ? text(connector, 'connectorId') : null)
    ?? (implementation && !implementation.startsWith('##') ? implementation : null)
    ?? element.id ?? 'job';
  set(element, 'camunda:type', 'external');
  set(element, 'camunda:topic', jobName(name));
  for (const attribute of ['class', 'delegateExpression', 'expression']) if (text(element, attribute) !== null) set(element, `camunda:${attribute}`, undefined);
}

function rewriteParameters(holder: Element): void {
  for (const extension of extensions(holder)) {
    for (const parameter of [...listOf(extension['inputParameters']), ...listOf(extension['outputParameters'])]) {
      const value = text(parameter, 'value');
      if (value !== null) set(parameter, 'value', readJuel(value));
    }
    for (const name of ['sourceExpression', 'businessKey']) {
      const value = text(extension, name);
      if (value !== null && /^camunda:(?:In|Out)$/.test(extension.$type)) set(extension, name, readJuel(value));
    }
  }
}

/** A catch without a message name waits for a message of its own id, which `bin/play` lets one complete by hand. */
function nameMessage(element: Element): void {
  const holder = isType(element, 'ReceiveTask') ? element : isType(element, 'StartEvent', 'IntermediateCatchEvent', 'BoundaryEvent') ? eventDefinitions(element).find(({ $type }) => $type === 'bpmn:MessageEventDefinition') : undefined;
  if (!holder || !element.id) return;
  const message = child(holder, 'messageRef');
  if (message && text(message, 'name') !== null) return;
  let root: Element = element;
  while (root.$parent) root = root.$parent;
  const { $model } = root as Element & { $model: { create(type: string, attributes: object): Element } };
  const own = $model.create('bpmn:Message', { id: `${element.id}_message`, name: element.id });
  Object.assign(own, { $parent: root });
  (root['rootElements'] as Element[]).unshift(own);
  set(holder, 'messageRef', own);
}

function dropListeners(element: Element): void {
  const holder = child(element, 'extensionElements');
  const kept = holder ? listOf(holder['values']).filter(({ $type }) => !/^camunda:(?:Execution|Task)Listener$|^camunda:Connector$/.test($type)) : [];
  if (holder) set(holder, 'values', kept);
}

function rewriteElement(element: Element): void {
  nameMessage(element);
  if (isType(element, 'SequenceFlow')) rewriteBody(element['conditionExpression']);
  if (isType(element, 'ServiceTask', 'SendTask', 'BusinessRuleTask')) rewriteJob(element);
  for (const definition of eventDefinitions(element)) for (const name of ['timeDate', 'timeDuration', 'timeCycle', 'condition']) rewriteBody(definition[name]);
  for (const name of ['assignee', 'candidateGroups', 'candidateUsers', 'priority', 'dueDate', 'followUpDate', 'formKey']) rewriteAssignment(element, name);
  rewriteAttribute(element, 'topic');
  const loop = child(element, 'loopCharacteristics');
  if (loop) {
    for (const name of ['loopCardinality', 'completionCondition', 'loopCondition']) rewriteBody(loop[name]);
    rewriteAttribute(loop, 'collection');
    const collection = text(loop, 'collection');
    if (collection && /^[A-Za-z_]\w*$/.test(collection)) set(loop, 'camunda:collection', `=${collection}`);
  }
  rewriteParameters(element);
  dropListeners(element);
}

/** Rewrites a process in place. Run the rules that look for scripts and listeners before this. */
export function readLeniently(process: Element): void {
  process['isExecutable'] = true;
  dropListeners(process);
  for (const element of flowElements(process)) rewriteElement(element);
}

/** The XML of a changed tree. */
export async function writeXml(definitions: Element): Promise<string> {
  const { $model } = definitions as Element & { $model: { toXML(root: unknown): Promise<{ xml: string }> } };
  return (await $model.toXML(definitions)).xml;
}
