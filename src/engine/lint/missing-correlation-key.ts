// With two cases waiting for the same message, its name alone does not say which one is meant.
import { eventDefinitions, isType, properties, refuse, type Element, type Rule } from './support/diagram.js';

export const catchesMessage = (element: Element): boolean =>
  isType(element, 'ReceiveTask') || (isType(element, 'IntermediateCatchEvent', 'BoundaryEvent') && eventDefinitions(element).some(({ $type }) => $type === 'bpmn:MessageEventDefinition'));

/** `missing-correlation-key`: message catch and boundary events and receive tasks. A message start event needs none. */
export const missingCorrelationKey: Rule = ({ elements, lenient }) =>
  elements.filter(catchesMessage).filter((element) => !lenient && !properties(element).get('correlationKey')).map((element) => refuse('missing-correlation-key', element, 'どの件への連絡かを決める correlationKey（例 =caseId）がありません'));
