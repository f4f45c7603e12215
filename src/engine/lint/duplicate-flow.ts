// Two flows between the same elements under the same condition are one flow and a slip of the hand: the token would double.
import { child, isType, refuse, text, type Element, type Rule } from './support/diagram.js';

const keyOf = (flow: Element): string => {
  const condition = child(flow, 'conditionExpression');
  return JSON.stringify([child(flow, 'sourceRef')?.id, child(flow, 'targetRef')?.id, condition ? text(condition, 'body') : null]);
};

/** `duplicate-flow` */
export const duplicateFlow: Rule = ({ elements }) => {
  const seen = new Set<string>();
  return elements.filter((element) => isType(element, 'SequenceFlow')).flatMap((flow) => {
    const key = keyOf(flow);
    if (seen.has(key)) return [refuse('duplicate-flow', flow, '同じ所を結ぶ同じ条件のフローが重なっています')];
    seen.add(key);
    return [];
  });
};
