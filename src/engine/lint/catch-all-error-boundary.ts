// A boundary event that catches every error also catches the engine's own refusals, and hides them.
import { child, eventDefinitions, isEventSubProcess, isType, refuse, text, type Element, type Rule } from './support/diagram.js';

const errorCode = (element: Element): string | null | undefined => {
  const definition = eventDefinitions(element).find(({ $type }) => $type === 'bpmn:ErrorEventDefinition');
  const error = definition && child(definition, 'errorRef');
  // the executor takes the name of an error that has no code
  return definition && (error ? (text(error, 'errorCode') ?? text(error, 'name')) : null);
};

const catches = (element: Element): boolean => isType(element, 'BoundaryEvent') || (isType(element, 'StartEvent') && element.$parent !== undefined && isEventSubProcess(element.$parent));

/** `catch-all-error-boundary`, and `error-without-code` for an error end event that nobody could catch. A lenient reading lets a boundary event catch every error. */
export const catchAllErrorBoundary: Rule = ({ elements, lenient }) =>
  elements.flatMap((element) => {
    if (errorCode(element) !== null) return [];
    if (catches(element)) return lenient ? [] : [refuse('catch-all-error-boundary', element, 'エラーの境界イベントには、受け取るエラーコードが要ります')];
    return isType(element, 'EndEvent') ? [refuse('error-without-code', element, 'エラー終了イベントにはエラーコードが要ります')] : [];
  });
