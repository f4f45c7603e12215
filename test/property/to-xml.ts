// Writes a flat graph as BPMN 2.0 XML in the Camunda 7 dialect, as Camunda Modeler would save it (without the picture).
import type { Json } from '../../src/engine/model.js';
import type { Boundary, Condition, Graph, MultiInstance, Node, Trigger } from './diagram.js';

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions_1" targetNamespace="http://example.org/fuzz">
`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The whole document. */
export function toXml(graph: Graph): string {
  return `${HEAD}  <bpmn:process id="${graph.id}" name="random model" isExecutable="true">\n${inside(graph, '    ')}  </bpmn:process>\n${roots(graph)}</bpmn:definitions>\n`;
}

/** Messages and errors stand beside the process and are named from inside it. */
function roots(graph: Graph): string {
  const lines = new Set<string>();
  const collect = (level: Graph): void => {
    const triggers = [...level.nodes.map((node) => node.trigger), ...level.boundaries.map((boundary) => boundary.trigger)];
    const codes = level.nodes.flatMap((node) => (node.code === null ? [] : [node.code]));
    for (const trigger of triggers) {
      if (trigger?.kind === 'message') lines.add(`  <bpmn:message id="message_${trigger.name}" name="${trigger.name}" />\n`);
      if (trigger?.kind === 'error') codes.push(trigger.code);
    }
    for (const code of codes) lines.add(`  <bpmn:error id="error_${code}" name="${code}" errorCode="${code}" />\n`);
    for (const node of level.nodes) if (node.scope) collect(node.scope);
  };
  collect(graph);
  return [...lines].join('');
}

function inside(graph: Graph, pad: string): string {
  const lines: string[] = [];
  for (const node of graph.nodes) lines.push(nodeXml(graph, node, pad));
  for (const boundary of graph.boundaries) lines.push(boundaryXml(graph, boundary, pad));
  for (const flow of graph.flows) {
    const head = `${pad}<bpmn:sequenceFlow id="${flow.id}" sourceRef="${flow.source}" targetRef="${flow.target}"`;
    lines.push(flow.condition
      ? `${head}>\n${pad}  <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${escape(feel(flow.condition))}</bpmn:conditionExpression>\n${pad}</bpmn:sequenceFlow>\n`
      : `${head} />\n`);
  }
  return lines.join('');
}

const TAGS: Record<Node['type'], string> = {
  start: 'startEvent', end: 'endEvent', terminate: 'endEvent', user: 'userTask', job: 'serviceTask', pass: 'task',
  xor: 'exclusiveGateway', and: 'parallelGateway', or: 'inclusiveGateway', sub: 'subProcess', catch: 'intermediateCatchEvent', race: 'eventBasedGateway', error: 'endEvent',
};

function nodeXml(graph: Graph, node: Node, pad: string): string {
  const tag = `bpmn:${TAGS[node.type]}`;
  const byDefault = graph.flows.find((flow) => flow.source === node.id && flow.isDefault);
  const attributes = [`id="${node.id}"`];
  if (byDefault) attributes.push(`default="${byDefault.id}"`);
  if (node.type === 'job') attributes.push('camunda:type="external"', 'camunda:topic="work"');
  if (node.type === 'user' && node.items.length > 0) attributes.push(`camunda:candidateGroups="${escape(pathFeel(node.items))}"`);
  const body: string[] = [];
  const inner = `${pad}  `;
  if (node.type === 'job' && node.items.length > 0) {
    body.push(`${inner}<bpmn:extensionElements><camunda:inputOutput><camunda:inputParameter name="path">${escape(pathFeel(node.items))}</camunda:inputParameter></camunda:inputOutput></bpmn:extensionElements>\n`);
  }
  if (node.trigger?.kind === 'message') body.push(keyXml(node.items, inner));
  // the XSD's order: incoming and outgoing before what is special to the element
  for (const flow of graph.flows) if (flow.target === node.id) body.push(`${inner}<bpmn:incoming>${flow.id}</bpmn:incoming>\n`);
  for (const flow of graph.flows) if (flow.source === node.id) body.push(`${inner}<bpmn:outgoing>${flow.id}</bpmn:outgoing>\n`);
  if (node.mi) body.push(multiXml(node.mi, inner));
  if (node.scope) body.push(inside(node.scope, inner));
  if (node.type === 'terminate') body.push(`${inner}<bpmn:terminateEventDefinition id="${node.id}_definition" />\n`);
  if (node.code !== null) body.push(`${inner}<bpmn:errorEventDefinition id="${node.id}_definition" errorRef="error_${node.code}" />\n`);
  if (node.trigger) body.push(triggerXml(node.id, node.trigger, inner));
  return `${pad}<${tag} ${attributes.join(' ')}>\n${body.join('')}${pad}</${tag}>\n`;
}

function boundaryXml(graph: Graph, boundary: Boundary, pad: string): string {
  const outgoing = graph.flows.filter((flow) => flow.source === boundary.id)
    .map((flow) => `${pad}  <bpmn:outgoing>${flow.id}</bpmn:outgoing>\n`).join('');
  return `${pad}<bpmn:boundaryEvent id="${boundary.id}" attachedToRef="${boundary.attachedTo}" cancelActivity="${boundary.interrupting}">\n`
    + `${boundary.trigger.kind === 'message' ? keyXml(boundary.items, `${pad}  `) : ''}${outgoing}${triggerXml(boundary.id, boundary.trigger, `${pad}  `)}${pad}</bpmn:boundaryEvent>\n`;
}

function keyXml(items: readonly string[], pad: string): string {
  if (items.length === 0) return '';
  return `${pad}<bpmn:extensionElements><camunda:properties><camunda:property name="correlationKey" value="${escape(pathFeel(items))}" /></camunda:properties></bpmn:extensionElements>\n`;
}

function triggerXml(id: string, trigger: Trigger, pad: string): string {
  if (trigger.kind === 'message') return `${pad}<bpmn:messageEventDefinition id="${id}_definition" messageRef="message_${trigger.name}" />\n`;
  if (trigger.kind === 'error') return `${pad}<bpmn:errorEventDefinition id="${id}_definition" errorRef="error_${trigger.code}" />\n`;
  const { delay, cycle } = trigger;
  const tag = cycle === null ? 'timeDuration' : 'timeCycle';
  const prefix = cycle === null ? 'PT' : `R${cycle}/PT`;
  const sum = delay.perItem.map(([item, minutes]) => ` + ${minutes} * ${item}`).join('');
  const value = sum === '' ? `${prefix}${delay.minutes}M` : `="${prefix}" + string(${delay.minutes}${sum}) + "M"`;
  return `${pad}<bpmn:timerEventDefinition id="${id}_definition"><bpmn:${tag} xsi:type="bpmn:tFormalExpression">${escape(value)}</bpmn:${tag}></bpmn:timerEventDefinition>\n`;
}

function multiXml(mi: MultiInstance, pad: string): string {
  const { count } = mi;
  const list = count.kind === 'collection' ? ` camunda:collection="=${count.name}" camunda:elementVariable="${count.item}"` : '';
  const cardinality = count.kind === 'literal' ? String(count.value) : count.kind === 'variable' ? `=${count.name}` : null;
  const tag = 'bpmn:multiInstanceLoopCharacteristics';
  return `${pad}<${tag} isSequential="${mi.sequential}"${list}>`
    + (cardinality === null ? '' : `<bpmn:loopCardinality xsi:type="bpmn:tFormalExpression">${cardinality}</bpmn:loopCardinality>`)
    + (mi.completion ? `<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">${escape(feel(mi.completion))}</bpmn:completionCondition>` : '')
    + `</${tag}>\n`;
}

/** The element variables in sight as one word, e.g. `g.2.0`: tells the waits of one element apart. */
export function pathFeel(items: readonly string[]): string {
  return `="g"${items.map((item) => ` + "." + string(${item})`).join('')}`;
}

function feel(condition: Condition): string {
  const { name, op, value } = condition;
  if (op === 'in' && Array.isArray(value)) return `=${value.map((v) => `${name} = ${literal(v)}`).join(' or ')}`;
  return `=${name} ${op} ${literal(value)}`;
}

function literal(value: Json): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  throw new Error('conditions hold scalars only');
}
