// `incoming` and `outgoing` are said twice in BPMN, in the flow and in its ends; the flow is what counts.
import { child, isSubProcess, isType, listOf, type Element } from './diagram.js';

/** Sets `incoming` and `outgoing` of every element of a scope, sub-processes included, from the flows; flows without an id get one. */
export function linkFlows(scope: Element): void {
  const elements = listOf(scope['flowElements']);
  const flows = elements.filter((element) => isType(element, 'SequenceFlow'));
  flows.forEach((flow, index) => (flow.id ??= `${scope.id ?? 'scope'}_flow_${index + 1}`));
  for (const element of elements) {
    if (isType(element, 'SequenceFlow', 'DataObject', 'DataObjectReference', 'DataStoreReference')) continue;
    element['incoming'] = flows.filter((flow) => child(flow, 'targetRef') === element);
    element['outgoing'] = flows.filter((flow) => child(flow, 'sourceRef') === element);
    if (isSubProcess(element)) linkFlows(element);
  }
}
