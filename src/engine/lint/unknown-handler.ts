// A service task whose handler nobody wrote would wait for ever.
import { child, extensions, isType, refuse, text, type Element, type Rule } from './support/diagram.js';

const jobTypes = ['ServiceTask', 'SendTask', 'BusinessRuleTask'];
/** How other engines name what runs; a lenient reading takes each as the name of a job. */
const otherNames = ['class', 'delegateExpression', 'expression', 'decisionRef', 'implementation'];

export const isJob = (element: Element): boolean => isType(element, ...jobTypes);

/** The handler's name as written, `camunda:type="external" camunda:topic="…"`. */
export const topicOf = (element: Element): string | null => text(element, 'topic');

const elsewhere = (element: Element): string | undefined => otherNames.find((name) => text(element, name) !== null && !text(element, name)?.startsWith('##'));

/** `unknown-handler` */
export const unknownHandler: Rule = ({ elements, known, lenient }) =>
  elements.filter(isJob).flatMap((element) => {
    if (lenient) return [];
    const topic = topicOf(element);
    // a send task that names only its message throws it
    if (topic === null && isType(element, 'SendTask') && child(element, 'messageRef')) return [];
    const other = elsewhere(element) ?? (extensions(element).some(({ $type }) => $type === 'camunda:Connector') ? 'connector' : undefined);
    if (topic === null) return [refuse('unknown-handler', element, other ? `camunda:${other} は使えません（camunda:type="external" と camunda:topic に処理名を書いてください）` : '処理名（camunda:topic）がありません')];
    return known.handlers.has(topic) ? [] : [refuse('unknown-handler', element, `処理 ${topic} はありません`)];
  });
