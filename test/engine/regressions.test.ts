// Faults that the differential fuzz (test/property) found in the engine, each cut down to the smallest diagram that
// showed it. Every step starts from the state as JSON, sliced and full.
import { describe, expect, test } from '@jest/globals';
import { compile } from '../../src/engine/executor/compile.js';
import type { Action, Compiled, StepCalendar, StepResult, Variables, Wait } from '../../src/engine/model.js';
import { step } from '../../src/engine/step.js';

const HEAD = '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
  + 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions_1" targetNamespace="http://example.org/regressions">';

const calendar: StepCalendar = { add: (from, duration) => new Date(from.getTime() + Number(/\d+/.exec(duration)?.[0] ?? 0) * 60_000) };

/** `elements` as in the diagram; `flows`: 'a>b' pairs, ids of their own. */
function diagram(elements: string, flows = ''): Promise<Compiled> {
  return compile(`${HEAD}<bpmn:process id="p" isExecutable="true">${elements}${flowsXml(flows)}</bpmn:process></bpmn:definitions>`);
}

function flowsXml(flows: string): string {
  return flows.split(' ').filter(Boolean).map((text) => {
    const [source, target] = text.split('>');
    return `<bpmn:sequenceFlow id="${source}_${target}" sourceRef="${source}" targetRef="${target}" />`;
  }).join('');
}

/** A main path s > u > e, with a reminder that runs beside it (tick > v) and something that interrupts (stop > w). */
function twoHandlers(): Promise<Compiled> {
  const timer = '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>';
  const handler = (id: string, start: string, isInterrupting: boolean, taskId: string): string => `<bpmn:subProcess id="${id}" triggeredByEvent="true">
    <bpmn:startEvent id="${start}" isInterrupting="${isInterrupting}">${timer}</bpmn:startEvent><bpmn:userTask id="${taskId}" /><bpmn:endEvent id="${id}_e" />
    ${flowsXml(`${start}>${taskId} ${taskId}>${id}_e`)}</bpmn:subProcess>`;
  return diagram(`<bpmn:startEvent id="s" /><bpmn:userTask id="u" /><bpmn:exclusiveGateway id="x" default="x_e" /><bpmn:endEvent id="e" />
    <bpmn:endEvent id="halt"><bpmn:terminateEventDefinition /></bpmn:endEvent>
    <bpmn:sequenceFlow id="x_halt" sourceRef="x" targetRef="halt"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=halted</bpmn:conditionExpression></bpmn:sequenceFlow>
    ${handler('h', 'tick', false, 'v')}${handler('i', 'stop', true, 'w')}`, 's>u u>x x>e');
}

interface Running { result: StepResult; act: (elementId: string, variables?: Variables, how?: Action['kind']) => StepResult }

/** Starts an instance; `act` completes the first open wait of an element (timers fire). */
function begin(definition: Compiled, context: 'sliced' | 'full', variables: Variables = {}): Running {
  let now = Date.UTC(2026, 10, 23);
  const next = (state: string | null, before: Variables, action: Action): StepResult => {
    now += 60_000;
    return step(definition, { state, variables: before, action, now: new Date(now), calendar, businessKey: null, context });
  };
  const running: Running = {
    result: next(null, variables, { kind: 'start' }),
    act(elementId, given = {}) {
      const wait = running.result.waits.find((open) => open.elementId === elementId);
      if (!wait) throw new Error(`${elementId} is not open: ${shown(running.result.waits).join()}`);
      const { executionId } = wait;
      running.result = next(running.result.state, running.result.variables,
        wait.kind === 'timer' ? { kind: 'fire', executionId } : { kind: 'complete', executionId, variables: given });
      return running.result;
    },
  };
  return running;
}

const shown = (waits: Wait[]): string[] => waits.map((wait) => [wait.elementId, ...(wait.task?.candidateGroups ?? [])].join(' ')).toSorted();

describe.each(['sliced', 'full'] as const)('with the %s context', (context) => {
  test('a step in a sub-process within a repeated sub-process still knows which repetition it belongs to after a reload', async () => {
    const inner = '<bpmn:subProcess id="inner"><bpmn:startEvent id="s3" /><bpmn:userTask id="first" /><bpmn:userTask id="ask" camunda:candidateGroups="=agency" />'
      + `<bpmn:endEvent id="e3" />${flowsXml('s3>first first>ask ask>e3')}</bpmn:subProcess>`;
    const definition = await diagram(`<bpmn:startEvent id="s1" /><bpmn:subProcess id="each">
      <bpmn:multiInstanceLoopCharacteristics camunda:collection="=agencies" camunda:elementVariable="agency" />
      <bpmn:startEvent id="s2" />${inner}<bpmn:endEvent id="e2" />${flowsXml('s2>inner inner>e2')}</bpmn:subProcess><bpmn:endEvent id="e1" />`, 's1>each each>e1');
    const running = begin(definition, context, { agencies: ['shakyo', 'hiyoko'] });
    running.act('first');
    expect(shown(running.act('first').waits)).toEqual(['ask hiyoko', 'ask shakyo']);
    running.act('ask');
    expect(running.act('ask').ended).toBe(true);
  });

  test('a second token that waits for a sub-process, or for an event sub-process, enters it when the first has left', async () => {
    const inner = `<bpmn:subProcess id="t"><bpmn:startEvent id="s2" /><bpmn:userTask id="v" /><bpmn:endEvent id="e2" />${flowsXml('s2>v v>e2')}</bpmn:subProcess>`;
    const definition = await diagram(`<bpmn:startEvent id="s" /><bpmn:parallelGateway id="g" /><bpmn:userTask id="a" /><bpmn:userTask id="b" />
      <bpmn:exclusiveGateway id="m" />${inner}<bpmn:endEvent id="e" />`, 's>g g>a g>b a>m b>m m>t t>e');
    const running = begin(definition, context);
    running.act('a');
    expect(shown(running.act('b').waits)).toEqual(['v']);
    expect(shown(running.act('v').waits)).toEqual(['v']);
    expect(running.act('v').ended).toBe(true);
    const timer = '<bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>';
    const handler = `<bpmn:subProcess id="h" triggeredByEvent="true"><bpmn:startEvent id="tick" isInterrupting="false">${timer}</bpmn:startEvent>
      <bpmn:userTask id="v" /><bpmn:endEvent id="e2" />${flowsXml('tick>v v>e2')}</bpmn:subProcess>`;
    const reminded = begin(await diagram(`<bpmn:startEvent id="s" /><bpmn:userTask id="u" /><bpmn:endEvent id="e" />${handler}`, 's>u u>e'), context);
    reminded.act('tick');
    reminded.act('tick');
    expect(shown(reminded.act('u').waits)).toEqual(['v']);
    expect(shown(reminded.act('v').waits)).toEqual(['v']);
    expect(reminded.act('v').ended).toBe(true);
  });

  test('a parallel join takes one token from each flow; the others wait for their next round', async () => {
    const definition = await diagram(`<bpmn:startEvent id="s" /><bpmn:parallelGateway id="g" />${['a', 'b', 'c', 'd', 'z'].map((id) => `<bpmn:userTask id="${id}" />`).join('')}
      <bpmn:exclusiveGateway id="m" /><bpmn:exclusiveGateway id="n" /><bpmn:parallelGateway id="j" /><bpmn:endEvent id="e" />`,
    's>g g>a g>b g>c g>d a>m b>m c>n d>n m>j n>j j>z z>e');
    const apart = begin(definition, context);
    apart.act('a');
    apart.act('b');
    expect(shown(apart.act('c').waits)).toEqual(['d', 'z']);
    apart.act('z');
    expect(shown(apart.act('d').waits)).toEqual(['z']);
    expect(apart.act('z').ended).toBe(true);
    const together = begin(definition, context);
    for (const id of ['a', 'b', 'c', 'd']) together.act(id);
    expect(shown(together.act('z').waits)).toEqual(['z']);
    expect(together.act('z').ended).toBe(true);
  });

  test('a token that is left over at a parallel join is never lost: the instance does not end, and the fault names the join', async () => {
    const definition = await diagram(`<bpmn:startEvent id="s" /><bpmn:parallelGateway id="g" />${['a', 'b', 'c', 'z'].map((id) => `<bpmn:userTask id="${id}" />`).join('')}
      <bpmn:exclusiveGateway id="m" /><bpmn:parallelGateway id="j" /><bpmn:endEvent id="e" />`, 's>g g>a g>b g>c a>m b>m m>j c>j j>z z>e');
    const running = begin(definition, context);
    for (const id of ['a', 'b', 'c']) running.act(id);
    expect(() => running.act('z')).toThrow(expect.objectContaining({ code: 'deadlock', elementId: 'j' }));
  });

  test('an interrupting event sub-process also ends the handlers that run beside the main path', async () => {
    const running = begin(await twoHandlers(), context);
    expect(shown(running.act('tick').waits)).toEqual(['stop', 'u', 'v']);
    expect(shown(running.act('stop').waits)).toEqual(['w']);
    expect(running.act('w').ended).toBe(true);
  });

  test('an interrupting event sub-process can still come while a handler runs though the main path is done', async () => {
    const running = begin(await twoHandlers(), context);
    running.act('tick');
    expect(shown(running.act('u').waits)).toEqual(['stop', 'v']);
    expect(shown(running.act('stop').waits)).toEqual(['w']);
    expect(running.act('w').ended).toBe(true);
    const quiet = begin(await twoHandlers(), context);
    quiet.act('tick');
    quiet.act('u');
    expect(quiet.act('v').ended).toBe(true);
    const halted = begin(await twoHandlers(), context);
    halted.act('tick');
    expect(halted.act('u', { halted: true }).ended).toBe(true);
  });
});
