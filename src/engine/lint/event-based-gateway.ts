// After an event-based gateway stands what is waited for, and nothing else leads there.
import { child, isType, listOf, refuse, type Rule } from './support/diagram.js';

/** `event-based-gateway` */
export const eventBasedGateway: Rule = ({ elements }) =>
  elements.filter((element) => isType(element, 'EventBasedGateway')).flatMap((gateway) => {
    const targets = listOf(gateway['outgoing']).flatMap((flow) => child(flow, 'targetRef') ?? []);
    if (targets.length < 2) return [refuse('event-based-gateway', gateway, 'イベントゲートウェイの先は二つ以上にしてください')];
    if (!targets.every((target) => isType(target, 'IntermediateCatchEvent', 'ReceiveTask'))) return [refuse('event-based-gateway', gateway, 'イベントゲートウェイの先は、待つイベントか受信タスクにしてください')];
    return targets.filter((target) => listOf(target['incoming']).length > 1).map((target) => refuse('event-based-gateway', target, 'イベントゲートウェイの先のイベントに、ほかのフローは引けません'));
  });
