// The package has no types of its own.
declare module 'bpmn-moddle' {
  import type { Moddle } from './graph.js';

  export class BpmnModdle {
    constructor(packages?: Record<string, unknown>);
    /** @throws when the text is not XML or not BPMN at all */
    fromXML(xml: string): Promise<{ rootElement: Moddle; warnings: { message: string; element?: Moddle }[] }>;
  }
}
