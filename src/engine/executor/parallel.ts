// The parallel join, by the rule of BPMN 2.0.2 §13.4.1: it takes exactly one token from each incoming flow. The package's
// own takes all that have come, and counts by source instead of by flow.
import { core, handlersOf, type InboundHandler } from './elements.js';
import { fireJoin, keepingJoin, waitingFlows } from './inclusive.js';
import { hostOf } from './host.js';

/** A parallel gateway; with several incoming flows, what is left after it has fired waits for the next round. */
export function ParallelJoin(definition: Record<string, unknown>, context: { getInboundSequenceFlows(id: unknown): unknown[] }): unknown {
  const incoming = context.getInboundSequenceFlows(definition['id']).length;
  if (incoming < 2) return new core['ParallelGateway']!(definition, context);
  const { join, take } = keepingJoin(definition, context);
  const { arrivals } = hostOf(join.environment);
  const queueArrival: InboundHandler = (_key, message) => {
    // queued like every arrival, so that the stack stays flat; a token that has gone back to wait comes again by itself
    arrivals.push(() => {
      if (!message.pending || !join.broker.getConsumer('_run-on-inbound')) return;
      take(message);
      if (waitingFlows(join) === incoming) fireJoin(join);
    });
  };
  handlersOf(join).onInbound = queueArrival; // named first: see api.ts
  return join;
}
