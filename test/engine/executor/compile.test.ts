import { describe, expect, test } from '@jest/globals';
import { compile } from '../../../src/engine/executor/compile.js';
import { bpmn, end, flow, path, playAll, start, timer, user } from './diagram.js';

const refusals = async (xml: string, options = {}): Promise<string[]> => {
  try {
    await compile(xml, options);
    return [];
  } catch (error) {
    return (error as { refusals: { rule: string; element: string | null }[] }).refusals.map((refusal) => `${refusal.rule} ${refusal.element}`);
  }
};

describe('diagrams from elsewhere', () => {
  test('pools, message flows, data, notes and groups are pictures; flows need no ids; nobody need say that it is executable', async () => {
    const xml = `<?xml version="1.0"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="x">
      <bpmn:collaboration id="c"><bpmn:participant id="p1" processRef="p" name="市"/><bpmn:participant id="p2" name="市民"/><bpmn:messageFlow id="mf" sourceRef="a" targetRef="p2"/></bpmn:collaboration>
      <bpmn:process id="p"><bpmn:laneSet id="ls"><bpmn:lane id="l1" name="相談支援機関"><bpmn:flowNodeRef>s</bpmn:flowNodeRef><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet><bpmn:laneSet id="empty"/>
      <bpmn:extensionElements><zeebe:something value="1"/></bpmn:extensionElements>
      <bpmn:dataObject id="do"/><bpmn:dataObjectReference id="dor" dataObjectRef="do"/><bpmn:dataStoreReference id="ds"/>
      <bpmn:startEvent id="s"/><bpmn:userTask id="a" name="聞き取り"/><bpmn:receiveTask id="r"/><bpmn:endEvent id="e"/>
      <bpmn:sequenceFlow sourceRef="s" targetRef="a"/><bpmn:sequenceFlow sourceRef="a" targetRef="r"/><bpmn:sequenceFlow sourceRef="r" targetRef="e"/>
      <bpmn:textAnnotation id="t"><bpmn:text>note</bpmn:text></bpmn:textAnnotation><bpmn:association id="as" sourceRef="a" targetRef="t"/><bpmn:group id="g"/></bpmn:process></bpmn:definitions>`;
    await playAll(xml, {}, (play) => {
      expect(play.definition.elements.get('a')).toMatchObject({ lane: '相談支援機関', name: '聞き取り', outgoing: [{ targetId: 'r' }] });
      expect(play.wait('a').task).toMatchObject({ name: '聞き取り', formKey: null, candidateGroups: [], deadline: null, priority: 50 });
      expect(play.complete('a').wait('r')).toMatchObject({ kind: 'message', name: '', correlationKey: null });
      expect(play.message('r').ended).toBe(true);
    });
  });

  test('Operaton and Flowable say the same as Camunda 7', async () => {
    for (const uri of ['http://operaton.org/schema/1.0/bpmn', 'http://flowable.org/bpmn', 'http://camunda.org/schema/1.0/bpmn']) {
      const xml = bpmn(start + `<userTask id="a" other:formKey="screening" other:candidateGroups="x, y"/><serviceTask id="j" other:delegateExpression="\${sendLetter}"/>` + path('start', 'a', 'j')).replace('<definitions ', `<definitions xmlns:other="${uri}" `);
      await playAll(xml, {}, (play) => {
        expect(play.wait('a').task).toMatchObject({ formKey: 'screening', candidateGroups: ['x', 'y'] });
        expect(play.complete('a').wait('j').job!.handler).toBe('sendLetter');
      });
    }
  });

  test('of several processes the one that is named runs', async () => {
    const two = bpmn(start + user('a') + path('start', 'a')).replace('</definitions>', `<process id="q" isExecutable="true"><startEvent id="qs"/>${user('b')}${path('qs', 'b')}</process></definitions>`);
    expect(await refusals(two)).toEqual(['several-processes q']);
    expect(await refusals(two, { processId: 'nobody' })).toEqual(['no-process nobody']);
    await playAll(two, { options: { processId: 'q' } }, (play) => {
      expect(play.open()).toEqual(['b']);
    });
  });

  test('a case begins at the start event that is named; the others stay asleep', async () => {
    const xml = bpmn(`<startEvent id="by_phone"/><startEvent id="by_message"><messageEventDefinition messageRef="m1"/></startEvent><startEvent id="by_clock">${timer('R/P1D', 'timeCycle')}</startEvent>` + user('a', 'b', 'c')
      + path('by_phone', 'a') + path('by_message', 'b') + path('by_clock', 'c'), '<message id="m1" name="consultation_received"/>');
    expect((await compile(xml)).starts).toEqual([
      { elementId: 'by_phone', messageName: null }, { elementId: 'by_message', messageName: 'consultation_received' }, { elementId: 'by_clock', messageName: null }]);
    for (const [startElementId, open] of [['by_phone', 'a'], ['by_message', 'b'], ['by_clock', 'c'], [undefined, 'a']] as const) {
      await playAll(xml, startElementId === undefined ? {} : { startElementId }, (play) => {
        expect(play.open()).toEqual([open]);
        expect(play.complete(open).ended).toBe(true);
      });
    }
  });

  test('without a start event everything without a way in begins; with one, nothing else does', async () => {
    await playAll(bpmn(user('a', 'b', 'c') + path('a', 'c')), {}, (play) => {
      expect(play.open()).toEqual(['a', 'b']);
    });
    await playAll(bpmn(start + user('a', 'orphan') + path('start', 'a')), {}, (play) => {
      expect(play.open()).toEqual(['a']);
    });
    await playAll(bpmn(start + `<subProcess id="s">${user('x', 'y')}</subProcess>` + path('start', 's')), {}, (play) => {
      expect(play.open()).toEqual(['x', 'y']);
      expect(play.complete('x').complete('y').ended).toBe(true);
    });
  });

  test('two flows between the same two nodes carry two tokens', async () => {
    const twin = (id: string): string => `<sequenceFlow id="${id}" sourceRef="f" targetRef="m"/>`;
    await playAll(bpmn(start + `<parallelGateway id="f"/><exclusiveGateway id="m"/><task id="t"/>` + user('a') + path('start', 'f') + twin('x') + twin('y') + path('m', 't', 'a')), {}, (play) => {
      expect(play.history.filter((entry) => entry.type === 'entered' && entry.elementId === 't')).toHaveLength(2);
    });
  });
});

describe('what cannot run is refused by name', () => {
  test.each([
    ['unsupported-element x', `<complexGateway id="x"/>${path('start', 'x')}`],
    ['unsupported-element x', `<adHocSubProcess id="x">${user('a')}</adHocSubProcess>${path('start', 'x')}`],
    ['unsupported-element x', `<userTask id="x"><standardLoopCharacteristics/></userTask>${path('start', 'x')}`],
    ['unsupported-element x', `<transaction id="x"><startEvent id="s1"/><endEvent id="x"><cancelEventDefinition/></endEvent>${path('s1', 'x')}</transaction>${path('start', 'x')}`.replace('<transaction id="x">', '<transaction id="w">').replace(path('start', 'x'), path('start', 'w'))],
    ['unsupported-script x', `<scriptTask id="x" scriptFormat="javascript"><script>1</script></scriptTask>${path('start', 'x')}`],
    ['empty-timer x', `<intermediateCatchEvent id="x"><timerEventDefinition/></intermediateCatchEvent>${path('start', 'x')}`],
    ['event-without-definition x', `<intermediateCatchEvent id="x"/>${path('start', 'x')}`],
    ['link-without-target x', `<intermediateThrowEvent id="x"><linkEventDefinition name="n"/></intermediateThrowEvent>${path('start', 'x')}`],
    ['boundary-without-host x', `<boundaryEvent id="x">${timer('P1D')}</boundaryEvent>${user('a')}${path('start', 'a')}`],
    ['empty-scope x', `<subProcess id="x"/>${path('start', 'x')}`],
    ['event-sub-process-start x', `${user('a')}${path('start', 'a')}<subProcess id="x" triggeredByEvent="true"><startEvent id="s1"/></subProcess>`],
  ])('%s', async (expected, inside) => {
    expect(await refusals(bpmn(start + inside))).toContain(expected);
  });

  test('XML that is none, and ids that are there twice', async () => {
    expect(await refusals('hello')).toEqual(['parse null']);
    expect((await refusals(bpmn(start + user('a', 'a') + path('start', 'a'))))[0]).toMatch(/^parse/);
    expect(await refusals(bpmn(start + user('a') + flow('start', 'nowhere')))).toEqual(expect.arrayContaining(['flow-without-end start_nowhere']));
    expect(await refusals(bpmn(end('e')).replace('<process id="p" isExecutable="true">', '<process id="p" isExecutable="true"/><!--').replace('</process>', '-->'))).toEqual(['no-start p']);
  });
});
