// V8 puts a function literal that is assigned to a property (`api.getExecuting = function …`) into the old generation. The
// package does that for every api of an activity that it makes, and each such function holds all that its step has made
// until the next full collection: half of what a step cost went into that. Here the same api is made without it.
import { type Activity, core, type Message } from './elements.js';

const exec = Symbol.for('exec');
const postponed = Symbol.for('postponed');
const executeMessage = Symbol.for('executeMessage');

interface Api {
  getExecuting?(): Api[];
}

interface Execution {
  broker: unknown;
  source: { getApi?(message: Message): Api | undefined };
  [postponed]: Set<Message>;
  [executeMessage]: Message;
  getApi(message?: Message): Api;
}

const nothing: never[] = [];
const probed = { environment: new core.Environment(), getInboundSequenceFlows: () => nothing, getInboundAssociations: () => nothing, getOutboundSequenceFlows: () => nothing, loadExtensions(): void {} };

/** Replaces how the executions of all activities make their apis. */
function makeYoungApis(): void {
  class Probe {
    execute(): void {}
  }
  const activity = new core.Activity(Probe, { id: 'probe', type: 'probe' }, probed);
  activity.run({});
  const ofExecution = Object.getPrototypeOf(activity.execution) as Execution;
  const ofActivity = Object.getPrototypeOf(activity) as { getApi(this: { broker: unknown; [exec]: Map<string, unknown> }, message: Message): Api };
  const noExecution = new Map<string, Activity>();

  ofExecution.getApi = function youngApi(this: Execution, message = this[executeMessage]): Api {
    const own = this.source.getApi?.(message);
    if (own) return own;
    const api = ofActivity.getApi.call({ broker: this.broker, [exec]: noExecution }, message);
    const getExecuting = (): Api[] => [...this[postponed]].filter((one) => one.content.executionId !== message.content.executionId).map((one) => this.getApi(one));
    api.getExecuting = getExecuting;
    return api;
  };
}

makeYoungApis();
