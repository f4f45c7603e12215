// Every expression in a diagram, with the element it belongs to: one place that knows where the dialect allows them.
import { child, eventDefinitions, extensions, flowElements, isType, listOf, properties, text, type Element } from './diagram.js';

export interface Found {
  element: Element;
  /** As written, `=` or `${}` included. */
  value: string;
  /** What it is, for messages. */
  what: string;
  /** A formal expression may name its language. */
  language: string | null;
  /** A condition that is no expression at all would silently be a literal. */
  mustBeExpression: boolean;
  /** Code kept elsewhere: `camunda:resource`. */
  resource?: string | undefined;
}

const attributes: Readonly<Record<string, string>> = {
  assignee: '担当者', candidateGroups: '候補グループ', candidateUsers: '候補者', dueDate: '期限', followUpDate: '再開日', priority: '優先度', formKey: '様式', topic: '処理名', calledElement: '呼び出す業務', collection: '集まり',
};
const propertyNames = ['dueIn', 'remindBefore', 'escalateAfter', 'urgent', 'neverPaused', 'correlationKey', 'businessKey', 'payload'];

function formal(owner: Element, expression: unknown, what: string, mustBeExpression: boolean): Found[] {
  if (typeof expression !== 'object' || expression === null) return [];
  const body = text(expression as Element, 'body');
  const language = text(expression as Element, 'language');
  const resource = text(expression as Element, 'resource') ?? text(((expression as Element)['$attrs'] ?? {}) as Element, 'camunda:resource');
  if (resource !== null) return [{ element: owner, value: body ?? '', what, language, mustBeExpression, resource }];
  return body === null && language === null ? [] : [{ element: owner, value: body ?? '', what, language, mustBeExpression }];
}

function ofEvents(element: Element): Found[] {
  return eventDefinitions(element).flatMap((definition) => [
    ...['timeDate', 'timeDuration', 'timeCycle'].flatMap((kind) => formal(element, definition[kind], 'タイマー', false)),
    ...formal(element, definition['condition'], '条件イベント', true),
    ...ofMappings(element, definition),
  ]);
}

function ofLoop(element: Element): Found[] {
  const loop = child(element, 'loopCharacteristics');
  if (!loop) return [];
  const collection = text(loop, 'collection');
  return [
    ...formal(element, loop['loopCardinality'], '繰り返しの数', false),
    ...formal(element, loop['completionCondition'], '完了条件', true),
    ...formal(element, loop['loopCondition'], '繰り返しの条件', true),
    ...(collection ? [{ element, value: collection, what: '繰り返す集まり', language: null, mustBeExpression: false }] : []),
  ];
}

function literal(element: Element, value: string | null, what: string): Found[] {
  return value === null ? [] : [{ element, value, what, language: null, mustBeExpression: false }];
}

/** A parameter's value: text, or a list or map of such. */
function ofParameter(owner: Element, parameter: Element): Found[] {
  const definition = child(parameter, 'definition');
  const name = text(parameter, 'name') ?? '';
  if (!definition) return literal(owner, text(parameter, 'value'), `引数 ${name}`);
  return [...listOf(definition['items']), ...listOf(definition['entries'])].flatMap((item) => ofParameter(owner, item));
}

function ofMappings(owner: Element, holder: Element): Found[] {
  return extensions(holder).flatMap((extension) => {
    if (extension.$type === 'camunda:InputOutput') return [...listOf(extension['inputParameters']), ...listOf(extension['outputParameters'])].flatMap((parameter) => ofParameter(owner, parameter));
    if (extension.$type === 'camunda:In' || extension.$type === 'camunda:Out') return [...literal(owner, text(extension, 'sourceExpression'), '受け渡し'), ...literal(owner, text(extension, 'businessKey'), '業務の番号')];
    return [];
  });
}

function ofElement(element: Element): Found[] {
  const given = properties(element);
  return [
    ...(isType(element, 'SequenceFlow') ? formal(element, element['conditionExpression'], '条件', true) : []),
    ...Object.entries(attributes).flatMap(([name, what]) => literal(element, text(element, name), what)),
    ...propertyNames.flatMap((name) => literal(element, given.get(name) || null, name)),
    ...ofEvents(element),
    ...ofLoop(element),
    ...ofMappings(element, element),
  ];
}

/** All expressions (and literals that stand where one could) of a process. */
export const expressionsOf = (process: Element): Found[] => flowElements(process).flatMap((element) => ofElement(element));
