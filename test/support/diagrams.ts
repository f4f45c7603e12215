// Small diagrams for tests, written by hand, and what tests do with them again and again.
import type { App } from '../../src/app.js';
import { deployDefinition, type Deployed } from '../../src/actions/deploy-definition.js';
import type { Person, System } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { query } from './database.js';

export const keeper: System = { kind: 'system', name: 'test' };

const heads = 'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** A definitions document: `roots` are messages, signals, errors; `body` is the inside of the process. */
export function diagram(id: string, body: string, roots = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions ${heads} id="d_${id}" targetNamespace="urn:test">${roots}<bpmn:process id="${id}" name="${id}" isExecutable="true">${body}</bpmn:process></bpmn:definitions>`;
}

export const message = (name: string): string => `<bpmn:message id="m_${name}" name="${name}" />`;
export const signal = (name: string): string => `<bpmn:signal id="s_${name}" name="${name}" />`;

/** Sequence flows `a>b`, or `a>b ? =condition`; the first may be followed by `!` for "default of a" (see `xor`). */
export function flows(...list: string[]): string {
  return list
    .map((text) => {
      const [path, condition] = text.split(' ? ') as [string, string | undefined];
      const [from, to] = path.split('>');
      const when = condition === undefined ? '' : `<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${escape(condition)}</bpmn:conditionExpression>`;
      return `<bpmn:sequenceFlow id="${from}_to_${to}" sourceRef="${from}" targetRef="${to}">${when}</bpmn:sequenceFlow>`;
    })
    .join('');
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

export const startBy = (name: string, id = 'start'): string => `<bpmn:startEvent id="${id}" name="start"><bpmn:messageEventDefinition id="${id}_m" messageRef="m_${name}" /></bpmn:startEvent>`;
export const end = (id = 'end'): string => `<bpmn:endEvent id="${id}" name="end" />`;
export const start = (id = 'start'): string => `<bpmn:startEvent id="${id}" name="start" />`;
export const xor = (id: string, fallback?: string): string => `<bpmn:exclusiveGateway id="${id}" name="${id}?"${fallback ? ` default="${id}_to_${fallback}"` : ''} />`;
export const and = (id: string): string => `<bpmn:parallelGateway id="${id}" />`;

export interface TaskShape {
  group?: string;
  form?: string;
  properties?: Record<string, string>;
  /** Multi-instance or other inner elements. */
  inner?: string;
}

export function task(id: string, shape: TaskShape = {}): string {
  const properties = Object.entries(shape.properties ?? {}).map(([name, value]) => `<camunda:property name="${name}" value="${escape(value)}" />`).join('');
  const extension = properties ? `<bpmn:extensionElements><camunda:properties>${properties}</camunda:properties></bpmn:extensionElements>` : '';
  return `<bpmn:userTask id="${id}" name="${id}" camunda:candidateGroups="${escape(shape.group ?? 'grp.intake.elder')}"${shape.form ? ` camunda:formKey="${shape.form}"` : ''}>${extension}${shape.inner ?? ''}</bpmn:userTask>`;
}

export function service(id: string, handler: string, input: Record<string, string> = {}): string {
  const parameters = Object.entries(input).map(([name, value]) => `<camunda:inputParameter name="${name}">${escape(value)}</camunda:inputParameter>`).join('');
  return `<bpmn:serviceTask id="${id}" name="${id}" camunda:type="external" camunda:topic="${handler}"><bpmn:extensionElements><camunda:inputOutput>${parameters}</camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>`;
}

const correlation = (key: string | null): string => (key === null ? '' : `<bpmn:extensionElements><camunda:properties><camunda:property name="correlationKey" value="${escape(key)}" /></camunda:properties></bpmn:extensionElements>`);

export const catchMessage = (id: string, name: string, key: string | null): string => `<bpmn:intermediateCatchEvent id="${id}" name="${id}">${correlation(key)}<bpmn:messageEventDefinition id="${id}_m" messageRef="m_${name}" /></bpmn:intermediateCatchEvent>`;
export const throwMessage = (id: string, name: string, properties: Record<string, string> = {}): string =>
  `<bpmn:intermediateThrowEvent id="${id}" name="${id}"><bpmn:extensionElements><camunda:properties>${Object.entries(properties).map(([n, v]) => `<camunda:property name="${n}" value="${escape(v)}" />`).join('')}</camunda:properties></bpmn:extensionElements><bpmn:messageEventDefinition id="${id}_m" messageRef="m_${name}" /></bpmn:intermediateThrowEvent>`;
export const catchSignal = (id: string, name: string): string => `<bpmn:intermediateCatchEvent id="${id}" name="${id}"><bpmn:signalEventDefinition id="${id}_s" signalRef="s_${name}" /></bpmn:intermediateCatchEvent>`;
export const throwSignal = (id: string, name: string): string => `<bpmn:intermediateThrowEvent id="${id}" name="${id}"><bpmn:signalEventDefinition id="${id}_s" signalRef="s_${name}" /></bpmn:intermediateThrowEvent>`;

const duration = (id: string, value: string): string => `<bpmn:timerEventDefinition id="${id}_t"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">${value}</bpmn:timeDuration></bpmn:timerEventDefinition>`;
export const boundaryTimer = (id: string, on: string, value: string, interrupting = true): string => `<bpmn:boundaryEvent id="${id}" name="${id}" attachedToRef="${on}" cancelActivity="${interrupting}">${duration(id, value)}</bpmn:boundaryEvent>`;
export const catchTimer = (id: string, value: string): string => `<bpmn:intermediateCatchEvent id="${id}" name="${id}">${duration(id, value)}</bpmn:intermediateCatchEvent>`;

/** One radio field `result` (ok, no), handed to the process as `result`, and a free text `memo`. */
export const form: Json = {
  type: 'default',
  id: 'form',
  schemaVersion: 18,
  components: [
    { type: 'radio', id: 'form_result', key: 'result', label: '結果', values: [{ label: 'よい', value: 'ok' }, { label: 'だめ', value: 'no' }], validate: { required: true }, properties: { variable: 'result' } },
    { type: 'textarea', id: 'form_memo', key: 'memo', label: 'メモ' },
  ],
};

/** Deploys; every refusal fails the test. */
export async function deploy(app: App, xml: string, forms: Record<string, Json> = {}): Promise<Deployed> {
  try {
    return await deployDefinition(app, keeper, { xml, forms });
  } catch (error) {
    throw new Error(`refused: ${JSON.stringify((error as { extra?: unknown }).extra ?? String(error))}`, { cause: error });
  }
}

export interface OpenTask {
  id: string;
  elementId: string;
  version: number;
  assigneeId: string | null;
  candidateGroups: string[];
  dueAt: Date | null;
  instanceId: string;
}

/** Open tasks of a business key, by the name of their element. */
export async function openTasks(url: string, businessKey: string): Promise<OpenTask[]> {
  return query<OpenTask & Record<string, unknown>>(
    url,
    `select id, element_id as "elementId", version, assignee_id as "assigneeId", candidate_groups as "candidateGroups", due_at as "dueAt", instance_id as "instanceId"
     from task where business_key = $1 and status = 'open' order by element_id, id`,
    [businessKey],
  );
}

/** The one open task of that element. */
export async function openTask(url: string, businessKey: string, elementId?: string): Promise<OpenTask> {
  const found = (await openTasks(url, businessKey)).filter((t) => elementId === undefined || t.elementId === elementId);
  if (found.length !== 1) throw new Error(`${found.length} open tasks ${elementId ?? ''} of ${businessKey}`);
  return found[0]!;
}

/** A person who is in these groups and has these roles; not in the database. */
export const stranger = (person: Person, change: Partial<Person>): Person => ({ ...person, ...change });
