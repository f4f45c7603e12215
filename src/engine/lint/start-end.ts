// A scope begins somewhere and ends somewhere.
import type { Refusal } from '../model.js';
import { eventDefinitions, isEventSubProcess, isSubProcess, isType, listOf, refuse, type Element, type Rule } from './support/diagram.js';

const starts = (scope: Element): Element[] => listOf(scope['flowElements']).filter((element) => isType(element, 'StartEvent'));

function ofScope(scope: Element, isProcess: boolean, lenient: boolean): Refusal[] {
  const found: Refusal[] = [];
  const steps = listOf(scope['flowElements']).filter((element) => !isType(element, 'SequenceFlow', 'DataObject', 'DataObjectReference', 'DataStoreReference'));
  const blank = starts(scope).filter((start) => eventDefinitions(start).length === 0);
  // sub-processes drawn elsewhere often leave out both events; what has no inbound flow then begins
  const optional = lenient && !isProcess && steps.length > 0;
  if (starts(scope).length === 0 && !optional) found.push(refuse('no-start', scope, `${isProcess ? '業務' : 'サブプロセス'}に開始イベントがありません`));
  if (!steps.some((element) => isType(element, 'EndEvent')) && !optional) found.push(refuse('no-end', scope, `${isProcess ? '業務' : 'サブプロセス'}に終了イベントがありません`));
  if (blank.length > 1) found.push(refuse('several-blank-starts', blank[1] as Element, '種類のない開始イベントは一つだけです'));
  return found;
}

/** `no-start`, `no-end`, `several-blank-starts`: for the process and each sub-process. */
export const startEnd: Rule = ({ process, elements, lenient }) =>
  process === null ? [] : [...ofScope(process, true, lenient), ...elements.filter((element) => isSubProcess(element) && !isEventSubProcess(element)).flatMap((scope) => ofScope(scope, false, lenient)), ...elements.filter(isEventSubProcess).filter((scope) => starts(scope).length === 0).map((scope) => refuse('no-start', scope, 'イベントサブプロセスに開始イベントがありません'))];
