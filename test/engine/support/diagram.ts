// Diagrams of a test, written short.

export interface DiagramOptions {
  /** Root elements beside the process: messages, signals, errors. */
  roots?: string;
  processId?: string;
  isExecutable?: boolean;
}

/** A BPMN file around the content of one process. `f(a,b)` in the body is a sequence flow from a to b. */
export function bpmn(body: string, { roots = '', processId = 'p', isExecutable = true }: DiagramOptions = {}): string {
  return file(`${roots}<bpmn:process id="${processId}" isExecutable="${isExecutable}">${flows(body)}</bpmn:process>`);
}

/** A BPMN file of any root elements. */
export const file = (content: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions_1" targetNamespace="test">${flows(content)}</bpmn:definitions>`;

/** `f(a,b)`, `f(a,b,=x > 1)` → sequence flows with the ids `a_b`. */
export const flows = (body: string): string =>
  body.replace(/\bf\((\w+),(\w+)(?:,([^<>]*?[^<>)]))?\)(?=[\s<]|f\(|$)/g, (_, from: string, to: string, condition?: string) =>
    condition === undefined ? `<bpmn:sequenceFlow id="${from}_${to}" sourceRef="${from}" targetRef="${to}"/>` : `<bpmn:sequenceFlow id="${from}_${to}" sourceRef="${from}" targetRef="${to}"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${condition}</bpmn:conditionExpression></bpmn:sequenceFlow>`);

export const start = '<bpmn:startEvent id="s"/>';
export const end = '<bpmn:endEvent id="e"/>';
export const user = (id: string, attributes = '', inner = ''): string => `<bpmn:userTask id="${id}" ${attributes}>${inner}</bpmn:userTask>`;
export const job = (id: string, topic = 'known'): string => `<bpmn:serviceTask id="${id}" camunda:type="external" camunda:topic="${topic}"/>`;
export const xor = (id: string, attributes = ''): string => `<bpmn:exclusiveGateway id="${id}" ${attributes}/>`;
export const and = (id: string): string => `<bpmn:parallelGateway id="${id}"/>`;
export const properties = (given: Record<string, string>): string =>
  `<bpmn:extensionElements><camunda:properties>${Object.entries(given).map(([name, value]) => `<camunda:property name="${name}" value="${value.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;')}"/>`).join('')}</camunda:properties></bpmn:extensionElements>`;
export const timer = (kind: string, value: string): string => `<bpmn:timerEventDefinition><bpmn:${kind}>${value}</bpmn:${kind}></bpmn:timerEventDefinition>`;
export const boundary = (id: string, host: string, definition: string, attributes = ''): string => `<bpmn:boundaryEvent id="${id}" attachedToRef="${host}" ${attributes}>${definition}</bpmn:boundaryEvent>`;
export const catching = (id: string, definition: string, inner = ''): string => `<bpmn:intermediateCatchEvent id="${id}">${inner}${definition}</bpmn:intermediateCatchEvent>`;

/** start → steps in order → end */
export const inOrder = (...steps: { id: string; xml: string }[]): string => {
  const ids = ['s', ...steps.map(({ id }) => id), 'e'];
  return `${start}${steps.map(({ xml }) => xml).join('')}${end}${ids.slice(1).map((id, index) => `<bpmn:sequenceFlow id="f${index}" sourceRef="${ids[index]}" targetRef="${id}"/>`).join('')}`;
};
/** start → one step → end */
export const only = (xml: string): string => inOrder({ id: /id="([^"]+)"/.exec(xml)?.[1] ?? '', xml });
