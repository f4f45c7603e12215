// Events that wait and events that throw. Ours take the place of the package's: nothing here is delivered by broadcast,
// buffered in queues, or fired by a clock. A waiting event ends only when the step signals its execution id.
import { type Activity, type Armed, type Content, copyContent, type Message, type Rearm, type RunEnvironment } from './elements.js';
import type { EventSpec } from './graph.js';
import { hostOf, nodeOf, ownFrame, type Host } from './host.js';
import { armTimer, nextRound } from './timer.js';
import { decide, scopeOf } from './scope.js';
import { throwMessage } from './thrown.js';

interface EventDefinition {
  type: string;
  behaviour: { spec: EventSpec };
}

/** A waiting event definition: timer, message, signal, conditional, error, escalation, and the ones made by lowering. */
export class CatchDefinition {
  readonly id: string;
  readonly type: string;
  readonly spec: EventSpec;
  private readonly activity: Activity;
  private readonly environment: RunEnvironment;
  private content: Content | null = null;

  constructor(activity: Activity, definition: EventDefinition) {
    this.id = activity.id;
    this.type = definition.type;
    this.spec = definition.behaviour.spec;
    this.activity = activity;
    this.environment = activity.environment;
  }

  execute(message: Message): void {
    const content = (this.content = message.content);
    const broker = this.activity.broker;
    if (this.hostIsGone(content)) return broker.publish('execution', 'execute.discard', copyContent(content));
    broker.subscribeTmp('api', `activity.#.${content.executionId}`, (_key, api) => this.onApi(api), {
      noAck: true, consumerTag: `_api-${content.executionId}`, priority: 400,
    });
    if (content.armed) return;
    const host = hostOf(this.environment);
    const rearm = (content.inbound?.[0] as Content | undefined)?.rearm;
    if (this.spec.kind === 'timer') {
      this.remember({ armed: armTimer(host, this.id, this.spec, this.frame(), rearm) });
    } else if (this.spec.kind === 'conditional') {
      this.look(host, rearm?.latched === true);
    }
  }

  /** True when the activity that a boundary event sits on has left, or runs again, since the event was queued. */
  private hostIsGone(content: Content): boolean {
    const attachedTo = this.activity.attachedTo;
    if (!attachedTo) return false;
    return !attachedTo.status || attachedTo.executionId !== content.inbound?.[0]?.executionId;
  }

  private frame(): ReturnType<typeof ownFrame> {
    return ownFrame(this.content!, this.environment.options.frame ?? null);
  }

  /** Writes what must survive save and load into the message that stands for this wait. */
  private remember(part: { armed: Armed }): void {
    this.content = copyContent(this.content!, part);
    this.activity.broker.publish('execution', 'execute.armed', copyContent(this.content));
  }

  /** A conditional event looks at its condition. One that has fired must see it false before it fires again. */
  private look(host: Host, latched: boolean): void {
    if (this.spec.kind !== 'conditional') return;
    const isTrue = decide(host, this.id, { text: this.spec.condition, language: this.spec.language }, scopeOf(host, this.frame()));
    if (isTrue && !latched) {
      host.completed.add(this.content!.executionId);
      return this.complete();
    }
    if (!this.content!.armed || this.content!.armed.latched !== isTrue) this.remember({ armed: { latched: isTrue } });
  }

  private onApi(message: Message): void {
    switch (message.properties['type']) {
      case 'signal':
        if ((message.content['message'] as { look?: boolean } | undefined)?.look) {
          return this.look(hostOf(this.environment), this.content!.armed?.latched === true);
        }
        return this.complete();
      case 'discard':
        this.stop();
        return this.activity.broker.publish('execution', 'execute.discard', copyContent(this.content!));
      case 'stop':
        return this.stop();
    }
  }

  private complete(): void {
    const content = this.content!;
    this.stop();
    const host = hostOf(this.environment);
    const isBoundary = this.activity.attachedTo !== null;
    const interrupts = isBoundary && nodeOf(host, this.activity).cancelActivity;
    if (isBoundary && !interrupts) this.armAgain(content);
    this.activity.broker.publish('execution', 'execute.completed', copyContent(content, { state: 'catch', ...(interrupts && { cancelActivity: true }) }));
  }

  /** Non-interrupting boundary events listen again while their host is there; the package's own fire once. */
  private armAgain(content: Content): void {
    const inbound = content.inbound?.[0];
    if (!inbound) return;
    const rearm: Rearm | null = this.spec.kind === 'timer' ? nextRound(content.armed ?? {}) : this.spec.kind === 'conditional' ? { latched: true } : {};
    if (!rearm) return;
    this.activity.broker.getQueue('inbound-q').queueMessage({ routingKey: 'activity.restart' }, { ...structuredClone(inbound), rearm });
  }

  private stop(): void {
    if (this.content) this.activity.broker.cancel(`_api-${this.content.executionId}`);
  }
}

/** A throwing event definition. Messages leave the instance; the rest waits until the step has come to rest. */
export class ThrowDefinition {
  readonly id: string;
  readonly type: string;
  private readonly spec: EventSpec;
  private readonly activity: Activity;

  constructor(activity: Activity, definition: EventDefinition) {
    this.id = activity.id;
    this.type = definition.type;
    this.spec = definition.behaviour.spec;
    this.activity = activity;
  }

  execute(message: Message): void {
    const content = message.content;
    const { broker, environment } = this.activity;
    const host = hostOf(environment);
    const complete = (): void => broker.publish('execution', 'execute.completed', copyContent(content));
    if (this.spec.kind === 'message') {
      throwMessage(host, nodeOf(host, this.activity), this.spec.name, environment.options.frame ?? null);
      return complete();
    }
    const tag = `_api-${content.executionId}`;
    broker.subscribeTmp('api', `activity.#.${content.executionId}`, (_key, api) => {
      broker.cancel(tag);
      if (api.properties['type'] === 'signal') complete();
      else if (api.properties['type'] === 'discard') broker.publish('execution', 'execute.discard', copyContent(content));
    }, { noAck: true, consumerTag: tag, priority: 400 });
    if (!message.fields.redelivered) host.parked.push({ executionId: content.executionId, nodeId: this.id, spec: this.spec });
  }
}
