// Only what the engine is proven to run. Everything else is refused by name instead of running wrongly.
import { child, eventDefinitions, isEventSubProcess, isType, refuse, type Element, type Rule } from './support/diagram.js';

const allowed = new Set(
  ['StartEvent', 'EndEvent', 'IntermediateCatchEvent', 'IntermediateThrowEvent', 'BoundaryEvent', 'Task', 'UserTask', 'ManualTask', 'ServiceTask', 'SendTask', 'ReceiveTask', 'BusinessRuleTask', 'ScriptTask', 'CallActivity', 'SubProcess', 'ExclusiveGateway', 'ParallelGateway', 'InclusiveGateway', 'EventBasedGateway', 'SequenceFlow', 'DataObject', 'DataObjectReference', 'DataStoreReference', 'DataInputAssociation', 'DataOutputAssociation'].map((name) => `bpmn:${name}`),
);

/** Where each kind of event may stand. */
const eventPlaces: Readonly<Record<string, readonly string[]>> = {
  'bpmn:TimerEventDefinition': ['StartEvent', 'IntermediateCatchEvent', 'BoundaryEvent'],
  'bpmn:ConditionalEventDefinition': ['StartEvent', 'IntermediateCatchEvent', 'BoundaryEvent'],
  'bpmn:MessageEventDefinition': ['StartEvent', 'IntermediateCatchEvent', 'BoundaryEvent', 'IntermediateThrowEvent', 'EndEvent'],
  'bpmn:SignalEventDefinition': ['StartEvent', 'IntermediateCatchEvent', 'BoundaryEvent', 'IntermediateThrowEvent', 'EndEvent'],
  'bpmn:ErrorEventDefinition': ['StartEvent', 'BoundaryEvent', 'EndEvent'],
  'bpmn:EscalationEventDefinition': ['StartEvent', 'BoundaryEvent', 'IntermediateThrowEvent', 'EndEvent'],
  'bpmn:LinkEventDefinition': ['IntermediateCatchEvent', 'IntermediateThrowEvent'],
  'bpmn:TerminateEventDefinition': ['EndEvent'],
  'bpmn:CompensateEventDefinition': ['BoundaryEvent', 'IntermediateThrowEvent', 'EndEvent'],
};

const short = (element: Element): string => element.$type.replace(/^\w+:/, '');

function problemOf(element: Element): string | null {
  if (!allowed.has(element.$type)) return `要素 ${short(element)} は使えません`;
  const definitions = eventDefinitions(element);
  if (definitions.length > 1) return 'イベントの種類は一つだけにしてください';
  for (const definition of definitions) {
    if (!eventPlaces[definition.$type]?.includes(short(element))) return `${short(definition)} は ${short(element)} に使えません`;
  }
  if (element['instantiate'] === true) return '業務を始める受信タスクやゲートウェイは使えません（メッセージ開始イベントにしてください）';
  const loop = child(element, 'loopCharacteristics');
  if (loop && isType(loop, 'StandardLoopCharacteristics')) return '標準ループは使えません（ゲートウェイで戻る流れを描いてください）';
  if (loop && isEventSubProcess(element)) return 'イベントサブプロセスは繰り返せません';
  if (isType(element, 'EventBasedGateway') && element['eventGatewayType'] === 'Parallel') return '並列のイベントゲートウェイは使えません';
  return null;
}

/** `unsupported-element`: complex gateway, ad-hoc sub-process, transaction, standard loop, choreography, events in places where BPMN or the engine has none. */
export const unsupportedElement: Rule = ({ elements }) =>
  elements.flatMap((element) => {
    const problem = problemOf(element);
    return problem ? [refuse('unsupported-element', element, problem)] : [];
  });
