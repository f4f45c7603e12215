// XML → moddle. The dialect is Camunda 7's; Operaton, Flowable and Activiti say the same under other namespaces.
import { createRequire } from 'node:module';
import { BpmnModdle } from 'bpmn-moddle';
import type { Refusal } from '../model.js';
import type { Moddle } from './graph.js';

const camundaUri = 'http://camunda.org/schema/1.0/bpmn';
const sameDialect = /(["'])(?:http:\/\/operaton\.org\/schema\/1\.0\/bpmn|http:\/\/flowable\.org\/bpmn|http:\/\/activiti\.org\/bpmn)\1/g;
const require = createRequire(import.meta.url);
const camunda: unknown = require('camunda-bpmn-moddle/resources/camunda.json');

export interface ReadXml {
  definitions: Moddle | null;
  /** What the parser could not make sense of. */
  refusals: Refusal[];
}

/** Reads BPMN 2.0 XML. Never throws on bad XML: that is a refusal with rule `parse`. */
export async function readXml(xml: string): Promise<ReadXml> {
  const moddle = new BpmnModdle({ camunda });
  try {
    const { rootElement, warnings } = await moddle.fromXML(xml.replace(sameDialect, `$1${camundaUri}$1`));
    const refusals = warnings.map((warning) => ({ rule: 'parse', element: warning.element?.id ?? null, message: firstLine(warning.message) }));
    return { definitions: rootElement, refusals };
  } catch (error) {
    return { definitions: null, refusals: [{ rule: 'parse', element: null, message: firstLine(error instanceof Error ? error.message : 'not BPMN') }] };
  }
}

const firstLine = (text: string): string => text.split('\n')[0]!.trim();
