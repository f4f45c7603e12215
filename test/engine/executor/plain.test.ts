import { describe, expect, test } from '@jest/globals';
import { boundary, bpmn, end, flow, job, path, playAll, start, timer, user } from './diagram.js';

const message = '<message id="m1" name="answer_came"/>';

describe('a plain process', () => {
  test('one task follows another until the process ends', async () => {
    const xml = bpmn(start + user('a') + job('b') + end('end') + path('start', 'a', 'b', 'end'));
    await playAll(xml, { variables: { x: 1 } }, (play) => {
      expect(play.open()).toEqual(['a']);
      play.complete('a', { y: 2 });
      expect(play.wait('b').job).toEqual({ handler: 'b', input: { x: 1, y: 2 } });
      play.complete('b', { z: 3 });
      expect(play.ended).toBe(true);
      expect(play.state).toBe(null);
      expect(play.variables).toEqual({ x: 1, y: 2, z: 3 });
      expect(play.history.map((entry) => `${entry.type} ${entry.elementId}`)).toEqual([
        'entered start', 'left start', 'entered a', 'left a', 'entered b', 'left b', 'entered end', 'left end', 'ended p']);
    });
  });

  test('a gateway takes the branch whose question is answered yes, else the default', async () => {
    const xml = bpmn(start + `<exclusiveGateway id="g" default="g_c"/>` + user('a', 'b', 'c') + end('end') + path('start', 'g')
      + flow('g', 'a', '=x > 10') + flow('g', 'b', '${x > 5}') + flow('g', 'c') + path('a', 'end') + path('b', 'end') + path('c', 'end'));
    for (const [x, open] of [[11, 'a'], [6, 'b'], [1, 'c']] as const) {
      await playAll(xml, { variables: { x } }, (play) => {
        expect(play.open()).toEqual([open]);
        expect(play.complete(open).ended).toBe(true);
      });
    }
  });

  test('two branches run at once and the join waits for both', async () => {
    const xml = bpmn(start + `<parallelGateway id="f"/><parallelGateway id="j"/>` + user('a', 'b', 'c') + end('end')
      + path('start', 'f', 'a', 'j', 'c', 'end') + path('f', 'b', 'j'));
    await playAll(xml, {}, (play) => {
      expect(play.open()).toEqual(['a', 'b']);
      play.complete('a');
      expect(play.open()).toEqual(['b']);
      play.complete('b');
      expect(play.open()).toEqual(['c']);
      expect(play.complete('c').ended).toBe(true);
    });
  });

  test('a deadline that passes takes the task away; one that only reminds does not', async () => {
    const xml = bpmn(start + user('a', 'late', 'reminded') + boundary('due', 'a', timer('P3D')) + boundary('remind', 'a', timer('P1D'), false) + end('end', 'e2', 'e3')
      + path('start', 'a', 'end') + path('due', 'late', 'e2') + path('remind', 'reminded', 'e3'));
    await playAll(xml, {}, (play) => {
      expect(play.open()).toEqual(['a', 'due', 'remind']);
      expect(play.wait('due').dueAt).toBe('2026-11-26T01:00:00.000Z');
      play.fire('remind');
      expect(play.open()).toEqual(['a', 'due', 'reminded']);
      play.fire('due');
      expect(play.open()).toEqual(['late', 'reminded']);
      expect(play.closed.map((wait) => `${wait.elementId} ${wait.reason}`).sort()).toEqual(['a cancelled', 'due completed']);
      play.complete('late');
      expect(play.complete('reminded').ended).toBe(true);
    });
  });

  test('a task done in time takes its deadline with it', async () => {
    const xml = bpmn(start + user('a', 'b') + boundary('due', 'a', timer('P3D')) + end('end') + path('start', 'a', 'b', 'end') + path('due', 'end'));
    await playAll(xml, {}, (play) => {
      play.complete('a');
      expect(play.open()).toEqual(['b']);
      expect(play.closed.map((wait) => `${wait.elementId} ${wait.reason}`).sort()).toEqual(['a completed', 'due cancelled']);
    });
  });

  test('an overdue timer does not go off by itself when somebody completes the task', async () => {
    const xml = bpmn(start + user('a', 'b') + boundary('due', 'a', timer('P3D')) + end('end') + path('start', 'a', 'end') + path('due', 'b', 'end'));
    await playAll(xml, {}, (play) => {
      play.now = new Date('2027-06-01T00:00:00Z');
      expect(play.complete('a').ended).toBe(true);
    });
  });

  test('a sub-process is a scope of its own and can be cut off by its deadline', async () => {
    const xml = bpmn(start + `<subProcess id="s"><startEvent id="s1"/>${user('a', 'b')}<endEvent id="s2"/>${path('s1', 'a', 'b', 's2')}${boundary('inner', 'a', timer('P1D'), false)}${user('c')}${path('inner', 'c')}</subProcess>`
      + boundary('due', 's', timer('P9D')) + user('after', 'late') + end('end') + path('start', 's', 'after', 'end') + path('due', 'late', 'end'));
    await playAll(xml, {}, (play) => {
      play.fire('inner');
      expect(play.open()).toEqual(['a', 'c', 'due']);
      play.complete('c').complete('a').complete('b');
      expect(play.open()).toEqual(['after']);
    });
    await playAll(xml, {}, (play) => {
      play.fire('due');
      expect(play.open()).toEqual(['late']);
      expect(play.complete('late').ended).toBe(true);
    });
  });

  test('a message reaches the one wait it was sent to', async () => {
    const xml = bpmn(start + `<receiveTask id="r" messageRef="m1"><extensionElements><camunda:properties><camunda:property name="correlationKey" value="=caseId"/></camunda:properties></extensionElements></receiveTask>`
      + `<intermediateCatchEvent id="c"><messageEventDefinition messageRef="m1"/></intermediateCatchEvent>` + end('end') + path('start', 'r', 'c', 'end'), message);
    await playAll(xml, { variables: { caseId: 'c1' } }, (play) => {
      expect(play.wait('r')).toMatchObject({ kind: 'message', name: 'answer_came', correlationKey: 'c1' });
      play.message('r', { answer: true });
      expect(play.open()).toEqual(['c']);
      expect(play.message('c').ended).toBe(true);
      expect(play.variables).toEqual({ caseId: 'c1', answer: true });
    });
  });

  test('tasks that nobody waits for run through at once', async () => {
    const xml = bpmn(start + `<task id="t"/><intermediateThrowEvent id="n"/><scriptTask id="s" scriptFormat="feel" camunda:resultVariable="sum"><script>a + 1</script></scriptTask><manualTask id="m"/>` + end('end') + path('start', 't', 'n', 's', 'm', 'end'));
    await playAll(xml, { variables: { a: 1 } }, (play) => {
      expect(play.open()).toEqual(['m']);
      expect(play.variables).toEqual({ a: 1, sum: 2 });
      expect(play.complete('m').ended).toBe(true);
    });
  });
});
