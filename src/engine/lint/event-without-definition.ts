// An event that says neither what it waits for nor by which name can never be reached.
import { child, eventDefinitions, feelOf, isEventSubProcess, isType, refuse, text, type Element, type Rule } from './support/diagram.js';

const named: Readonly<Record<string, { reference: string; what: string }>> = {
  'bpmn:MessageEventDefinition': { reference: 'messageRef', what: 'メッセージ' },
  'bpmn:SignalEventDefinition': { reference: 'signalRef', what: 'シグナル' },
};

function problemOf(element: Element): string | null {
  const definitions = eventDefinitions(element);
  const needsOne = isType(element, 'IntermediateCatchEvent', 'BoundaryEvent') || (isType(element, 'StartEvent') && element.$parent !== undefined && isEventSubProcess(element.$parent));
  if (definitions.length === 0 && needsOne) return '何を待つイベントか（タイマー、メッセージなど）が決まっていません';
  if (isType(element, 'ReceiveTask') && !child(element, 'messageRef')) return '受信タスクに、待つメッセージがありません';
  for (const definition of definitions) {
    const kind = named[definition.$type];
    if (kind) {
      const reference = child(definition, kind.reference);
      if (!reference || text(reference, 'name') === null) return `${kind.what}の名前がありません`;
    }
    if (definition.$type === 'bpmn:ConditionalEventDefinition' && !(child(definition, 'condition') && text(child(definition, 'condition') as Element, 'body'))) return '条件がありません';
    if (definition.$type === 'bpmn:LinkEventDefinition' && text(definition, 'name') === null) return 'リンクの名前がありません';
    if (definition.$type === 'bpmn:EscalationEventDefinition' && !isType(element, 'BoundaryEvent', 'StartEvent') && !child(definition, 'escalationRef')) return 'エスカレーションの名前がありません';
  }
  return null;
}

/** `event-without-definition`; `call-without-process` for a call activity that names no process. */
export const eventWithoutDefinition: Rule = ({ elements }) =>
  elements.flatMap((element) => {
    if (isType(element, 'CallActivity')) {
      const called = text(element, 'calledElement');
      return called && (feelOf(called) !== null || /^[\w.-]+$/.test(called)) ? [] : [refuse('call-without-process', element, '呼び出す業務（calledElement）がありません')];
    }
    const problem = problemOf(element);
    return problem ? [refuse('event-without-definition', element, problem)] : [];
  });
