// The sequence flows of a diagram as its author drew them, read with bpmn-moddle alone (not with the engine under test).
import { BpmnModdle } from 'bpmn-moddle';

export interface Arrow {
  id: string;
  name: string | null;
  from: string;
  to: string;
  condition: string | null;
  isDefault: boolean;
}

interface Element {
  $type: string;
  id: string;
  name?: string;
  flowElements?: Element[];
  sourceRef?: Element;
  targetRef?: Element;
  conditionExpression?: { body: string };
  default?: Element;
}

/** All of them, those inside sub-processes too. */
export async function arrowsOf(xml: string): Promise<Arrow[]> {
  const { rootElement } = await new BpmnModdle().fromXML(xml);
  const roots = (rootElement as unknown as { rootElements: Element[] }).rootElements;
  const all = (parent: Element): Element[] => (parent.flowElements ?? []).flatMap((element) => [element, ...all(element)]);
  return roots.flatMap(all).filter((element) => element.$type === 'bpmn:SequenceFlow').map((flow) => ({
    id: flow.id, name: flow.name ?? null, from: flow.sourceRef!.id, to: flow.targetRef!.id,
    condition: flow.conditionExpression?.body ?? null, isDefault: flow.sourceRef!.default?.id === flow.id,
  }));
}
