// The package's parts speak through message brokers (smqp), and those tell themselves by messages of the same kind of every
// consumer that comes, every queue that runs empty and every queue that goes: nine of ten queues and seven of ten messages
// of a step. Here the same things are said by plain calls, in the same order. What is left in a saved state is the same.
import { core, type RunEnvironment } from './elements.js';

const entities = Symbol.for('entities');
const eventHandler = Symbol.for('eventHandler');
const name = Symbol.for('name');
const type = Symbol.for('type');
const bindings = Symbol.for('bindings');
const stopped = Symbol.for('stopped');
const deliveryQueue = Symbol.for('deliveryQueue');
const waiting = Symbol('waiting');
const isDelivering = Symbol('isDelivering');

type Listener = (event: string, message: { content: unknown }) => void;

/** Tells its listeners one event after the other; what is said meanwhile waits for its turn. */
class PlainEvents {
  private listeners: { pattern: string; listener: Listener }[] = [];
  private readonly waiting: { event: string; content: unknown }[] = [];
  private isTelling = false;

  publish(event: string, content: unknown): void {
    this.waiting.push({ event, content });
    if (this.isTelling) return;
    this.isTelling = true;
    try {
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) this.tell(next.event, next.content);
    } finally {
      this.isTelling = false;
    }
  }
  emit(event: string, content: unknown): void {
    this.publish(event, content);
  }
  on(pattern: string, listener: Listener): { cancel(): void } {
    if (pattern !== '#' && /[#*]/.test(pattern)) throw new Error(`only whole names are listened for, not ${pattern}`);
    const one = { pattern, listener };
    this.listeners = [...this.listeners, one];
    return { cancel: () => void (this.listeners = this.listeners.filter((other) => other !== one)) };
  }
  off(pattern: string, listener: Listener): void {
    this.listeners = this.listeners.filter((one) => one.pattern !== pattern || one.listener !== listener);
  }
  private tell(event: string, content: unknown): void {
    for (const one of this.listeners) {
      if ((one.pattern === '#' || one.pattern === event) && this.listeners.includes(one)) one.listener(event, { content });
    }
  }
}

interface Exchange {
  [name]: string;
  [type]: string;
  [bindings]: unknown[];
  [stopped]: boolean;
  [deliveryQueue]: unknown;
  [waiting]: { key: string; content: unknown; properties: unknown }[];
  [isDelivering]: boolean;
  options: unknown;
  events: PlainEvents;
  publish(key: string, content?: unknown, properties?: unknown): void;
  _emitReturn(key: string, content?: unknown, properties?: unknown): void;
  _onTopicMessage(key: string, message: { content: { content: unknown; properties: unknown }; ack(): void }): void;
}

interface Queue {
  events: PlainEvents;
}

interface Broker {
  owner: { environment?: RunEnvironment };
  [entities]: Map<'exchanges' | 'queues', Map<string, unknown>>;
  [eventHandler]: { listen(events: PlainEvents): void };
  getQueue(queueName: string): Queue | undefined;
  getExchange(exchangeName: string): Exchange | undefined;
  createQueue(queueName: string | null, options: unknown): Queue;
  assertExchange(exchangeName: string, exchangeType?: string, options?: unknown): Exchange;
}

/** Nothing waits for delivery between two steps, so there is nothing of it to save or to take up. */
const delivered = { messageCount: 0, consumerCount: 1, cancel(): void {}, close(): void {}, recover(): void {} };
const ack = (): void => {};

/** Delivers at once; what is published meanwhile is delivered after it. */
function publish(this: Exchange, key: string, content?: unknown, properties?: unknown): void {
  if (this[stopped]) return;
  if (this[bindings].length === 0) return this._emitReturn(key, content, properties);
  const open = this[waiting];
  open.push({ key, content, properties });
  if (this[isDelivering]) return;
  this[isDelivering] = true;
  try {
    for (let next = open.shift(); next; next = open.shift()) this._onTopicMessage(next.key, { content: next, ack });
  } finally {
    this[isDelivering] = false;
  }
}

const isPlain = (broker: Broker): boolean => broker.owner.environment?.options.plainBrokers === true;

/** Makes the brokers of every environment with the option `plainBrokers` plain; all others stay as they are. */
function makePlain(): void {
  const probe = new core.Definition({ id: 'probe', environment: new core.Environment() }).broker as unknown as Broker;
  const ofBroker = Object.getPrototypeOf(probe) as Broker;
  const ofExchange = Object.create(Object.getPrototypeOf(probe.getExchange('event')!) as object, { publish: { value: publish } }) as Exchange;
  const QueueOf = probe.getQueue('run-q')!.constructor as new (queueName: string, options: unknown, events: PlainEvents) => Queue;
  const { createQueue, assertExchange } = ofBroker;

  ofBroker.createQueue = function plainQueue(this: Broker, queueName, options): Queue {
    if (!isPlain(this) || (queueName && this.getQueue(queueName))) return createQueue.call(this, queueName, options);
    const named = queueName || `smq.qname-${Math.random().toString(16).substring(2, 12)}`;
    const events = new PlainEvents();
    this[eventHandler].listen(events);
    const queue = new QueueOf(named, options, events);
    this[entities].get('queues')!.set(named, queue);
    return queue;
  };
  ofBroker.assertExchange = function plainExchange(this: Broker, exchangeName, exchangeType = 'topic', options): Exchange {
    if (!isPlain(this) || exchangeType !== 'topic' || this.getExchange(exchangeName)) return assertExchange.call(this, exchangeName, exchangeType, options);
    const exchange = Object.create(ofExchange) as Exchange;
    Object.assign(exchange, {
      [name]: exchangeName, [type]: exchangeType, [bindings]: [], [stopped]: false, [deliveryQueue]: delivered, [waiting]: [], [isDelivering]: false,
      options: { durable: true, autoDelete: true, ...(options as object) }, events: new PlainEvents(),
    });
    this[eventHandler].listen(exchange.events);
    this[entities].get('exchanges')!.set(exchangeName, exchange);
    return exchange;
  };
}

makePlain();
/** Option of an environment: see makePlain. */
export const plainBrokers = { plainBrokers: true };
