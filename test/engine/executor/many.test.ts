import { describe, expect, test } from '@jest/globals';
import { boundary, bpmn, end, flow, job, path, type Play, playAll, start, timer, user } from './diagram.js';

const multi = (attributes: string, inside = ''): string => `<multiInstanceLoopCharacteristics ${attributes}>${inside}</multiInstanceLoopCharacteristics>`;
const over = (collection: string, item: string, sequential = false): string => `isSequential="${sequential}" camunda:collection="${collection}" camunda:elementVariable="${item}"`;
const until = (condition: string): string => `<completionCondition xsi:type="tFormalExpression">${condition}</completionCondition>`;
const times = (count: string): string => `<loopCardinality xsi:type="tFormalExpression">${count}</loopCardinality>`;
const types = (play: Play): string[] => play.history.map((entry) => `${entry.type} ${entry.elementId}`);

describe('one task for each of many', () => {
  test('each agency gets its own task, fixed when the step is reached, more than fifty too', async () => {
    const agencies = Array.from({ length: 60 }, (_, n) => `agency${n}`);
    const xml = bpmn(start + `<userTask id="a" camunda:candidateGroups="=&quot;grp.&quot; + agency">${multi(over('=agencies', 'agency'))}</userTask>` + user('z') + path('start', 'a', 'z'));
    await playAll(xml, { variables: { agencies } }, (play) => {
      expect(play.waits).toHaveLength(60);
      expect(play.wait('a', 7)).toMatchObject({ item: 'agency7', index: 7, task: { candidateGroups: ['grp.agency7'] } });
      play.set({ agencies: ['another'] });
      expect(play.waits).toHaveLength(60);
      play.complete('a', { last: 7 }, 7).complete('a', { last: 3 }, 3);
      expect(play.waits).toHaveLength(58);
      expect(play.variables['last']).toBe(3);
    });
  });

  test('in sequence the next begins when the last is done', async () => {
    const xml = bpmn(start + `<serviceTask id="a" camunda:type="external" camunda:topic="ask"><extensionElements><camunda:inputOutput><camunda:inputParameter name="who">=agency</camunda:inputParameter></camunda:inputOutput></extensionElements>${multi(over('=agencies', 'agency', true))}</serviceTask>` + user('z') + path('start', 'a', 'z'));
    await playAll(xml, { variables: { agencies: ['x', 'y', 'z'] } }, (play) => {
      for (const [index, agency] of ['x', 'y', 'z'].entries()) {
        expect(play.open()).toEqual([`a#${index}`]);
        expect(play.wait('a').job).toEqual({ handler: 'ask', input: { who: agency } });
        play.complete('a');
      }
      expect(play.open()).toEqual(['z']);
    });
  });

  test('a condition may call off the rest; a number may say how many; none at all goes straight on', async () => {
    const xml = bpmn(start + `<userTask id="a">${multi('', times('=n') + until('=nrOfCompletedInstances >= 2 and nrOfInstances = 4'))}</userTask>` + user('z') + path('start', 'a', 'z'));
    await playAll(xml, { variables: { n: 4 } }, (play) => {
      play.complete('a', {}, 3).complete('a', {}, 0);
      expect(play.open()).toEqual(['z']);
      expect(play.closed.map((wait) => wait.reason).sort()).toEqual(['cancelled', 'cancelled', 'completed']);
    });
    await playAll(xml, { variables: { n: 0 } }, (play) => {
      expect(play.open()).toEqual(['z']);
    });
    const list = bpmn(start + `<userTask id="a">${multi(over('=agencies', 'agency'))}</userTask>` + user('z') + path('start', 'a', 'z'));
    await playAll(list, { variables: { agencies: [] } }, (play) => {
      expect(play.open()).toEqual(['z']);
    });
    await expect(playAll(list, { variables: { agencies: 'x' } }, () => {})).rejects.toMatchObject({ code: 'expression', elementId: 'a' });
  });

  test('a scope for each agency: inside, every expression sees its own agency, through every reload and nested', async () => {
    for (const sequential of [false, true]) {
      const inner = `<subProcess id="in"><startEvent id="i0"/><userTask id="a" camunda:candidateGroups="=agency"/>${boundary('late', 'a', timer('="P" + string(days) + "D"'), false)}<exclusiveGateway id="g" default="g_c"/><userTask id="b" camunda:assignee="=agency"/><task id="c"/>`
        + `${path('i0', 'a', 'g')}${flow('g', 'b', '=agency = "y"')}${flow('g', 'c')}${path('late', 'c')}</subProcess>`;
      const xml = bpmn(start + `<subProcess id="s">${multi(over('=agencies', 'agency', sequential))}<startEvent id="s0"/>${inner}<userTask id="e" camunda:assignee="=agency"/>${path('s0', 'in', 'e')}</subProcess>` + boundary('due', 's', timer('P30D')) + user('z') + path('start', 's', 'z') + path('due', 'z'));
      await playAll(xml, { variables: { agencies: ['x', 'y'], days: 2 } }, (play) => {
        if (sequential) {
          expect(play.open()).toEqual(['a#0', 'due', 'late#0']);
          expect(play.complete('a').complete('e').open()).toEqual(['a#1', 'due', 'late#1']);
        } else {
          expect(play.open()).toEqual(['a#0', 'a#1', 'due', 'late#0', 'late#1']);
          expect(play.complete('a', {}, 0).complete('e', {}, 0).open()).toEqual(['a#1', 'due', 'late#1']);
        }
        expect(play.wait('a')).toMatchObject({ item: 'y', task: { candidateGroups: ['y'] } });
        play.complete('a');
        expect(play.wait('b').task).toMatchObject({ assignee: 'y' });
        expect(play.complete('b').wait('e').task).toMatchObject({ assignee: 'y' });
        expect(play.complete('e').open()).toEqual(['z']);
      });
      await playAll(xml, { variables: { agencies: ['x', 'y'], days: 2 } }, (play) => {
        expect(play.fire('due').open()).toEqual(['z']);
        expect(play.complete('z').ended).toBe(true);
      });
    }
  });

  test('one agency’s error takes the whole group to the edge', async () => {
    const xml = bpmn(start + `<subProcess id="s">${multi(over('=agencies', 'agency'))}<startEvent id="s0"/>${job('j')}${path('s0', 'j')}</subProcess>` + boundary('e', 's', '<errorEventDefinition errorRef="e1"/>') + user('x', 'z') + path('start', 's', 'z') + path('e', 'x'), '<error id="e1" errorCode="refused"/>');
    await playAll(xml, { variables: { agencies: ['x', 'y', 'w'] } }, (play) => {
      play.complete('j', {}, 1);
      play.act({ kind: 'fail', executionId: play.wait('j', 2).executionId, code: 'refused' });
      expect(play.open()).toEqual(['x']);
    });
  });
});

describe('calling another process', () => {
  const call = (inside = ''): string => `<callActivity id="c" calledElement="meeting"><extensionElements><camunda:in source="caseId" target="id"/><camunda:in sourceExpression="=n + 1" target="next"/><camunda:in businessKey="#{execution.processBusinessKey}"/><camunda:out source="decision" target="verdict"/><camunda:out sourceExpression="=count(list)" target="size"/></extensionElements>${inside}</callActivity>`;

  test('the child is given what the mapping says and gives back what it says', async () => {
    const xml = bpmn(start + call() + user('z') + path('start', 'c', 'z'));
    await playAll(xml, { variables: { caseId: 'c1', n: 1 } }, (play) => {
      expect(play.wait('c')).toMatchObject({ kind: 'call', call: { processKey: 'meeting', version: null, variables: { id: 'c1', next: 2 }, businessKey: 'R8-00001' } });
      play.complete('c', { decision: 'yes', list: [1, 2], secret: 1 });
      expect(play.variables).toEqual({ caseId: 'c1', n: 1, verdict: 'yes', size: 2 });
      expect(play.open()).toEqual(['z']);
    });
  });

  test('for each of many, with everything passed on, and its error caught at the edge', async () => {
    const xml = bpmn(start + `<callActivity id="c" calledElement="=process"><extensionElements><camunda:in variables="all"/><camunda:in source="agency" target="agency"/><camunda:out variables="all"/></extensionElements>${multi(over('=agencies', 'agency'))}</callActivity>`
      + boundary('e', 'c', '<errorEventDefinition errorRef="e1"/>') + boundary('t', 'c', timer('P1D'), false) + user('x', 'z') + path('start', 'c', 'z') + path('e', 'x'), '<error id="e1" errorCode="refused"/>');
    await playAll(xml, { variables: { process: 'other', agencies: ['x', 'y'] } }, (play) => {
      expect(play.wait('c', 1).call).toEqual({ processKey: 'other', version: null, variables: { process: 'other', agencies: ['x', 'y'], agency: 'y' }, businessKey: null });
      play.complete('c', { done: 1 }, 1);
      expect(play.variables['done']).toBe(1);
      expect(play.fail('c', 'refused').open()).toEqual(['x']);
    });
  });
});

describe('cycles and dates', () => {
  test('reminders come at their own pace however late the clock is', async () => {
    const xml = bpmn(start + user('a') + boundary('r', 'a', timer('R3/PT1H', 'timeCycle'), false) + job('mail') + path('start', 'a') + path('r', 'mail'));
    await playAll(xml, {}, (play) => {
      expect(play.wait('r')).toMatchObject({ dueAt: '2026-11-23T02:00:00.000Z', repeat: 3 });
      play.now = new Date('2026-11-23T05:30:00Z');
      play.fire('r').complete('mail');
      expect(play.wait('r')).toMatchObject({ dueAt: '2026-11-23T03:00:00.000Z', repeat: 2 });
      play.fire('r').complete('mail').fire('r');
      expect(play.open()).toEqual(['a', 'mail']);
      expect(play.complete('mail').complete('a').ended).toBe(true);
    });
  });

  test('business days, dates without an hour, endless cycles; what is no time is refused at once', async () => {
    const due = async (value: string, kind: 'timeDate' | 'timeDuration' | 'timeCycle'): Promise<string> => {
      let found = '';
      await playAll(bpmn(start + `<intermediateCatchEvent id="t">${timer(value, kind)}</intermediateCatchEvent>` + path('start', 't')), { variables: { none: null } }, (play) => {
        found = `${play.wait('t').dueAt} ${play.wait('t').repeat ?? ''}`.trim();
      });
      return found;
    };
    expect(await due('=businessDays(1)', 'timeDate')).toBe('2026-11-24T08:15:00.000Z');
    expect(await due('2027-03-01', 'timeDate')).toBe('2027-02-28T15:00:00.000Z');
    expect(await due('2020-03-01T00:00:00Z', 'timeDate')).toBe('2020-03-01T00:00:00.000Z');
    expect(await due('=duration("P1D") + duration("PT1H")', 'timeDuration')).toBe('2026-11-24T02:00:00.000Z');
    expect(await due('R/P1D', 'timeCycle')).toBe('2026-11-24T01:00:00.000Z -1');
    expect(await due('=now() + duration("PT2H")', 'timeDate')).toBe('2026-11-23T03:00:00.000Z');
    for (const [value, kind] of [['=none', 'timeDate'], ['3 days', 'timeDuration'], ['-P1D', 'timeDuration'], ['0 0 * * *', 'timeCycle'], ['soon', 'timeDate']] as const) {
      await expect(due(value, kind)).rejects.toMatchObject({ code: 'expression', elementId: 't' });
    }
  });
});

describe('inclusive gateways', () => {
  const block = (conditions: string[], byDefault?: string): string => {
    const names = conditions.map((_, n) => `b${n}`);
    return `<inclusiveGateway id="o"${byDefault ? ` default="o_${byDefault}"` : ''}/><inclusiveGateway id="j"/>` + user(...names, ...(byDefault ? [byDefault] : []))
      + names.map((name, n) => flow('o', name, conditions[n]) + flow(name, 'j')).join('') + (byDefault ? flow('o', byDefault) + flow(byDefault, 'j') : '');
  };
  const xml = bpmn(start + block(['=a', '=b', '=c'], 'd') + user('z') + path('start', 'o') + path('j', 'z'));

  test('the branches that apply run, and the join waits for just those', async () => {
    await playAll(xml, { variables: { a: true, b: false, c: true } }, (play) => {
      expect(play.open()).toEqual(['b0', 'b2']);
      expect(play.complete('b2').open()).toEqual(['b0']);
      expect(play.complete('b0').open()).toEqual(['z']);
      expect(types(play)).toEqual(['entered start', 'left start', 'entered o', 'left o', 'entered b0', 'entered b2', 'left b2', 'left b0', 'entered j', 'left j', 'entered z']);
    });
    await playAll(xml, { variables: { a: false, b: false, c: false } }, (play) => {
      expect(play.open()).toEqual(['d']);
      expect(play.complete('d').open()).toEqual(['z']);
    });
  });

  test('without any branch that applies and without a default nothing is kept', async () => {
    const bare = bpmn(start + block(['=a', '=b']) + user('z') + path('start', 'o') + path('j', 'z'));
    await expect(playAll(bare, { variables: { a: false } }, () => {})).rejects.toMatchObject({ code: 'no_flow', elementId: 'o' });
  });

  test('a join that is not the end of a block fires when no token can come any more', async () => {
    const loose = bpmn(start + `<inclusiveGateway id="o"/><inclusiveGateway id="j"/><exclusiveGateway id="g" default="g_stop"/>` + user('x', 'y', 'z') + end('stop') + path('start', 'o')
      + flow('o', 'x', '=a') + flow('o', 'y', '=b') + path('x', 'j', 'z') + path('y', 'g') + flow('g', 'j', '=on') + flow('g', 'stop'));
    await playAll(loose, { variables: { a: true, b: true } }, (play) => {
      expect(play.complete('x').open()).toEqual(['y']);
      expect(play.complete('y', { on: false }).open()).toEqual(['z']);
    });
    await playAll(loose, { variables: { a: true, b: true } }, (play) => {
      expect(play.complete('x').complete('y', { on: true }).open()).toEqual(['z']);
      expect(play.complete('z').ended).toBe(true);
    });
  });

  test('a block inside a parallel block inside a loop comes round again', async () => {
    const looped = bpmn(start + `<exclusiveGateway id="m"/><parallelGateway id="f"/><parallelGateway id="pj"/><exclusiveGateway id="g" default="g_e"/>` + end('e', 'stop') + user('q')
      + `<inclusiveGateway id="o"/><inclusiveGateway id="j"/><exclusiveGateway id="k" default="k_j"/>` + user('x', 'y') + path('start', 'm', 'f', 'o') + flow('o', 'x', '=a') + flow('o', 'y', '=b') + path('x', 'j', 'pj') + path('y', 'k', 'j')
      + flow('k', 'stop', '=never') + path('f', 'q', 'pj', 'g') + flow('g', 'm', '=again') + flow('g', 'e'));
    await playAll(looped, { variables: { a: true, b: true, never: false } }, (play) => {
      for (const again of [true, true, false]) {
        play.complete('q').complete('x').complete('y', { again });
        expect(play.open()).toEqual(again ? ['q', 'x', 'y'] : []);
      }
      expect(play.ended).toBe(true);
    });
  });
});
