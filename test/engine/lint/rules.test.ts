// Each rule: a diagram that breaks it is refused by its name at the right element, and the same diagram mended passes.
import { describe, expect, test } from '@jest/globals';
import { examine, type CheckOptions } from '../../../src/engine/lint/examine.js';
import { and, boundary, bpmn, catching, end, file, inOrder, job, only, properties, start, timer, user as task, xor } from '../support/diagram.js';

const known = {
  handlers: new Set(['known']),
  forms: new Map<string, unknown>([['good', { type: 'default', components: [{ type: 'number', key: 'n' }] }], ['bad', { type: 'default', components: [{ type: 'html', id: 'h' }] }]]),
  groups: (key: string) => ['grp.intake.elder', 'grp.chair'].includes(key),
};
/** A task that somebody has. */
const user = (id: string, attributes = '', inner = ''): string => task(id, /candidateGroups|assignee/.test(attributes) ? attributes : `camunda:candidateGroups="grp.chair" ${attributes}`, inner);
const judge = async (xml: string, options: CheckOptions = {}): Promise<string[]> => (await examine(xml, known, options)).refusals.map(({ rule, element }) => `${rule} ${element ?? ''}`.trim());

const message = '<bpmn:message id="m" name="answer"/>';
const errors = '<bpmn:error id="err" name="x" errorCode="E1"/><bpmn:error id="blank"/>';
const messageEvent = '<bpmn:messageEventDefinition messageRef="m"/>';
const key = properties({ correlationKey: '=caseId' });
const compensate = '<bpmn:compensateEventDefinition/>';
/** A task that can be undone. */
const undoable = `${user('t')}${boundary('cb', 't', compensate)}${user('undo', 'isForCompensation="true"')}<bpmn:association id="as" associationDirection="One" sourceRef="cb" targetRef="undo"/>`;
const withCondition = (condition: string, language = ''): string =>
  `${start}${xor('g', 'default="g_e"')}${user('t')}${end}f(s,g) <bpmn:sequenceFlow id="g_t" sourceRef="g" targetRef="t"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression" ${language}>${condition}</bpmn:conditionExpression></bpmn:sequenceFlow>f(g,e) f(t,e) `;
const listening = (listener: string): string => only(user('t', '', `<bpmn:extensionElements>${listener}</bpmn:extensionElements>`));
const waiting = (definition: string): string => only(catching('c', definition));
const loop = (inside: string, id: string): string => `${start}${xor('a')}${inside}${xor('b', 'default="b_e"')}${end}f(s,a) f(a,${id}) f(${id},b) f(b,a,=again) f(b,e) `;

const rules: [rule: string, broken: string, mended: string][] = [
  ['script-task t', bpmn(only('<bpmn:scriptTask id="t" scriptFormat="feel"><bpmn:script>1</bpmn:script></bpmn:scriptTask>')), bpmn(only(job('t')))],
  ['script-language g_t', bpmn(withCondition('x > 1', 'language="javascript"')), bpmn(withCondition('=x > 1'))],
  ['script-language g_t', bpmn(withCondition('approved')), bpmn(withCondition('${approved}'))],
  ['script-listener t', bpmn(listening('<camunda:taskListener event="create" class="org.example.Boom"/>')), bpmn(only(user('t')))],
  ['script-listener t', bpmn(listening('<camunda:executionListener event="start"><camunda:script scriptFormat="groovy">x</camunda:script></camunda:executionListener>')), bpmn(only(user('t')))],
  ['script-listener t', bpmn(listening('<camunda:inputOutput><camunda:inputParameter name="x"><camunda:script scriptFormat="groovy">x</camunda:script></camunda:inputParameter></camunda:inputOutput>')), bpmn(listening('<camunda:inputOutput><camunda:inputParameter name="x">=1</camunda:inputParameter></camunda:inputOutput>'))],
  ['unsupported-element g', bpmn(only('<bpmn:complexGateway id="g"/>')), bpmn(only(and('g')))],
  ['unsupported-element c', bpmn(waiting(`${timer('timeDuration', 'PT1H')}<bpmn:signalEventDefinition signalRef="sig"/>`), { roots: '<bpmn:signal id="sig" name="x"/>' }), bpmn(waiting(timer('timeDuration', 'PT1H')))],
  ['unsupported-element t', bpmn(only(user('t', '', '<bpmn:standardLoopCharacteristics/>'))), bpmn(only(user('t')))],
  ['unsupported-element t', bpmn(only('<bpmn:transaction id="t"><bpmn:startEvent id="ts"/><bpmn:endEvent id="te"/>f(ts,te) </bpmn:transaction>')), bpmn(only('<bpmn:subProcess id="t"><bpmn:startEvent id="ts"/><bpmn:endEvent id="te"/>f(ts,te) </bpmn:subProcess>'))],
  ['unsupported-element c', bpmn(only('<bpmn:intermediateCatchEvent id="c"><bpmn:eventDefinitionRef>later</bpmn:eventDefinitionRef></bpmn:intermediateCatchEvent>'), { roots: '<bpmn:timerEventDefinition id="later"><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>' }), bpmn(waiting(timer('timeDuration', 'PT1H')))],
  ['unsupported-element b', bpmn(`${only(user('t'))}${boundary('b', 't', `${messageEvent}<bpmn:eventDefinitionRef>any</bpmn:eventDefinitionRef>`).replace('<bpmn:messageEvent', `${key}<bpmn:messageEvent`)}f(b,e) `, { roots: `${message}<bpmn:errorEventDefinition id="any"/>` }), bpmn(only(user('t')))],
  ...['<bpmn:timerEventDefinition><bpmn:timeCycle>R/P1D</bpmn:timeCycle></bpmn:timerEventDefinition>', '<bpmn:signalEventDefinition signalRef="sig"/>', '<bpmn:conditionalEventDefinition><bpmn:condition>=x</bpmn:condition></bpmn:conditionalEventDefinition>'].map((event): [string, string, string] =>
    ['unsupported-element s', bpmn(only(user('t')).replace(start, `<bpmn:startEvent id="s">${event}</bpmn:startEvent>`), { roots: '<bpmn:signal id="sig" name="x"/>' }), bpmn(only(user('t')).replace(start, `<bpmn:startEvent id="s">${messageEvent}</bpmn:startEvent>`), { roots: message })]),
  ['unsupported-element ct', bpmn(inOrder({ id: 't', xml: undoable }, { id: 'ct', xml: `<bpmn:intermediateThrowEvent id="ct">${compensate}</bpmn:intermediateThrowEvent>` })), bpmn(only(undoable).replace(end, `<bpmn:endEvent id="e">${compensate}</bpmn:endEvent>`))],
  ['unsupported-element e', bpmn(only(`<bpmn:subProcess id="sub"><bpmn:startEvent id="ss"/>${undoable}<bpmn:endEvent id="se"/>f(ss,t) f(t,se) </bpmn:subProcess>`).replace(end, `<bpmn:endEvent id="e">${compensate}</bpmn:endEvent>`)), bpmn(only(`<bpmn:subProcess id="sub"><bpmn:startEvent id="ss"/>${undoable}<bpmn:endEvent id="se">${compensate}</bpmn:endEvent>f(ss,t) f(t,se) </bpmn:subProcess>`))],
  ['unsupported-element b', bpmn(`${only('<bpmn:callActivity id="c" calledElement="meeting"/>')}${boundary('b', 'c', '<bpmn:escalationEventDefinition/>')}f(b,e) `), bpmn(only('<bpmn:callActivity id="c" calledElement="meeting"/>'))],
  ['task-without-group t', bpmn(only(task('t'))), bpmn(only(task('t', 'camunda:assignee="=leadId"')))],
  ['task-without-group t', bpmn(only(task('t', 'camunda:candidateGroups=" "'))), bpmn(only(task('t', 'camunda:candidateGroups="=leadGroup"')))],
  ...['R/PT1H/2026-12-31T00:00:00Z', 'R0/PT1H', 'R3/2026-02-30T09:00:00Z/PT1H'].map((value): [string, string, string] => ['timer-unparsable c', bpmn(waiting(timer('timeCycle', value))), bpmn(waiting(timer('timeCycle', 'R3/2026-02-28T09:00:00+09:00/PT1H')))]),
  ['timer-unparsable c', bpmn(waiting(timer('timeDate', '2026-02-30T09:00:00Z'))), bpmn(waiting(timer('timeDate', '2028-02-29T09:00:00Z')))],
  ['timer-unparsable c', bpmn(waiting(timer('timeDate', '2026-02-27T25:00:00Z'))), bpmn(waiting(timer('timeDate', '2026-02-27')))],
  ['script-language g_t', bpmn(withCondition('').replace('xsi:type', 'camunda:resource="deployment://x.groovy" xsi:type')), bpmn(withCondition('=x'))],
  ['script-language g_t', bpmn(withCondition('=x').replace('xsi:type', 'camunda:resource="x.js" xsi:type')), bpmn(withCondition('=x'))],
  ['unknown-handler t', bpmn(only(job('t', 'nobody'))), bpmn(only(job('t')))],
  ['unknown-handler t', bpmn(only('<bpmn:serviceTask id="t" camunda:class="org.example.Boom"/>')), bpmn(only(job('t')))],
  ['unknown-form t', bpmn(only(user('t', 'camunda:formKey="nothing"'))), bpmn(only(user('t', 'camunda:formKey="good"')))],
  ['form-component t', bpmn(only(user('t', 'camunda:formKey="bad"'))), bpmn(only(user('t', 'camunda:formKey="good"')))],
  ['unknown-group t', bpmn(only(user('t', 'camunda:candidateGroups="grp.intake.elder, grp.nobody"'))), bpmn(only(user('t', 'camunda:candidateGroups="grp.intake.elder"')))],
  ['unknown-group t', bpmn(only(user('t', '', properties({ dueIn: '1BD', escalateAfter: '1BD>grp.nobody' })))), bpmn(only(user('t', '', properties({ dueIn: '1BD', escalateAfter: '1BD>manager;3BD>grp.chair' }))))],
  ['no-executable-process p', bpmn(only(user('t')), { isExecutable: false }), bpmn(only(user('t')))],
  ['several-executable-processes q', file(`<bpmn:process id="p" isExecutable="true">${only(user('t'))}</bpmn:process><bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="s2"/><bpmn:endEvent id="e2"/>f(s2,e2) </bpmn:process>`), file(`<bpmn:process id="p" isExecutable="true">${only(user('t'))}</bpmn:process>`)],
  ['no-start p', bpmn(`${user('t')}${end}f(t,e) `), bpmn(only(user('t')))],
  ['no-end p', bpmn(`${start}${user('t')}f(s,t) `), bpmn(only(user('t')))],
  ['several-blank-starts s2', bpmn(`${only(user('t'))}<bpmn:startEvent id="s2"/>f(s2,t) `), bpmn(only(user('t')))],
  ['endless-loop a', bpmn(loop('<bpmn:task id="t"/>', 't')), bpmn(loop(user('t'), 't'))],
  ['endless-loop a', bpmn(`${start}${xor('a')}${xor('b', 'default="b_t"')}${user('t')}${xor('c', 'default="c_e"')}${end}f(s,a) f(a,b) f(b,a,=x) f(b,t) f(t,c) f(c,a,=y) f(c,e) `), bpmn(`${start}${xor('a')}${user('t')}${xor('c', 'default="c_e"')}${end}f(s,a) f(a,t) f(t,c) f(c,a,=y) f(c,e) `)],
  ['orphan t2', bpmn(`${only(user('t'))}${user('t2')}f(t2,e) `), bpmn(only(user('t')))],
  ['unreachable t3', bpmn(`${only(user('t'))}${user('t2')}${user('t3')}${xor('g')}f(t2,t3) f(t3,g) f(g,t2,=x) f(g,e,=not(x)) `), bpmn(only(user('t')))],
  ['no-way-out t', bpmn(`${start}${user('t')}${user('t2')}${xor('g', 'default="g_e"')}${end}f(s,g) f(g,t,=x) f(g,e) f(t,t2) f(t2,t) `), bpmn(only(user('t')))],
  ['dangling-flow x', bpmn(`${only(user('t'))}<bpmn:sequenceFlow id="x" sourceRef="t"/>`), bpmn(only(user('t')))],
  ['timer-unparsable c', bpmn(waiting(timer('timeDuration', '3 days'))), bpmn(waiting(timer('timeDuration', 'P3D')))],
  ['timer-unparsable c', bpmn(waiting(timer('timeCycle', '0 0 9 * * ?'))), bpmn(waiting(timer('timeCycle', 'R3/PT1H')))],
  ['timer-unparsable c', bpmn(waiting('<bpmn:timerEventDefinition/>')), bpmn(waiting(timer('timeDate', '=businessDays(10)')))],
  ['timer-unparsable c', bpmn(waiting(timer('timeDuration', '="soon"'))), bpmn(waiting(timer('timeDuration', '=duration("PT1H")')))],
  ['timer-may-be-undefined c', bpmn(waiting(timer('timeDate', '=meetingAt'))), bpmn(waiting(timer('timeDate', '=if meetingAt = null then businessDays(5) else meetingAt')))],
  ['gateway-without-default g', bpmn(`${start}${xor('g')}${user('t')}${end}f(s,g) f(g,t,=x) f(g,e) f(t,e) `), bpmn(withCondition('=x'))],
  ['catch-all-error-boundary b', bpmn(`${only(job('t'))}${boundary('b', 't', '<bpmn:errorEventDefinition/>')}f(b,e) `), bpmn(`${only(job('t'))}${boundary('b', 't', '<bpmn:errorEventDefinition errorRef="err"/>')}f(b,e) `, { roots: errors })],
  ['catch-all-error-boundary b', bpmn(`${only(job('t'))}${boundary('b', 't', '<bpmn:errorEventDefinition errorRef="blank"/>')}f(b,e) `, { roots: errors }), bpmn(`${only(job('t'))}${boundary('b', 't', '<bpmn:errorEventDefinition errorRef="err"/>')}f(b,e) `, { roots: errors })],
  ['boundary-unattached b', bpmn(`${only(user('t'))}<bpmn:boundaryEvent id="b">${timer('timeDuration', 'P1D')}</bpmn:boundaryEvent>f(b,e) `), bpmn(`${only(user('t'))}${boundary('b', 't', timer('timeDuration', 'P1D'))}f(b,e) `)],
  ['feel-syntax g_t', bpmn(withCondition('=x and')), bpmn(withCondition('=x and y'))],
  ['feel-syntax g_t', bpmn(withCondition('=x == 1')), bpmn(withCondition('=x = 1'))],
  ['feel-syntax g_t', bpmn(withCondition('=launch("x")')), bpmn(withCondition('=contains(x, "x")'))],
  ['feel-runaway g_t', bpmn(withCondition('=count(for i in 1..20000 return i) > 1')), bpmn(withCondition('=count(for i in 1..10 return i) > 1'))],
  ['feel-runaway g_t', bpmn(withCondition('=count(for a in 1..2000, b in 1..2000 return a) > 1')), bpmn(withCondition('=some a in agencies satisfies a = "shakyo"'))],
  ['feel-runaway g_t', bpmn(withCondition('=matches(x, "^(a+)+$")')), bpmn(withCondition('=matches(x, "^R[0-9]-[0-9]{5}$")'))],
  ['feel-runaway g_t', bpmn(withCondition('=matches(x, y)')), bpmn(withCondition('=starts with(x, y)'))],
  ['feel-runaway g_t', bpmn(withCondition('={f: function(n) f(n)}.f(1)')), bpmn(withCondition('=sort(list, function(x,y) x &lt; y)[1] = 1'))],
  ['missing-correlation-key c', bpmn(waiting(messageEvent), { roots: message }), bpmn(only(catching('c', messageEvent, key)), { roots: message })],
  ['duplicate-id t', bpmn(inOrder({ id: 't', xml: user('t') }, { id: 'u', xml: user('u') }).replace('id="u"', 'id="t"')), bpmn(only(user('t')))],
  ['event-without-definition c', bpmn(waiting('')), bpmn(waiting(timer('timeDuration', 'PT1H')))],
  ['event-without-definition c', bpmn(waiting('<bpmn:signalEventDefinition/>')), bpmn(waiting('<bpmn:signalEventDefinition signalRef="sig"/>'), { roots: '<bpmn:signal id="sig" name="x"/>' })],
  ['call-without-process c', bpmn(only('<bpmn:callActivity id="c"/>')), bpmn(only('<bpmn:callActivity id="c" calledElement="meeting"/>'))],
  ['deadline-unparsable t', bpmn(only(user('t', '', properties({ dueIn: 'five days' })))), bpmn(only(user('t', '', properties({ dueIn: '5BD' }))))],
  ['deadline-unparsable t', bpmn(only(user('t', '', properties({ dueIn: '5BD', remindBefore: 'soon' })))), bpmn(only(user('t', '', properties({ dueIn: 'P5D', remindBefore: '1BD,2h' }))))],
  ['deadline-unparsable t', bpmn(only(user('t', '', properties({ escalateAfter: '1BD>manager' })))), bpmn(only(user('t', '', properties({ dueIn: '=if urgent then "1BD" else "5BD"', escalateAfter: '1BD>manager' }))))],
  ['parser-warning t', bpmn(only(user('t').replace('id="t"', 'id="t" default="nowhere"'))), bpmn(only(user('t')))],
  ['link-event l', bpmn(`${only(user('t'))}<bpmn:intermediateCatchEvent id="l"><bpmn:linkEventDefinition name="x"/></bpmn:intermediateCatchEvent>f(l,e) `), bpmn(only(user('t')))],
  ['event-based-gateway g', bpmn(`${start}<bpmn:eventBasedGateway id="g"/>${catching('c', timer('timeDuration', 'PT1H'))}${user('t')}${end}f(s,g) f(g,c) f(g,t) f(c,e) f(t,e) `), bpmn(`${start}<bpmn:eventBasedGateway id="g"/>${catching('c', timer('timeDuration', 'PT1H'))}${catching('c2', timer('timeDuration', 'PT2H'))}${end}f(s,g) f(g,c) f(g,c2) f(c,e) f(c2,e) `)],
  ['event-sub-process-start h', bpmn(`${only(user('t'))}<bpmn:subProcess id="h" triggeredByEvent="true"><bpmn:startEvent id="hs"/><bpmn:endEvent id="he"/>f(hs,he) </bpmn:subProcess>`), bpmn(`${only(user('t'))}<bpmn:subProcess id="h" triggeredByEvent="true"><bpmn:startEvent id="hs">${timer('timeDuration', 'P1D')}</bpmn:startEvent><bpmn:endEvent id="he"/>f(hs,he) </bpmn:subProcess>`)],
  ['duplicate-flow t_e2', bpmn(`${only(user('t'))}<bpmn:sequenceFlow id="t_e2" sourceRef="t" targetRef="e"/>`), bpmn(only(user('t')))],
];

describe('a diagram that breaks a rule is refused, mended it passes', () => {
  test.each(rules)('%s (%#)', async (rule, broken, mended) => {
    expect(await judge(mended)).toEqual([]);
    expect(await judge(broken)).toContain(rule);
  });
});

test('all faults of a diagram are told at once, in Japanese', async () => {
  const { refusals } = await examine(bpmn(only(`${user('t', 'camunda:formKey="nothing" camunda:candidateGroups="grp.nobody"', properties({ dueIn: 'soon' }))}`)), known);
  expect(refusals).toEqual([
    { rule: 'unknown-form', element: 't', message: '様式 nothing はありません' },
    { rule: 'unknown-group', element: 't', message: 'グループ grp.nobody はありません' },
    { rule: 'deadline-unparsable', element: 't', message: 'dueIn soon は期限として読めません（5BD、2h、3d、P1D など）' },
  ]);
});

describe('a diagram made elsewhere, read leniently', () => {
  const lenient = (xml: string): Promise<string[]> => judge(xml, { lenient: true });

  test('unknown handlers, forms and groups, other ways to name code, listeners and JUEL pass', async () => {
    expect(await lenient(bpmn(inOrder(
      { id: 'a', xml: '<bpmn:serviceTask id="a" camunda:class="org.example.Foo"/>' },
      { id: 'b', xml: '<bpmn:sendTask id="b" camunda:delegateExpression="${bean}"/>' },
      { id: 'c', xml: '<bpmn:businessRuleTask id="c" camunda:decisionRef="rules"/>' },
      { id: 't', xml: user('t', 'camunda:formKey="embedded:app:x.html" camunda:candidateGroups="accounting"', '<bpmn:extensionElements><camunda:taskListener event="create" class="x.Y"/></bpmn:extensionElements>') },
    ), { isExecutable: false }))).toEqual([]);
    expect(await lenient(bpmn(withCondition("${x == 'a' &amp;&amp; !approved || empty list}")))).toEqual([]);
    expect(await lenient(bpmn(waiting(timer('timeDate', '${dueAt}'))))).toEqual([]);
  });

  test('tasks for nobody, catches without a name, errors of any kind and starts by the clock pass; a reference to an event does not', async () => {
    expect(await lenient(bpmn(only(task('t'))))).toEqual([]);
    expect(await lenient(bpmn(only('<bpmn:receiveTask id="r"/>')))).toEqual([]);
    expect(await lenient(bpmn(waiting('<bpmn:messageEventDefinition/>')))).toEqual([]);
    expect(await lenient(bpmn(`${only(job('t'))}${boundary('b', 't', '<bpmn:errorEventDefinition/>')}f(b,e) `))).toEqual([]);
    expect(await lenient(bpmn(only(user('t')).replace(start, `<bpmn:startEvent id="s">${timer('timeCycle', 'R/P1D')}</bpmn:startEvent>`)))).toEqual([]);
    expect(await lenient(bpmn(only('<bpmn:intermediateCatchEvent id="c"><bpmn:eventDefinitionRef>x</bpmn:eventDefinitionRef></bpmn:intermediateCatchEvent>'), { roots: '<bpmn:signalEventDefinition id="x"/>' }))).toContain('unsupported-element c');
  });

  test('scripts and what only Java can say stay refused', async () => {
    expect(await lenient(bpmn(only('<bpmn:scriptTask id="t" scriptFormat="javascript"><bpmn:script>1</bpmn:script></bpmn:scriptTask>')))).toContain('script-task t');
    expect(await lenient(bpmn(withCondition('${bean.isGood(x)}')))).toEqual(['feel-syntax g_t']);
    expect(await lenient(bpmn(listening('<camunda:executionListener event="start"><camunda:script scriptFormat="groovy">x</camunda:script></camunda:executionListener>')))).toContain('script-listener t');
  });
});

describe('doubts are told and stop nothing', () => {
  const doubts = async (xml: string): Promise<string[]> => (await examine(xml, known)).warnings.map(({ rule, element }) => `${rule} ${element}`);

  test('an exclusive split into a parallel join, a gateway that may find no way, a way round without a wait', async () => {
    const split = `${start}${xor('g', 'default="g_b"')}${user('a')}${user('b')}${and('j')}${end}f(s,g) f(g,a,=x) f(g,b) f(a,j) f(b,j) f(j,e) `;
    expect(await doubts(bpmn(split))).toEqual(['deadlock j']);
    expect(await doubts(bpmn(split.replace(xor('g', 'default="g_b"'), and('g')).replace('f(g,a,=x)', 'f(g,a)')))).toEqual([]);
    expect(await doubts(bpmn(`${start}${xor('g')}${user('t')}${end}f(s,g) f(g,t,=x = 1) f(g,e,=x = 2) f(t,e) `))).toEqual(['gateway-without-default g']);
    expect(await doubts(bpmn(`${start}${xor('g')}${user('t')}${end}f(s,g) f(g,t,=x = 1) f(g,e,=x != 1) f(t,e) `))).toEqual([]);
    expect(await doubts(bpmn(`${start}${xor('a')}${xor('b', 'default="b_c"')}${user('t')}${xor('c', 'default="c_e"')}${end}f(s,a) f(a,b) f(b,t,=x) f(b,c) f(t,c) f(c,a,=y) f(c,e) `))).toEqual(['endless-loop a']);
  });
});

test('three hundred elements with branches, joins and loops are judged without a noticeable wait', async () => {
  const blocks = Array.from({ length: 40 }, (_, n) => `${and(`s${n}`)}${user(`a${n}`)}${user(`b${n}`)}${and(`j${n}`)}${xor(`x${n}`, `default="x${n}_s${n + 1}"`)}${xor(`m${n}`)}f(m${n},s${n}) f(s${n},a${n}) f(s${n},b${n}) f(a${n},j${n}) f(b${n},j${n}) f(j${n},x${n}) f(x${n},m${n},=again) f(x${n},s${n + 1}) `.replaceAll(`s${n + 1}`, n === 39 ? 'e' : `m${n + 1}`));
  const { refusals, warnings } = await examine(bpmn(`${start}${blocks.join('')}${end}f(s,m0) `), known);
  expect(refusals).toEqual([]);
  expect(warnings).toEqual([]);
});
