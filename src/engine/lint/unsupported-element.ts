// Only what the engine is proven to run. Everything else is refused by name instead of running wrongly.
import { child, eventDefinitions, isEventSubProcess, isSubProcess, isType, listOf, refuse, type Element, type Rule } from './support/diagram.js';

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

const has = (element: Element, kind: string): boolean => eventDefinitions(element).some(({ $type }) => $type === `bpmn:${kind}EventDefinition`);

/** Below `scope`, not in it: what has completed in there is forgotten, so an undoing from outside would not reach it. */
const undoesBelow = (scope: Element): boolean =>
  listOf(scope['flowElements']).some((element) => isSubProcess(element) && (listOf(element['flowElements']).some((inner) => isType(inner, 'BoundaryEvent') && has(inner, 'Compensate')) || undoesBelow(element)));

/** What a diagram made here may not hold, though one made elsewhere can be played with it. */
function strictProblemOf(element: Element): string | null {
  if (isType(element, 'StartEvent') && element.$parent && isType(element.$parent, 'Process') && ['Timer', 'Signal', 'Conditional'].some((kind) => has(element, kind))) {
    return 'タイマー・シグナル・条件では業務は始まりません（メッセージ開始イベントにしてください）';
  }
  if (!has(element, 'Compensate')) return null;
  if (isType(element, 'IntermediateThrowEvent')) return '補償の中間イベントは補償の終わりを待てません（補償の終了イベントにしてください）';
  return isType(element, 'EndEvent') && element.$parent && undoesBelow(element.$parent) ? 'サブプロセスの中の補償には外から届きません（サブプロセスの中に補償の終了イベントを描いてください）' : null;
}

function problemOf(element: Element): string | null {
  if (!allowed.has(element.$type)) return `要素 ${short(element)} は使えません`;
  const referred = element['eventDefinitionRef'];
  if (Array.isArray(referred) && referred.length > 0) return 'イベントの種類はイベントの中に書いてください（eventDefinitionRef は使えません）';
  const definitions = eventDefinitions(element);
  if (definitions.length > 1) return 'イベントの種類は一つだけにしてください';
  for (const definition of definitions) {
    if (!eventPlaces[definition.$type]?.includes(short(element))) return `${short(definition)} は ${short(element)} に使えません`;
  }
  if (isType(element, 'BoundaryEvent') && has(element, 'Escalation') && isType(child(element, 'attachedToRef') ?? element, 'CallActivity')) return '呼び出した業務のエスカレーションは届きません（呼び出しにはエラーの境界イベントを使ってください）';
  if (element['instantiate'] === true) return '業務を始める受信タスクやゲートウェイは使えません（メッセージ開始イベントにしてください）';
  const loop = child(element, 'loopCharacteristics');
  if (loop && isType(loop, 'StandardLoopCharacteristics')) return '標準ループは使えません（ゲートウェイで戻る流れを描いてください）';
  if (loop && isEventSubProcess(element)) return 'イベントサブプロセスは繰り返せません';
  if (isType(element, 'EventBasedGateway') && element['eventGatewayType'] === 'Parallel') return '並列のイベントゲートウェイは使えません';
  return null;
}

/** `unsupported-element`: complex gateway, ad-hoc sub-process, transaction, standard loop, choreography, events in places where BPMN or the engine has none; strictly also starts that nothing starts and an undoing that would not happen. */
export const unsupportedElement: Rule = ({ elements, lenient }) =>
  elements.flatMap((element) => {
    const problem = problemOf(element) ?? (lenient ? null : strictProblemOf(element));
    return problem ? [refuse('unsupported-element', element, problem)] : [];
  });
