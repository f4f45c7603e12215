// How each kind of element behaves: the package's where it is right, ours where it was measured to be wrong.
import { evaluateFeel, feelSource } from '../expressions.js';
import type { Json } from '../model.js';
import {
  type Activity, copyContent, core, type Frame, handlersOf, type InboundHandler, type Message, type ProcessExecution, type RunEnvironment,
} from './elements.js';
import type { FlowCondition } from './graph.js';
import { fail, hostOf, nodeOf, ownFrame, type Host } from './host.js';
import { SliceMiss } from './slice-miss.js';
import { decide, guarded, resolve, scopeOf } from './scope.js';
import type { Scope } from '../expressions.js';

/** One scope of variables for the whole instance, kept outside the package's state; clones share it. */
export class SharedEnvironment extends core.Environment {
  get variables(): Record<string, never> {
    return {}; // expressions read the host; the package only ever writes here
  }
  assignVariables(): void {}
  getState(): Record<string, never> {
    return {};
  }
  recover(): this {
    return this;
  }
}

/**
 * Flows without dead-path tokens. The package's own walk every branch that was not taken, which costs 2^n at n merges and
 * makes joins fire early.
 */
export function TakenFlow(definition: { targetId: string }, context: { environment: RunEnvironment; definitionContext: { getActivityById(id: string): unknown } }): unknown {
  const flow = new core['SequenceFlow']!(definition, context) as Flow;
  flow.discard = nothing;
  if (!context.definitionContext.getActivityById(definition.targetId)) flow.take = leaveSlice;
  return flow;
}

interface Flow {
  targetId: string;
  environment: RunEnvironment;
  discard(): void;
  take(content: unknown): boolean;
}

// one function for all flows, not a literal for each: see api.ts
function nothing(): void {}

function leaveSlice(this: Flow): never {
  throw (hostOf(this.environment).missed = new SliceMiss(this.targetId));
}

/**
 * Queues arriving tokens instead of running the next activity inside the last: the stack stays flat. And skips the
 * package's formatting of each message, which nothing here uses: a fifth of the cost of a step.
 */
export function adoptActivity(activity: Activity): void {
  if (activity.type === 'bpmn:Process') return;
  const handlers = handlersOf(activity);
  const { onInbound, onRunMessage } = handlers;
  // named first, then put there: see api.ts
  const skipFormatting: InboundHandler = (key, message) => (key === 'run.resume' ? onRunMessage(key, message) : activity._continueRunMessage(key, message));
  handlers.onRunMessage = skipFormatting;
  if (activity.type === 'bpmn:BoundaryEvent') return;
  const queueArrival: InboundHandler = (key, message) => {
    hostOf(activity.environment).arrivals.push(() => {
      // the scope may have been left, and its queue closed, while the token waited for its turn
      if (message.pending && activity.broker.getConsumer('_run-on-inbound')) onInbound(key, message);
    });
  };
  handlers.onInbound = queueArrival;
}

const SubProcessBehaviour = core['SubProcessBehaviour'] as unknown as new (activity: Activity, context: unknown) => {
  activity: Activity;
  environment: RunEnvironment;
  loopCharacteristics: unknown;
  _upsertExecution(message: Message): ProcessExecution;
  recover(state: unknown): ProcessExecution | undefined;
  _completeExecution(key: string, content: Message['content']): void;
};

/** A sub-process whose runs know which run they are, so that expressions inside see their own element variable. */
class FramedSubProcess extends SubProcessBehaviour {
  override _upsertExecution(message: Message): ProcessExecution {
    return this.frame(super._upsertExecution(message), message.content.executionId);
  }
  override recover(state: unknown): ProcessExecution | undefined {
    const execution = super.recover(state);
    return execution && this.frame(execution, execution.executionId);
  }
  override _completeExecution(key: string, content: Message['content']): void {
    if (key === 'execute.completed' && content.isMultiInstance) countDone(hostOf(this.environment), content.executionId);
    super._completeExecution(key, content);
  }
  /** Asked when it is needed: inner scopes are recovered before the outer ones know which run they are. */
  private frame(execution: ProcessExecution, executionId: string): ProcessExecution {
    const { environment, loopCharacteristics } = this;
    const outer = (): Frame | null => environment.options.frame ?? null;
    Object.defineProperty(execution.environment.options, 'frame', {
      configurable: true, // a recovered scope is met again when it is resumed
      get: (): Frame | null => (loopCharacteristics ? { executionId, outer: outer() } : outer()),
    });
    return execution;
  }
}

export function SubProcess(definition: Record<string, unknown>, context: unknown): unknown {
  return new core.Activity(FramedSubProcess, { ...definition, isSubProcess: true }, context);
}

/** One more run of a multi-instance activity is over. */
export function countDone(host: Host, executionId: string): void {
  const loop = host.loops[executionId.slice(0, executionId.lastIndexOf('_'))];
  if (loop) loop.done++;
}

/** A FEEL script task: the result goes into its result variable. */
class FeelScript {
  private readonly activity: Activity;
  constructor(activity: Activity) {
    this.activity = activity;
  }
  execute(message: Message): void {
    const host = hostOf(this.activity.environment);
    const node = nodeOf(host, this.activity);
    const source = String(node.element?.['script'] ?? '').trim().replace(/^=/, '');
    const variable: unknown = node.element?.['resultVariable'];
    const scope = scopeOf(host, ownFrame(message.content, this.activity.environment.options.frame ?? null));
    const value = guarded(host, node.id, () => evaluateFeel(source, scope));
    if (typeof variable === 'string' && variable !== '') {
      host.variables[variable] = value;
      host.hasNews = true;
    }
    this.activity.broker.publish('execution', 'execute.completed', copyContent(message.content));
  }
}

export function ScriptTask(definition: unknown, context: unknown): unknown {
  return new core.Activity(FeelScript, definition, context);
}

/** What the package asks an expression for; everything else it carries is ours and never evaluated by it. */
export interface LoopQuestion {
  ask: 'collection' | 'cardinality' | 'completion';
  nodeId: string;
  text: string;
  variable: string | null;
}

interface AskedFrom {
  environment: RunEnvironment;
  content: Message['content'];
}

/** The package's `expressions` option: answers what a multi-instance activity asks. */
export const loopExpressions = {
  resolveExpression(question: unknown, from: AskedFrom): unknown {
    if (typeof question !== 'object' || question === null || !('ask' in question)) return question;
    const asked = question as LoopQuestion;
    const host = hostOf(from.environment);
    const outer = from.environment.options.frame ?? null;
    if (asked.ask === 'completion') {
      return decide(host, asked.nodeId, { text: asked.text, language: null }, scopeOf(host, ownFrame(from.content, outer)));
    }
    return frozen(host, asked, from.content.executionId, () => scopeOf(host, outer));
  },
};

/** Collection and number are asked again at every load: the answer is the one given when the activity was entered. */
function frozen(host: Host, asked: LoopQuestion, executionId: string, scope: () => Scope): unknown {
  const loop = (host.loops[executionId] ??= { items: null, count: null, variable: asked.variable, done: 0 });
  if (asked.ask === 'collection') {
    if (loop.items) return loop.items;
    // Camunda 7 also writes the bare name of a variable here
    const items = feelSource(asked.text) === null ? scope()[asked.text] ?? null : resolve(host, asked.nodeId, asked.text, scope);
    if (!Array.isArray(items)) return fail(host, 'expression', asked.nodeId, `一覧（リスト）が要ります: ${asked.text}`);
    return (loop.items = items as Json[]);
  }
  if (loop.count !== null) return loop.count;
  const count = resolve(host, asked.nodeId, asked.text, scope);
  const number = typeof count === 'string' && /^\d+$/.test(count) ? Number(count) : count;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0) return fail(host, 'expression', asked.nodeId, `0 以上の整数が要ります: ${asked.text}`);
  return (loop.count = number);
}

interface ConditionalFlow {
  environment: RunEnvironment;
  sourceId: string;
  behaviour: { conditionExpression: { condition: FlowCondition } };
}

/** The package's `scripts` option: every condition on a flow comes here. */
export const flowConditions = {
  register(): void {},
  getScript(_language: unknown, flow: ConditionalFlow): unknown {
    return {
      execute(_from: AskedFrom, callback: (error: unknown, result?: boolean) => void): void {
        const host = hostOf(flow.environment);
        let result: boolean;
        try {
          result = isTaken(host, flow, scopeOf(host, flow.environment.options.frame ?? null));
        } catch (error) {
          return callback(error);
        }
        return callback(null, result);
      },
    };
  },
};

function isTaken(host: Host, flow: ConditionalFlow, scope: Scope): boolean {
  const condition = flow.behaviour.conditionExpression.condition;
  if (condition.kind === 'feel') return decide(host, flow.sourceId, condition, scope);
  const answers = condition.conditions.map((one) => decide(host, condition.gatewayId, one, scope));
  if (condition.kind === 'rest') return !answers.includes(true);
  if (!condition.hasDefault && !answers.includes(true)) return fail(host, 'no_flow', condition.gatewayId, 'どの条件も成り立たず、既定の道もありません');
  return answers[condition.index] === true;
}
