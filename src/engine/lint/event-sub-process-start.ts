// An event sub-process is begun by an event; an ordinary one by its flow.
import { eventDefinitions, isEventSubProcess, isSubProcess, isType, listOf, refuse, type Rule } from './support/diagram.js';

/** `event-sub-process-start` */
export const eventSubProcessStart: Rule = ({ elements }) =>
  elements.filter(isSubProcess).flatMap((scope) => {
    const starts = listOf(scope['flowElements']).filter((element) => isType(element, 'StartEvent'));
    const typed = starts.filter((start) => eventDefinitions(start).length > 0);
    if (!isEventSubProcess(scope)) return typed.map((start) => refuse('event-sub-process-start', start, 'サブプロセスの開始イベントには種類を付けられません'));
    const flows = [...listOf(scope['incoming']), ...listOf(scope['outgoing'])];
    if (flows.length > 0) return [refuse('event-sub-process-start', scope, 'イベントサブプロセスにフローは引けません')];
    return starts.length === 1 && typed.length === 1 ? [] : [refuse('event-sub-process-start', scope, 'イベントサブプロセスの開始イベントは、種類のあるもの一つだけです')];
  });
