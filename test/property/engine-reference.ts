// A third opinion: bpmn-engine's own Engine, kept alive in memory, with the smallest overrides that make it fit to judge
// (no dead tokens, service tasks that wait, timers that are only caught, FEEL by feelin). Nothing of src/engine is used:
// what the step adds (state as JSON, slices, lowered gateways) cannot hide behind a shared mistake.
import { createRequire } from 'node:module';
import * as Elements from 'bpmn-elements';
import { Engine } from 'bpmn-engine';
import { evaluate } from 'feelin';
import type { Variables } from '../../src/engine/model.js';
import { children, type Block, type Model } from './diagram.js';

/** What is read off bpmn-elements' own objects; its types hide these. */
interface Api {
  id: string;
  executionId: string;
  content: { type: string; index?: number; isMultiInstance?: boolean };
  owner: { executionId?: string; isSubProcess?: boolean; execution?: { getPostponed(): Api[] } };
  getExecuting?: () => Api[];
  signal(output?: unknown): void;
}

export interface Live {
  /** open tasks as `elementId` or `elementId#index`, sorted */
  waits(): string[];
  complete(key: string, variables: Variables): void;
  ended(): boolean;
  stop(): void;
}

const camunda: unknown = createRequire(import.meta.url)('camunda-bpmn-moddle/resources/camunda.json');

/**
 * What the stock engine can play fairly: it has no inclusive join, shares no scope with repeated sub-processes, and
 * timers, messages and errors would need the step's own way of acting on them.
 */
export function playsFairly(block: Block): boolean {
  const here = block.kind !== 'or' && block.kind !== 'catch' && block.kind !== 'race'
    && (block.kind !== 'sub' || block.mi === null)
    && (block.kind !== 'end' || block.code === null)
    && (block.kind !== 'task' || block.mi === null || block.mi.completion === null)
    && (!('events' in block) || block.events.every((event) => event.trigger.kind === 'timer'));
  return here && children(block).every(playsFairly);
}

/** Starts the model in a live Engine. */
export async function startLive(xml: string, model: Model, initial: Variables): Promise<Live> {
  const variables = structuredClone(initial);
  const value = (text: string): unknown => evaluate(text.replace(/^=/, ''), variables).value;
  const engine = new Engine({
    name: `seed ${model.seed}`, source: xml, moddleOptions: { camunda }, timers: caughtTimers(), scripts: conditions(value),
    expressions: {
      resolveExpression: (text: unknown) => (typeof text === 'string' && text.startsWith('=') ? value(text) : text),
      isExpression: (text: unknown) => typeof text === 'string' && text.startsWith('='),
      hasExpression: (text: unknown) => typeof text === 'string' && text.startsWith('='),
    },
    elements: { ServiceTask: Elements.SignalTask, SequenceFlow: takenFlow },
  } as unknown as ConstructorParameters<typeof Engine>[0]);
  const execution = await engine.execute();
  const open = (): Map<string, Api> => tasks(execution.getPostponed() as unknown as Api[]);
  return {
    waits: () => [...open().keys()].toSorted(),
    complete(key, given) {
      Object.assign(variables, given);
      const api = open().get(key);
      if (!api) throw new Error(`${key} is not open`);
      api.signal();
    },
    ended: () => engine.state === 'idle',
    stop: () => { if (engine.state === 'running') void engine.stop(); },
  };
}

/** A flow that is not taken says nothing: no dead tokens. */
function takenFlow(definition: never, context: never): unknown {
  // declared as a function, made to be called with new
  const flow = new (Elements.SequenceFlow as unknown as new (one: never, other: never) => { discard: () => void })(definition, context);
  flow.discard = () => undefined;
  return flow;
}

function caughtTimers(): unknown {
  const register = (): unknown => ({ setTimeout: () => ({}), clearTimeout: () => undefined });
  return { executing: [], register, setTimeout: () => ({}), clearTimeout: () => undefined };
}

function conditions(value: (text: string) => unknown): unknown {
  return {
    register: () => undefined,
    getScript: (_: string, element: { behaviour: { conditionExpression?: { body?: string } } }) => ({
      execute: (__: unknown, done: (error: unknown, taken?: boolean) => void) => done(null, value(element.behaviour.conditionExpression?.body ?? '') === true),
    }),
  };
}

/** All open user tasks and jobs; of a repeated task its instances, not the task itself. */
function tasks(roots: Api[]): Map<string, Api> {
  const seen = new Set<string>();
  const found = new Map<string, Api>();
  const visit = (api: Api): void => {
    if (seen.has(api.executionId)) return;
    seen.add(api.executionId);
    const { type, index, isMultiInstance } = api.content;
    const root = api.executionId === api.owner.executionId;
    if ((type === 'bpmn:UserTask' || type === 'bpmn:ServiceTask') && !(isMultiInstance && root)) {
      found.set(isMultiInstance ? `${api.id}#${index ?? 0}` : api.id, api);
    }
    for (const child of api.getExecuting?.() ?? []) visit(child);
    if (api.owner.isSubProcess) for (const child of api.owner.execution?.getPostponed() ?? []) visit(child);
  };
  for (const api of roots) visit(api);
  return found;
}
