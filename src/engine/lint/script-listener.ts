// Listeners and scripted parameters are code beside the diagram. A lenient reading ignores listeners that call a class.
import { child, eventDefinitions, extensions, isElement, listOf, refuse, text, type Element, type Rule } from './support/diagram.js';

function hasScript(parameter: Element): boolean {
  const definition = child(parameter, 'definition');
  if (!definition) return false;
  return definition.$type === 'camunda:Script' || [...listOf(definition['items']), ...listOf(definition['entries'])].some((item) => item.$type === 'camunda:Script' || hasScript(item));
}

function ofExtension(extension: Element, lenient: boolean): string | null {
  if (extension.$type === 'camunda:ExecutionListener' || extension.$type === 'camunda:TaskListener') {
    return !lenient || isElement(extension['script']) ? `リスナー（${text(extension, 'event') ?? ''}）は使えません` : null;
  }
  const holder = extension.$type === 'camunda:Connector' ? child(extension, 'inputOutput') : extension;
  const parameters = holder ? [...listOf(holder['inputParameters']), ...listOf(holder['outputParameters'])] : [];
  if (parameters.some(hasScript)) return '引数にスクリプトは使えません';
  return extension.$type === 'camunda:Connector' && !lenient ? 'コネクタは使えません（サービスタスクの処理名で呼んでください）' : null;
}

const attributes = ['scriptFormat', 'script', 'resource', 'variableMappingClass', 'variableMappingDelegateExpression', 'taskListener', 'errorCodeVariableScript'];

/** `script-listener`: executionListener, taskListener, connector, scripts in parameters, scriptFormat on anything but a script task. */
export const scriptListener: Rule = ({ process, elements, lenient }) =>
  [...(process ? [process] : []), ...elements].flatMap((element) => {
    const told = [element, ...eventDefinitions(element)].flatMap((holder) => extensions(holder)).flatMap((extension) => ofExtension(extension, lenient) ?? []);
    const scripted = element.$type === 'bpmn:ScriptTask' ? [] : attributes.filter((name) => text(element, name) !== null).map((name) => `${name} は使えません`);
    return [...new Set([...told, ...scripted])].map((message) => refuse('script-listener', element, message));
  });
