// Small diagrams, written by hand, and a case worker who plays them: each diagram is played with the state saved and read
// again before every action, once with the whole diagram loaded and once with only the part that the step can touch.
import { compile, type CompileOptions } from '../../../src/engine/executor/compile.js';
import type { Action, Compiled, HistoryEntry, Json, StepInput, StepResult, Thrown, Variables, Wait } from '../../../src/engine/model.js';
import { step } from '../../../src/engine/step.js';
import { openCalendar } from '../../../src/base/calendar.js';

export const calendar = openCalendar({ closesAt: '17:15', days: [] });
export const monday = new Date('2026-11-23T01:00:00.000Z');

export function bpmn(inside: string, around = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions id="definitions" targetNamespace="x" xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
${around}<process id="p" isExecutable="true">${inside}</process></definitions>`;
}

/** `a -> b -> c`; each arrow is a flow named a_b. */
export function path(...ids: string[]): string {
  return ids.slice(1).map((to, at) => flow(ids[at]!, to)).join('');
}

export function flow(from: string, to: string, condition?: string): string {
  const inner = condition === undefined ? '' : `<conditionExpression xsi:type="tFormalExpression">${escape(condition)}</conditionExpression>`;
  return `<sequenceFlow id="${from}_${to}" sourceRef="${from}" targetRef="${to}">${inner}</sequenceFlow>`;
}

export const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
export const user = (...ids: string[]): string => ids.map((id) => `<userTask id="${id}"/>`).join('');
export const job = (...ids: string[]): string => ids.map((id) => `<serviceTask id="${id}" camunda:type="external" camunda:topic="${id}"/>`).join('');
export const start = '<startEvent id="start"/>';
export const end = (...ids: string[]): string => ids.map((id) => `<endEvent id="${id}"/>`).join('');
export const timer = (value: string, kind: 'timeDuration' | 'timeDate' | 'timeCycle' = 'timeDuration'): string =>
  `<timerEventDefinition><${kind} xsi:type="tFormalExpression">${escape(value)}</${kind}></timerEventDefinition>`;
export const boundary = (id: string, host: string, definition: string, cancelActivity = true): string =>
  `<boundaryEvent id="${id}" attachedToRef="${host}" cancelActivity="${cancelActivity}">${definition}</boundaryEvent>`;

type Mode = NonNullable<StepInput['context']>;

/** One instance in play. */
export class Play {
  readonly definition: Compiled;
  readonly mode: Mode;
  readonly limits: StepInput['limits'];
  state: string | null = null;
  variables: Variables;
  now = monday;
  waits: Wait[] = [];
  closed: StepResult['closed'] = [];
  opened: Wait[] = [];
  ended = false;
  error: StepResult['error'] = null;
  history: HistoryEntry[] = [];
  thrown: Thrown[] = [];

  constructor(definition: Compiled, mode: Mode, variables: Variables, limits?: StepInput['limits']) {
    this.definition = definition;
    this.mode = mode;
    this.variables = variables;
    this.limits = limits;
  }

  act(action: Action): this {
    const input: StepInput = {
      state: this.state, variables: this.variables, action, now: this.now, calendar, businessKey: 'R8-00001', context: this.mode,
      ...(this.limits && { limits: this.limits }),
    };
    const result = step(this.definition, input);
    Object.assign(this, { state: result.state, variables: result.variables, waits: result.waits, closed: result.closed, opened: result.opened, ended: result.ended, error: result.error });
    this.history.push(...result.history);
    this.thrown.push(...result.thrown);
    return this;
  }

  /** The only open wait of an element (or the one at `index` of several). */
  wait(elementId: string, index?: number): Wait {
    const found = this.waits.filter((wait) => wait.elementId === elementId && (index === undefined || wait.index === index));
    if (found.length !== 1) throw new Error(`${found.length} waits at ${elementId}; open: ${this.open().join(' ')}`);
    return found[0]!;
  }

  complete(elementId: string, variables?: Variables, index?: number): this {
    return this.act({ kind: 'complete', executionId: this.wait(elementId, index).executionId, ...(variables && { variables }) });
  }
  fire(elementId: string): this {
    return this.act({ kind: 'fire', executionId: this.wait(elementId).executionId });
  }
  message(elementId: string, variables?: Variables): this {
    return this.act({ kind: 'message', executionId: this.wait(elementId).executionId, ...(variables && { variables }) });
  }
  fail(elementId: string, code: string): this {
    return this.act({ kind: 'fail', executionId: this.wait(elementId).executionId, code });
  }
  signal(name: string, variables?: Variables): this {
    return this.act({ kind: 'signal', name, ...(variables && { variables }) });
  }
  set(variables: Record<string, Json>): this {
    return this.act({ kind: 'variables', variables });
  }

  /** What is open, sorted: element ids, with the index of multi-instance runs. */
  open(): string[] {
    return this.waits.map((wait) => (wait.index === undefined ? wait.elementId : `${wait.elementId}#${wait.index}`)).sort();
  }
}

export interface Begin {
  variables?: Variables;
  startElementId?: string;
  options?: CompileOptions;
  limits?: StepInput['limits'];
}

/** Plays a diagram in every way that a server would; `game` does the same moves in each. */
export async function playAll(xml: string, begin: Begin, game: (play: Play) => void): Promise<void> {
  for (const mode of ['full', 'sliced'] as const) {
    const definition = await compile(xml, begin.options);
    const play = new Play(definition, mode, structuredClone(begin.variables ?? {}), begin.limits);
    play.act({ kind: 'start', ...(begin.startElementId !== undefined && { startElementId: begin.startElementId }) });
    game(play);
  }
}
