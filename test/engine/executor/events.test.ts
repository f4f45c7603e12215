import { describe, expect, test } from '@jest/globals';
import { boundary, bpmn, end, flow, job, path, type Play, playAll, start, timer, user } from './diagram.js';

const signal = '<signal id="s1" name="office_closed"/>';
const errors = '<error id="e1" errorCode="refused"/><error id="e2" errorCode="lost"/><escalation id="x1" escalationCode="boss"/>';
const error = (ref = 'e1'): string => `<errorEventDefinition${ref ? ` errorRef="${ref}"` : ''}/>`;
const sub = (id: string, inside: string, attributes = ''): string => `<subProcess id="${id}"${attributes}>${inside}</subProcess>`;
const catchEvent = (id: string, definition: string): string => `<intermediateCatchEvent id="${id}">${definition}</intermediateCatchEvent>`;
const throwEvent = (id: string, definition: string): string => `<intermediateThrowEvent id="${id}">${definition}</intermediateThrowEvent>`;
const endWith = (id: string, definition: string): string => `<endEvent id="${id}">${definition}</endEvent>`;
const types = (play: Play): string[] => play.history.map((entry) => `${entry.type} ${entry.elementId}`);

describe('errors', () => {
  test('an error inside a scope is caught at its edge by its code, before one that catches all', async () => {
    const xml = bpmn(start + sub('s', `<startEvent id="s0"/>${user('a', 'b')}<parallelGateway id="f"/>${endWith('boom', error('e2'))}${path('s0', 'f', 'a', 'boom')}${path('f', 'b')}`)
      + boundary('any', 's', error('')) + boundary('lost', 's', error('e2')) + boundary('other', 's', error('e1')) + user('x', 'y', 'z') + path('start', 's') + path('any', 'x') + path('lost', 'y') + path('other', 'z'), errors);
    await playAll(xml, {}, (play) => {
      expect(play.open()).toEqual(['a', 'b']);
      play.complete('a');
      expect(play.open()).toEqual(['y']);
      expect(play.closed.map((wait) => `${wait.elementId} ${wait.reason}`)).toEqual(expect.arrayContaining(['a completed', 'b cancelled']));
      expect(types(play)).toEqual(expect.arrayContaining(['thrown boom', 'caught lost', 'cancelled b', 'cancelled s']));
      expect(play.complete('y').ended).toBe(true);
      expect(play.error).toBe(null);
    });
  });

  test('an error that nobody catches ends the case with its code', async () => {
    const xml = bpmn(start + user('a', 'b') + `<parallelGateway id="f"/>` + endWith('boom', error()) + path('start', 'f', 'a', 'boom') + path('f', 'b'), errors);
    await playAll(xml, {}, (play) => {
      play.complete('a');
      expect(play.ended).toBe(true);
      expect(play.error).toEqual({ code: 'refused', elementId: 'boom' });
      expect(play.closed.map((wait) => wait.elementId).sort()).toEqual(['a', 'b']);
    });
  });

  test('a job that fails is caught by its own boundary event or that of a scope around it; otherwise nothing of the step is kept', async () => {
    const xml = bpmn(start + sub('s', `<startEvent id="s0"/>${job('j')}${path('s0', 'j')}`) + boundary('own', 's', error('e1')) + user('x') + path('start', 's') + path('own', 'x'), errors);
    await playAll(xml, {}, (play) => {
      expect(() => play.fail('j', 'lost')).toThrow(expect.objectContaining({ code: 'bpmn', elementId: 'j' }));
      play.fail('j', 'refused');
      expect(play.open()).toEqual(['x']);
    });
    const direct = bpmn(start + job('j') + boundary('own', 'j', error('e1')) + user('x', 'y') + path('start', 'j', 'y') + path('own', 'x'), errors);
    await playAll(direct, {}, (play) => {
      expect(play.fail('j', 'refused').open()).toEqual(['x']);
    });
  });
});

describe('signals, escalations, termination', () => {
  test('a signal thrown inside reaches every catch of its name and is told to others', async () => {
    const xml = bpmn(start + `<parallelGateway id="f"/>` + catchEvent('c1', '<signalEventDefinition signalRef="s1"/>') + catchEvent('c2', '<signalEventDefinition signalRef="s1"/>')
      + user('a', 'x', 'y', 'z') + throwEvent('t', '<signalEventDefinition signalRef="s1"/>') + path('start', 'f', 'c1', 'x') + path('f', 'c2', 'y') + path('f', 'a', 't', 'z'), signal);
    await playAll(xml, {}, (play) => {
      expect(play.open()).toEqual(['a', 'c1', 'c2']);
      play.complete('a');
      expect(play.open()).toEqual(['x', 'y', 'z']);
      expect(play.thrown).toMatchObject([{ kind: 'signal', name: 'office_closed', elementId: 't' }]);
    });
    await playAll(xml, {}, (play) => {
      play.signal('office_closed', { why: 'snow' });
      expect(play.open()).toEqual(['a', 'x', 'y']);
      expect(play.variables).toEqual({ why: 'snow' });
      expect(play.signal('office_closed').open()).toEqual(['a', 'x', 'y']);
    });
  });

  test('a non-interrupting signal or message is heard again and again', async () => {
    const xml = bpmn(start + user('a') + boundary('sig', 'a', '<signalEventDefinition signalRef="s1"/>', false) + boundary('msg', 'a', '<messageEventDefinition messageRef="m1"/>', false)
      + job('b') + job('c') + path('start', 'a') + path('sig', 'b') + path('msg', 'c'), `${signal}<message id="m1" name="note"/>`);
    await playAll(xml, {}, (play) => {
      for (let round = 0; round < 3; round++) {
        play.signal('office_closed');
        expect(play.open()).toEqual(['a', 'b', 'msg', 'sig']);
        play.message('msg');
        expect(play.open()).toEqual(['a', 'b', 'c', 'msg', 'sig']);
        play.complete('c').complete('b');
      }
      expect(play.complete('a').ended).toBe(true);
    });
  });

  test('an escalation is heard at the edge and its thrower goes on', async () => {
    const xml = bpmn(start + sub('s', `<startEvent id="s0"/>${throwEvent('t', '<escalationEventDefinition escalationRef="x1"/>')}${user('a')}${path('s0', 't', 'a')}`)
      + boundary('heard', 's', '<escalationEventDefinition escalationRef="x1"/>', false) + user('boss') + path('start', 's') + path('heard', 'boss'), errors);
    await playAll(xml, {}, (play) => {
      expect(play.open()).toEqual(['a', 'boss']);
    });
    await playAll(xml.replace('cancelActivity="false"', 'cancelActivity="true"'), {}, (play) => {
      expect(play.open()).toEqual(['boss']);
    });
    await playAll(bpmn(start + throwEvent('t', '<escalationEventDefinition escalationRef="x1"/>') + user('a') + path('start', 't', 'a'), errors), {}, (play) => {
      expect(play.open()).toEqual(['a']);
    });
  });

  test('terminating ends its own scope and nothing more', async () => {
    const xml = bpmn(start + sub('s', `<startEvent id="s0"/><parallelGateway id="f"/>${user('a', 'b')}${endWith('t', '<terminateEventDefinition/>')}${path('s0', 'f', 'a', 't')}${path('f', 'b')}`)
      + user('x', 'y') + `<parallelGateway id="g"/>` + endWith('all', '<terminateEventDefinition/>') + path('start', 'g', 's', 'x', 'all') + path('g', 'y'));
    await playAll(xml, {}, (play) => {
      play.complete('a');
      expect(play.open()).toEqual(['x', 'y']);
      expect(types(play)).toContain('cancelled b');
      expect(play.complete('x').ended).toBe(true);
      expect(types(play)).toContain('cancelled y');
    });
  });

  test('the first event behind an event-based gateway wins', async () => {
    const xml = bpmn(start + `<eventBasedGateway id="g"/>` + catchEvent('t', timer('P2D')) + catchEvent('m', '<messageEventDefinition messageRef="m1"/>') + `<receiveTask id="r" messageRef="m1"/>`
      + user('x', 'y', 'z') + path('start', 'g', 't', 'x') + path('g', 'm', 'y') + path('g', 'r', 'z'), '<message id="m1" name="note"/>');
    await playAll(xml, {}, (play) => {
      expect(play.open()).toEqual(['m', 'r', 't']);
      expect(play.message('m').open()).toEqual(['y']);
    });
    await playAll(xml, {}, (play) => {
      expect(play.fire('t').open()).toEqual(['x']);
      expect(play.complete('x').ended).toBe(true);
    });
    await playAll(xml, {}, (play) => {
      expect(play.message('r').open()).toEqual(['z']);
    });
  });

  test('a message thrown leaves the case and comes to no catch inside it', async () => {
    const properties = '<extensionElements><camunda:properties><camunda:property name="correlationKey" value="=caseId"/><camunda:property name="payload" value="={caseId: caseId, count: n + 1}"/></camunda:properties></extensionElements>';
    const xml = bpmn(start + `<parallelGateway id="f"/>` + catchEvent('c', '<messageEventDefinition messageRef="m1"/>') + user('a')
      + `<intermediateThrowEvent id="t">${properties}<messageEventDefinition messageRef="m1"/></intermediateThrowEvent>` + `<sendTask id="s" messageRef="m1"/>` + user('z')
      + path('start', 'f', 'c') + path('f', 'a', 't', 's', 'z'), '<message id="m1" name="note"/>');
    await playAll(xml, { variables: { caseId: 'c1', n: 1 } }, (play) => {
      play.complete('a');
      expect(play.open()).toEqual(['c', 'z']);
      expect(play.thrown).toEqual([
        { kind: 'message', elementId: 't', name: 'note', correlationKey: 'c1', businessKey: 'R8-00001', variables: { caseId: 'c1', count: 2 } },
        { kind: 'message', elementId: 's', name: 'note', correlationKey: null, businessKey: 'R8-00001', variables: {} },
      ]);
    });
  });
});

describe('conditions that become true', () => {
  const when = (condition: string): string => `<conditionalEventDefinition><condition xsi:type="tFormalExpression">${condition}</condition></conditionalEventDefinition>`;

  test('a conditional event looks again after every action that changes variables', async () => {
    const xml = bpmn(start + `<parallelGateway id="f"/>` + catchEvent('c', when('=x = 3')) + user('a', 'b', 'z') + path('start', 'f', 'c', 'z') + path('f', 'a', 'b'));
    await playAll(xml, { variables: { x: 1 } }, (play) => {
      expect(play.open()).toEqual(['a', 'c']);
      expect(play.set({ x: 2 }).open()).toEqual(['a', 'c']);
      expect(play.complete('a', { x: 3 }).open()).toEqual(['b', 'z']);
    });
  });

  test('a non-interrupting one fires at each change from false to true', async () => {
    const xml = bpmn(start + user('a') + boundary('c', 'a', when('=high'), false) + job('j') + path('start', 'a') + path('c', 'j'));
    await playAll(xml, { variables: { high: false } }, (play) => {
      expect(play.set({ high: true }).open()).toEqual(['a', 'c', 'j']);
      play.complete('j');
      expect(play.set({ high: true }).open()).toEqual(['a', 'c']);
      expect(play.set({ high: false }).open()).toEqual(['a', 'c']);
      expect(play.set({ high: true }).open()).toEqual(['a', 'c', 'j']);
    });
  });

  test('a script that makes it true is noticed in the same step', async () => {
    const xml = bpmn(start + `<parallelGateway id="f"/>` + catchEvent('c', when('=x = 3')) + user('a', 'b', 'z') + `<scriptTask id="s" scriptFormat="FEEL" camunda:resultVariable="x"><script>1 + 2</script></scriptTask>` + path('start', 'f', 'c', 'z') + path('f', 'a', 's', 'b'));
    await playAll(xml, {}, (play) => {
      expect(play.complete('a').open()).toEqual(['b', 'z']);
    });
  });

  test('an interrupting one that is true already takes the task away at once', async () => {
    const xml = bpmn(start + user('a', 'z') + boundary('c', 'a', when('=high')) + path('start', 'a') + path('c', 'z'));
    await playAll(xml, { variables: { high: true } }, (play) => {
      expect(play.open()).toEqual(['z']);
    });
  });
});

describe('event sub-processes and links', () => {
  const handler = (id: string, startEvent: string): string => sub(id, `${startEvent}${user(`${id}_task`)}<endEvent id="${id}_end"/>${path(`${id}_start`, `${id}_task`, `${id}_end`)}`, ' triggeredByEvent="true"');
  const startWith = (id: string, definition: string, isInterrupting: boolean): string => `<startEvent id="${id}_start" isInterrupting="${isInterrupting}">${definition}</startEvent>`;

  test('an interrupting one takes over its scope', async () => {
    for (const definition of [timer('P3D'), '<messageEventDefinition messageRef="m1"/>', '<signalEventDefinition signalRef="s1"/>']) {
      const xml = bpmn(start + user('a', 'b') + end('end') + path('start', 'a', 'b', 'end') + handler('h', startWith('h', definition, true)), `${signal}<message id="m1" name="note"/>`);
      await playAll(xml, {}, (play) => {
        expect(play.open()).toEqual(['a', 'h_start']);
        play.complete('a');
        const wait = play.wait('h_start');
        if (wait.kind === 'signal') play.signal('office_closed');
        else play.act({ kind: wait.kind === 'timer' ? 'fire' : 'message', executionId: wait.executionId });
        expect(play.open()).toEqual(['h_task']);
        expect(play.complete('h_task').ended).toBe(true);
        const known = new Set(play.definition.elements.keys());
        expect(play.history.filter((entry) => entry.type !== 'ended' && !known.has(entry.elementId))).toEqual([]);
      });
    }
  });

  test('a non-interrupting one runs beside its scope, as often as it is called', async () => {
    const xml = bpmn(start + sub('s', `<startEvent id="s0"/>${user('a')}${path('s0', 'a')}${handler('h', startWith('h', '<messageEventDefinition messageRef="m1"/>', false))}`) + user('z') + path('start', 's', 'z'), '<message id="m1" name="note"/>');
    await playAll(xml, {}, (play) => {
      play.message('h_start');
      expect(play.open()).toEqual(['a', 'h_start', 'h_task']);
      play.complete('h_task').message('h_start').complete('a');
      expect(play.open()).toEqual(['h_task']);
      expect(play.complete('h_task').open()).toEqual(['z']);
    });
  });

  test('one for errors catches them before the edge of its scope does', async () => {
    const xml = bpmn(start + sub('s', `<startEvent id="s0"/>${job('j')}${path('s0', 'j')}${handler('h', startWith('h', error('e1'), true))}`) + boundary('edge', 's', error('')) + user('x', 'z') + path('start', 's', 'z') + path('edge', 'x'), errors);
    await playAll(xml, {}, (play) => {
      expect(play.fail('j', 'refused').open()).toEqual(['h_task']);
      expect(play.complete('h_task').open()).toEqual(['z']);
    });
    await playAll(xml, {}, (play) => {
      expect(play.fail('j', 'lost').open()).toEqual(['x']);
    });
  });

  test('terminating beside event sub-processes ends them too', async () => {
    const xml = bpmn(start + user('a') + endWith('t', '<terminateEventDefinition/>') + path('start', 'a', 't') + handler('h', startWith('h', timer('R/PT1H', 'timeCycle'), false)));
    await playAll(xml, {}, (play) => {
      play.fire('h_start');
      expect(play.open()).toEqual(['a', 'h_start', 'h_task']);
      expect(play.complete('a').ended).toBe(true);
    });
  });

  test('a link is the flow that it stands for, however often it is taken', async () => {
    const link = '<linkEventDefinition name="back"/>';
    const xml = bpmn(start + catchEvent('in', link) + `<exclusiveGateway id="m"/><exclusiveGateway id="g" default="g_end"/>` + user('a') + throwEvent('out', link) + end('end')
      + path('start', 'm', 'a', 'g') + flow('g', 'out', '=again') + flow('g', 'end') + path('in', 'm'));
    await playAll(xml, {}, (play) => {
      play.complete('a', { again: true }).complete('a', { again: true });
      expect(play.complete('a', { again: false }).ended).toBe(true);
      expect(types(play).filter((line) => line === 'entered in')).toHaveLength(2);
    });
  });
});

describe('undoing what was done', () => {
  const undo = '<compensateEventDefinition/>';
  const xml = bpmn(start + user('a', 'b') + job('unbook').replace('<serviceTask', '<serviceTask isForCompensation="true"') + boundary('c', 'a', undo) + '<association id="as" sourceRef="c" targetRef="unbook"/>'
    + `<exclusiveGateway id="g" default="g_e"/>` + end('e') + endWith('t', undo) + path('start', 'a', 'b', 'g') + flow('g', 't', '=undo') + flow('g', 'e'));

  test('a finished task is undone when the diagram says so, and left alone otherwise', async () => {
    await playAll(xml, { variables: { undo: true } }, (play) => {
      expect(play.complete('a').complete('b').open()).toEqual(['unbook']);
      expect(play.complete('unbook').ended).toBe(true);
    });
    await playAll(xml, { variables: { undo: false } }, (play) => {
      expect(play.complete('a').complete('b').ended).toBe(true);
    });
  });
});
