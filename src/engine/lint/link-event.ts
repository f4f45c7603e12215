// A link is a flow drawn in two halves: each name has at least one throw and exactly one catch in its scope.
import { eventDefinitions, isType, refuse, text, type Element, type Rule } from './support/diagram.js';

const linkName = (element: Element): string | null => {
  const link = eventDefinitions(element).find(({ $type }) => $type === 'bpmn:LinkEventDefinition');
  return link ? text(link, 'name') : null;
};

/** `link-event` */
export const linkEvent: Rule = ({ elements }) =>
  elements.flatMap((element) => {
    const name = linkName(element);
    if (name === null) return [];
    const isCatch = isType(element, 'IntermediateCatchEvent');
    const same = elements.filter((other) => other !== element && other.$parent === element.$parent && linkName(other) === name);
    const catches = same.filter((other) => isType(other, 'IntermediateCatchEvent'));
    if (isCatch && catches.length > 0) return [refuse('link-event', element, `リンク ${name} の行き先が二つあります`)];
    const partner = isCatch ? same.length > catches.length : catches.length > 0;
    return partner ? [] : [refuse('link-event', element, `リンク ${name} の${isCatch ? '出どころ' : '行き先'}がありません`)];
  });
