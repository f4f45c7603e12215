import { afterAll, describe, expect, test } from '@jest/globals';
import { openStepper } from '../../src/engine/stepper.js';
import type { Action, Variables } from '../../src/engine/model.js';
import { bpmn, end, flow, monday, path, start, user } from './executor/diagram.js';

const stepper = openStepper({ threads: 2, wallMs: 600 });
afterAll(() => stepper.close());

const closedDays = { closesAt: '17:15', days: [] };
const run = (id: string, xml: string, action: Action = { kind: 'start' }, variables: Variables = {}, state: string | null = null) =>
  stepper.run({ id, xml }, { state, variables, action, now: monday, businessKey: null, closedDays });

const plain = bpmn(start + user('a') + end('end') + path('start', 'a', 'end'));
const asking = (question: string): string => bpmn(start + `<exclusiveGateway id="g" default="g_b"/>` + user('a', 'b') + path('start', 'g') + flow('g', 'a', question) + flow('g', 'b'));

describe('steps in threads', () => {
  test('a step in a thread comes to the same as one without', async () => {
    const first = await run('plain', plain);
    expect(first.waits.map((wait) => wait.elementId)).toEqual(['a']);
    const second = await run('plain', plain, { kind: 'complete', executionId: first.waits[0]!.executionId }, first.variables, first.state);
    expect(second.ended).toBe(true);
    await expect(run('plain', plain, { kind: 'complete', executionId: 'nobody' }, {}, first.state)).rejects.toMatchObject({ name: 'StepError', code: 'wait_not_open' });
  });

  test('a question that never ends is ended, and other cases go on meanwhile', async () => {
    const runaways = [
      run('loop', asking('=count(for i in 1..1000000000 return i) = 3')),
      run('regex', asking(`=matches("${'a'.repeat(40)}!", "^(a+)+$")`)),
    ];
    const others = Array.from({ length: 5 }, () => run('plain', plain));
    for (const runaway of runaways) await expect(runaway).rejects.toMatchObject({ name: 'StepError', code: 'timeout' });
    for (const other of others) expect((await other).waits).toHaveLength(1);
  });

  test('a diagram that does not compile is refused by name', async () => {
    await expect(run('bad', bpmn(start + '<complexGateway id="x"/>' + path('start', 'x')))).rejects.toMatchObject({ name: 'CompileError', refusals: [{ rule: 'unsupported-element', element: 'x' }] });
  });
});
