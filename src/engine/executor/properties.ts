// camunda:properties and input/output mappings, read from the author's element.
import type { Moddle } from './graph.js';

function extensions(element: Moddle | null, type: string): Moddle[] {
  const values: Moddle[] = element?.['extensionElements']?.values ?? [];
  return values.filter((value) => value.$type === type);
}

/** camunda:properties as written; later ones win. For events also those on the event definition. */
export function propertiesOf(element: Moddle | null): Record<string, string> {
  const found: Record<string, string> = {};
  for (const part of [...((element?.['eventDefinitions'] ?? []) as Moddle[]), element]) {
    for (const group of extensions(part, 'camunda:Properties')) {
      for (const property of (group['values'] ?? []) as Moddle[]) if (property.name !== undefined) found[property.name] = String(property['value'] ?? '');
    }
  }
  return found;
}

export interface Parameter {
  name: string;
  /** Text as written, a list, or a map of such. */
  value: ParameterValue;
}
export type ParameterValue = string | null | ParameterValue[] | { entries: [string, ParameterValue][] };

/** camunda:inputOutput/inputParameter; null when the element has none. */
export function inputParameters(element: Moddle | null): Parameter[] | null {
  const parameters = extensions(element, 'camunda:InputOutput').flatMap((group) => (group['inputParameters'] ?? []) as Moddle[]);
  if (parameters.length === 0) return null;
  return parameters.map((parameter) => ({ name: String(parameter.name), value: parameterValue(parameter) }));
}

function parameterValue(parameter: Moddle): ParameterValue {
  const definition: Moddle | undefined = parameter['definition'];
  if (!definition) return typeof parameter['value'] === 'string' ? parameter['value'] : null;
  if (definition.$type === 'camunda:List') return ((definition['items'] ?? []) as Moddle[]).map((item) => String(item['value'] ?? item['body'] ?? ''));
  if (definition.$type === 'camunda:Map') {
    return { entries: ((definition['entries'] ?? []) as Moddle[]).map((entry): [string, ParameterValue] => [String(entry['key']), parameterValue(entry)]) };
  }
  // A script inside a parameter has a text that is not FEEL: it is passed on to be refused where it is resolved.
  return String(definition['value'] ?? '');
}

export interface Mapping {
  source: string | null;
  sourceExpression: string | null;
  target: string | null;
  isAll: boolean;
  businessKey: string | null;
}

/** camunda:in or camunda:out of a call activity. */
export function mappings(element: Moddle | null, direction: 'camunda:In' | 'camunda:Out'): Mapping[] {
  return extensions(element, direction).map((mapping) => ({
    source: mapping['source'] ?? null, sourceExpression: mapping['sourceExpression'] ?? null, target: mapping['target'] ?? null,
    isAll: mapping['variables'] === 'all', businessKey: mapping['businessKey'] ?? null,
  }));
}
