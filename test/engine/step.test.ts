import { describe, expect, test } from '@jest/globals';
import { compile } from '../../src/engine/executor/compile.js';
import type { Action, StepInput } from '../../src/engine/model.js';
import { defaultLimits, step } from '../../src/engine/step.js';
import { boundary, bpmn, calendar, end, flow, job, monday, path, playAll, start, timer, user } from './executor/diagram.js';

const input = (action: Action, more: Partial<StepInput> = {}): StepInput => ({ state: null, variables: {}, action, now: monday, calendar, businessKey: null, ...more });

describe('a step', () => {
  const xml = bpmn(start + `<parallelGateway id="f"/><userTask id="a"><multiInstanceLoopCharacteristics camunda:collection="=list" camunda:elementVariable="one"/></userTask>` + job('j') + user('z')
    + `<subProcess id="s"><startEvent id="s0"/>${user('i')}${path('s0', 'i')}</subProcess>` + boundary('r', 's', timer('R5/PT1H', 'timeCycle'), false) + boundary('d', 's', timer('=now() + duration("P1D")', 'timeDate'))
    + path('start', 'f', 'a', 'z') + path('f', 's') + path('f', 'j') + path('r', 'j'));

  test('the same step has the same result, to the byte, whenever and wherever it is done', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const definition = await compile(xml);
      const first = step(definition, input({ kind: 'start' }, { variables: { list: [1, 2] } }));
      const ids = first.waits.map((wait) => wait.executionId);
      expect(new Set(ids).size).toBe(ids.length);
      const fired = step(definition, input({ kind: 'fire', executionId: first.waits.find((wait) => wait.elementId === 'r')!.executionId }, { state: first.state, variables: first.variables, now: new Date('2026-11-25T00:00:00Z') }));
      outcomes.add(JSON.stringify([first, fired]));
    }
    expect(outcomes.size).toBe(1);
  });

  test('no two waits in the life of a case have the same execution id', async () => {
    const loop = bpmn(start + `<exclusiveGateway id="m"/>` + user('a') + boundary('t', 'a', timer('PT1H')) + path('start', 'm', 'a', 'm') + path('t', 'm'));
    await playAll(loop, {}, (play) => {
      const seen = new Set<string>();
      for (let round = 0; round < 20; round++) {
        for (const wait of play.waits) expect(seen.has(wait.executionId)).toBe(false);
        for (const wait of play.waits) seen.add(wait.executionId);
        play.complete('a');
      }
    });
  });

  test('randomness and the clock of the machine are as before afterwards, also when the step fails', async () => {
    const { random } = Math;
    const { now } = Date;
    const definition = await compile(xml);
    expect(() => step(definition, input({ kind: 'start' }, { variables: { list: 'no list' } }))).toThrow(expect.objectContaining({ code: 'expression' }));
    expect(Math.random).toBe(random);
    expect(Date.now).toBe(now);
  });

  test('what is not open cannot be done: done twice, never there, or of another kind', async () => {
    const definition = await compile(xml);
    const first = step(definition, input({ kind: 'start' }, { variables: { list: [1] } }));
    const id = (element: string): string => first.waits.find((wait) => wait.elementId === element)!.executionId;
    const go = (action: Action, state: string | null = first.state) => () => step(definition, input(action, { state }));
    const second = go({ kind: 'complete', executionId: id('j') })();
    expect(go({ kind: 'complete', executionId: id('j') }, second.state)).toThrow(expect.objectContaining({ code: 'wait_not_open' }));
    expect(go({ kind: 'complete', executionId: 'nothing' })).toThrow(expect.objectContaining({ code: 'wait_not_open' }));
    expect(go({ kind: 'complete', executionId: id('r') })).toThrow(expect.objectContaining({ code: 'wait_not_open' }));
    expect(go({ kind: 'fire', executionId: id('j') })).toThrow(expect.objectContaining({ code: 'wait_not_open' }));
  });

  test('stuck is said aloud: no end reached and nothing to wait for', async () => {
    const stuck = bpmn(start + `<exclusiveGateway id="g" default="g_a"/><parallelGateway id="j"/>` + user('a', 'b') + end('e') + path('start', 'g', 'a', 'j', 'e') + flow('g', 'b', '=x') + path('b', 'j'));
    await playAll(stuck, { variables: { x: false } }, (play) => {
      expect(() => play.complete('a')).toThrow(expect.objectContaining({ code: 'deadlock', elementId: expect.any(String) }));
      expect(play.open()).toEqual(['a']);
    });
  });

  test('a question without an answer, and a loop that nothing stops, end the step and change nothing', async () => {
    const noFlow = bpmn(start + user('a') + `<exclusiveGateway id="g"/>` + user('b') + path('start', 'a', 'g') + flow('g', 'b', '=x'));
    await playAll(noFlow, {}, (play) => {
      expect(() => play.complete('a')).toThrow(expect.objectContaining({ code: 'no_flow', elementId: 'g' }));
      expect(() => play.complete('a', { x: 'yes' })).toThrow(expect.objectContaining({ code: 'expression', elementId: 'g' }));
      expect(play.complete('a', { x: true }).open()).toEqual(['b']);
    });
    const endless = bpmn(start + user('a') + `<exclusiveGateway id="m"/><task id="t"/>` + path('start', 'a', 'm', 't', 'm'));
    await playAll(endless, { limits: { perStep: 300 } }, (play) => {
      expect(() => play.complete('a')).toThrow(expect.objectContaining({ code: 'loop' }));
    });
  });

  test('an element may come round only so often in the life of a case', async () => {
    const loop = bpmn(start + `<exclusiveGateway id="m"/>` + job('a') + path('start', 'm', 'a', 'm'));
    await playAll(loop, { limits: { perElement: 5 } }, (play) => {
      for (let round = 0; round < 4; round++) play.complete('a');
      expect(() => play.complete('a')).toThrow(expect.objectContaining({ code: 'loop', elementId: 'm' }));
    });
  });

  test('as many elements in a row as a step allows run without the stack giving out', async () => {
    const ids = Array.from({ length: defaultLimits.perStep - 2 }, (_, n) => `t${n}`);
    const long = bpmn(start + ids.map((id) => `<task id="${id}"/>`).join('') + user('a') + path('start', ...ids, 'a'));
    await playAll(long, {}, (play) => {
      expect(play.open()).toEqual(['a']);
    });
    const nested = Array.from({ length: 40 }, (_, n) => n).reduce((inside, n) => `<startEvent id="b${n}"/><subProcess id="s${n}">${inside}</subProcess>${path(`b${n}`, `s${n}`)}`, `<startEvent id="b"/><task id="t"/>${path('b', 't')}`);
    await playAll(bpmn(nested), {}, (play) => {
      expect(play.ended).toBe(true);
    });
  });

  test('only FEEL is a language: scripts and words are never true', async () => {
    for (const condition of ['${environment.variables.constructor.constructor("return 1")()}', '=x.constructor', 'true', '=1', '=1 +']) {
      const xmlOf = bpmn(start + `<exclusiveGateway id="g" default="g_b"/>` + user('a', 'b') + path('start', 'g') + flow('g', 'a', condition) + flow('g', 'b'));
      const run = playAll(xmlOf, { variables: { x: {} } }, (play) => {
        expect(play.open()).toEqual(['b']); // null is no
      });
      if (condition === '=x.constructor') await run;
      else await expect(run).rejects.toMatchObject({ code: 'expression', elementId: 'g' });
    }
    const javascript = bpmn(start + `<exclusiveGateway id="g" default="g_b"/>` + user('a', 'b') + path('start', 'g') + `<sequenceFlow id="g_a" sourceRef="g" targetRef="a"><conditionExpression xsi:type="tFormalExpression" language="javascript">true</conditionExpression></sequenceFlow>` + flow('g', 'b'));
    await expect(playAll(javascript, {}, () => {})).rejects.toMatchObject({ code: 'expression' });
  });
});
