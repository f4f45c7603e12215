// bin/play: what it prints and how it ends, on diagrams of every kind.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/play/run.js';
import { and, boundary, bpmn, catching, end, file, inOrder, job, only, properties, start, timer, user, xor } from '../engine/support/diagram.js';

const folder = mkdtempSync(join(tmpdir(), 'play-'));
afterAll(() => rmSync(folder, { recursive: true }));
let written = 0;
function save(content: string, kind = 'bpmn'): string {
  written += 1;
  const path = join(folder, `${written}.${kind}`);
  writeFileSync(path, content);
  return path;
}

interface Line {
  event: string;
  element?: string | null;
  waits?: string[];
  [more: string]: unknown;
}
interface Played {
  exit: number;
  /** On stderr. */
  complaints: string[];
  lines: Line[];
  /** The settled waits after the start and after each action. */
  settled: string[][];
  ended: Line | undefined;
  incident: Line | undefined;
}

async function play(xml: string, options: { script?: unknown; more?: string[]; strict?: boolean } = {}): Promise<Played> {
  const lines: Line[] = [];
  const complaints: string[] = [];
  const script = options.script === undefined ? [] : ['--script', save(JSON.stringify(options.script), 'json')];
  const exit = await run([save(xml), ...(options.strict ? [] : ['--lenient']), ...script, ...(options.more ?? [])], { tell: (line) => lines.push(JSON.parse(JSON.stringify(line)) as Line), print: () => {}, complain: (text) => complaints.push(text) });
  return { exit, complaints, lines, settled: lines.filter(({ event }) => event === 'settled').map(({ waits }) => waits ?? []), ended: lines.find(({ event }) => event === 'ended'), incident: lines.find(({ event }) => event === 'incident') };
}

const messages = '<bpmn:message id="m" name="answer"/>';
const messageEvent = '<bpmn:messageEventDefinition messageRef="m"/>';
const twoTasks = bpmn(inOrder({ id: 'a', xml: user('a') }, { id: 'b', xml: job('b') }));
const reminded = bpmn(`${only(user('t'))}${boundary('late', 't', timer('timeDuration', 'P3D'), 'cancelActivity="false"')}${user('r')}<bpmn:endEvent id="e2"/>f(late,r) f(r,e2) `);
const failing = bpmn(`${only(job('t'))}${boundary('b', 't', '<bpmn:errorEventDefinition errorRef="err"/>')}${user('mend')}f(b,mend) f(mend,e) `, { roots: '<bpmn:error id="err" name="x" errorCode="E1"/>' });
const waiting = bpmn(only(catching('c', messageEvent, properties({ correlationKey: '=caseId' }))), { roots: messages });

describe('a script', () => {
  test('each line says what happens to which element, and the waits after each action', async () => {
    const { exit, lines } = await play(twoTasks, { script: [{ complete: 'a', variables: { ok: true } }, { complete: 'b' }] });
    expect(exit).toBe(0);
    expect(lines).toEqual([
      { event: 'deployed', element: 'p', process: 'p' },
      { event: 'entered', element: 's' }, { event: 'left', element: 's' }, { event: 'entered', element: 'a' },
      { event: 'opened', element: 'a', kind: 'user' },
      { event: 'settled', waits: ['a'] },
      { event: 'closed', element: 'a', kind: 'user', reason: 'completed' },
      { event: 'left', element: 'a' }, { event: 'entered', element: 'b' },
      { event: 'opened', element: 'b', kind: 'job' },
      { event: 'settled', waits: ['b'] },
      { event: 'closed', element: 'b', kind: 'job', reason: 'completed' },
      { event: 'left', element: 'b' }, { event: 'entered', element: 'e' }, { event: 'left', element: 'e' },
      { event: 'ended', element: 'p', process: 'p', variables: { ok: true } },
      { event: 'settled', waits: [] },
    ]);
  });

  test('a wait that the script never touches stays', async () => {
    const { exit, settled } = await play(twoTasks, { script: [{ complete: 'a' }] });
    expect([exit, settled]).toEqual([3, [['a'], ['b']]]);
    expect(await play(twoTasks, { script: [] })).toMatchObject({ exit: 3, settled: [['a']] });
  });

  test('a timer fires when told, and the clock goes with it', async () => {
    const { exit, settled, lines } = await play(reminded, { script: [{ fire: 'late' }, { complete: 't' }, { complete: 'r' }] });
    expect([exit, settled]).toEqual([0, [['late', 't'], ['r', 't'], ['r'], []]]);
    expect(lines.find(({ event, element }) => event === 'opened' && element === 'late')).toMatchObject({ kind: 'timer', dueAt: '2026-01-08T00:00:00.000Z' });
    const later = bpmn(inOrder({ id: 'first', xml: catching('first', timer('timeDuration', 'P1D')) }, { id: 'second', xml: catching('second', timer('timeDuration', 'PT1H')) }));
    expect((await play(later, { script: [{ fire: 'first' }] })).lines.find(({ event, element }) => event === 'opened' && element === 'second')).toMatchObject({ dueAt: '2026-01-06T01:00:00.000Z' });
  });

  test('a job fails into its boundary event; an error that nobody catches is an incident', async () => {
    expect(await play(failing, { script: [{ fail: 't', code: 'E1' }, { complete: 'mend' }] })).toMatchObject({ exit: 0, settled: [['t'], ['mend'], []] });
    expect(await play(failing, { script: [{ fail: 't', code: 'E2' }] })).toMatchObject({ exit: 4, incident: { element: 't' } });
  });

  test('a message goes by name and key, and waits for its catch if it comes early', async () => {
    const withCase = ['--variables', '{"caseId":"K1"}'];
    expect(await play(waiting, { script: [{ message: 'answer', key: 'K2' }, { message: 'answer', key: 'K1', variables: { ok: true } }], more: withCase })).toMatchObject({ exit: 0, settled: [['c'], ['c'], []], ended: { variables: { caseId: 'K1', ok: true } } });
    expect(await play(waiting, { script: [{ message: 'other', key: 'K1' }], more: withCase })).toMatchObject({ exit: 3, settled: [['c'], ['c']] });
    const later = bpmn(inOrder({ id: 'a', xml: user('a') }, { id: 'c', xml: catching('c', messageEvent) }), { roots: messages });
    expect(await play(later, { script: [{ message: 'answer', variables: { n: 1 } }, { complete: 'a' }] })).toMatchObject({ exit: 0, settled: [['a'], ['a'], []], ended: { variables: { n: 1 } } });
  });

  test('a signal reaches everyone who waits for it', async () => {
    const both = bpmn(`${start}${and('g')}${['x', 'y'].map((id) => catching(id, '<bpmn:signalEventDefinition signalRef="sig"/>')).join('')}${and('j')}${end}f(s,g) f(g,x) f(g,y) f(x,j) f(y,j) f(j,e) `, { roots: '<bpmn:signal id="sig" name="alarm"/>' });
    expect(await play(both, { script: [{ signal: 'other' }, { signal: 'alarm', variables: { loud: true } }] })).toMatchObject({ exit: 0, settled: [['x', 'y'], ['x', 'y'], []], ended: { variables: { loud: true } } });
  });

  test('a process that only a message can start is started by the first message of the script', async () => {
    const xml = bpmn(`<bpmn:startEvent id="s">${messageEvent}</bpmn:startEvent>${user('t')}${end}f(s,t) f(t,e) `, { roots: messages });
    expect(await play(xml, { script: [{ message: 'answer', variables: { caseId: 'K1' } }, { complete: 't' }] })).toMatchObject({ exit: 0, settled: [['t'], []], ended: { variables: { caseId: 'K1' } } });
    expect(await play(xml, { script: [{ complete: 't' }] })).toMatchObject({ exit: 0 });
  });

  test('a process that the clock, a signal or a condition starts begins by the first action, or at once', async () => {
    const begun = (event: string): string => bpmn(`<bpmn:startEvent id="s">${event}</bpmn:startEvent>${user('t')}${end}f(s,t) f(t,e) `, { roots: '<bpmn:signal id="sig" name="alarm"/>' });
    const byClock = begun(timer('timeCycle', 'R/P1D'));
    expect(await play(byClock, { script: [{ fire: 's' }, { complete: 't' }] })).toMatchObject({ exit: 0, settled: [['t'], []] });
    expect(await play(byClock, { script: [{ complete: 't' }] })).toMatchObject({ exit: 0 });
    expect(await play(byClock)).toMatchObject({ exit: 0 });
    expect(await play(begun('<bpmn:signalEventDefinition signalRef="sig"/>'), { script: [{ signal: 'alarm', variables: { n: 1 } }, { complete: 't' }] })).toMatchObject({ exit: 0, settled: [['t'], []], ended: { variables: { n: 1 } } });
    expect(await play(begun('<bpmn:conditionalEventDefinition><bpmn:condition>=x</bpmn:condition></bpmn:conditionalEventDefinition>'))).toMatchObject({ exit: 0 });
  });

  test('a message without a name is waited for by the name of its element, and may be completed', async () => {
    for (const xml of [bpmn(only('<bpmn:receiveTask id="c"/>')), bpmn(only(catching('c', '<bpmn:messageEventDefinition/>')))]) {
      for (const script of [[{ complete: 'c', variables: { n: 1 } }], [{ message: 'c', variables: { n: 1 } }]]) {
        const { exit, ended, lines } = await play(xml, { script });
        expect([exit, ended?.['variables']]).toEqual([0, { n: 1 }]);
        expect(lines.find(({ event }) => event === 'opened')).toMatchObject({ element: 'c', kind: 'message', name: 'c' });
      }
    }
    expect(await play(waiting, { script: [{ complete: 'c' }] })).toMatchObject({ exit: 4, incident: { code: 'wait_not_open' } });
  });

  test('an error boundary event without a code catches every error', async () => {
    const any = bpmn(`${only(job('t'))}${boundary('b', 't', '<bpmn:errorEventDefinition/>')}${user('mend')}f(b,mend) f(mend,e) `);
    expect(await play(any, { script: [{ fail: 't', code: 'ANY' }, { complete: 'mend' }] })).toMatchObject({ exit: 0, settled: [['t'], ['mend'], []] });
  });

  test('what waits beside the flow is entered when it is caught, and never left without', async () => {
    const passages = async (script: unknown): Promise<string[]> => (await play(reminded, { script })).lines.filter(({ event, element }) => element === 'late' && ['entered', 'left'].includes(event)).map(({ event }) => event);
    expect(await passages([{ complete: 't' }])).toEqual([]);
    expect(await passages([{ fire: 'late' }, { complete: 't' }, { complete: 'r' }])).toEqual(['entered', 'left']);
    const listening = bpmn(`${only(user('t'))}<bpmn:subProcess id="h" triggeredByEvent="true"><bpmn:startEvent id="hs">${timer('timeDuration', 'P1D')}</bpmn:startEvent>${user('hu')}<bpmn:endEvent id="he"/>f(hs,hu) f(hu,he) </bpmn:subProcess>`);
    for (const script of [[{ complete: 't' }], [{ fire: 'hs' }, { complete: 'hu' }]]) {
      const { exit, lines } = await play(listening, { script });
      const open = new Map<string, number>();
      for (const { event, element } of lines) if (event === 'entered' || event === 'left') open.set(element ?? '', (open.get(element ?? '') ?? 0) + (event === 'entered' ? 1 : -1));
      expect([exit, [...open.values()].filter((count) => count !== 0)]).toEqual([0, []]);
      expect(open.has('hs')).toBe(script.length === 2);
    }
  });

  test('what is cut off with what surrounds it is left too: inner scopes, what a terminate or an error ends, and a called process', async () => {
    const inner = `<bpmn:subProcess id="i"><bpmn:startEvent id="is"/>${user('it')}<bpmn:endEvent id="ie"/>f(is,it) f(it,ie) </bpmn:subProcess>`;
    const nested = bpmn(`${only(`<bpmn:subProcess id="o"><bpmn:startEvent id="os"/>${inner}<bpmn:endEvent id="oe"/>f(os,i) f(i,oe) </bpmn:subProcess>`)}${boundary('late', 'o', timer('timeDuration', 'P1D'))}<bpmn:endEvent id="e2"/>f(late,e2) `);
    const { exit, lines } = await play(nested, { script: [{ fire: 'late' }] });
    const open = new Map<string, number>();
    for (const { event, element } of lines) if (event === 'entered' || event === 'left') open.set(element ?? '', (open.get(element ?? '') ?? 0) + (event === 'entered' ? 1 : -1));
    expect([exit, [...open].filter(([, count]) => count !== 0)]).toEqual([0, []]);
    expect([...open.keys()]).toEqual(expect.arrayContaining(['o', 'i', 'it']));
  });

  test('an instance that ends by an error has ended as a process, and nothing comes after it but the waits', async () => {
    const xml = bpmn(`${only(user('t'))}`.replace(end, '<bpmn:endEvent id="e"><bpmn:errorEventDefinition errorRef="err"/></bpmn:endEvent>'), { roots: '<bpmn:error id="err" name="x" errorCode="E1"/>' });
    const { lines } = await play(xml, { script: [{ complete: 't' }] });
    expect(lines.slice(-2)).toEqual([{ event: 'ended', element: 'p', process: 'p', variables: {}, error: 'E1' }, { event: 'settled', waits: [] }]);
  });

  test('an action on what is not open is an incident that names it', async () => {
    expect(await play(twoTasks, { script: [{ complete: 'b' }] })).toMatchObject({ exit: 4, incident: { element: 'b', code: 'wait_not_open' } });
    expect(await play(reminded, { script: [{ complete: 'late' }] })).toMatchObject({ exit: 4, incident: { element: 'late', code: 'wait_not_open' } });
  });
});

describe('several processes of one file', () => {
  const sub = (id: string): string => `<bpmn:process id="${id}" isExecutable="true"><bpmn:startEvent id="${id}_s"/>${user(`${id}_t`)}<bpmn:endEvent id="${id}_e"/>f(${id}_s,${id}_t) f(${id}_t,${id}_e) </bpmn:process>`;
  const calling = file(`<bpmn:process id="p" isExecutable="true">${inOrder({ id: 'c', xml: '<bpmn:callActivity id="c" calledElement="q"><bpmn:extensionElements><camunda:in source="n" target="given"/><camunda:out variables="all"/></bpmn:extensionElements></bpmn:callActivity>' })}</bpmn:process>${sub('q')}`);

  test('the process must be named', async () => {
    expect(await play(calling)).toMatchObject({ exit: 2, lines: [{ event: 'refused', rule: 'several-executable-processes' }] });
    expect(await play(calling, { more: ['--process', 'nobody'] })).toMatchObject({ exit: 2, lines: [{ event: 'refused', rule: 'no-executable-process', element: 'nobody' }] });
  });

  test('a called process of the file runs as a child; one of another file is completed by hand', async () => {
    const child = await play(calling, { script: [{ complete: 'q_t', variables: { found: 1 } }], more: ['--process', 'p', '--variables', '{"n":7}'] });
    expect(child).toMatchObject({ exit: 0, settled: [['c', 'q_t'], []], ended: { variables: { n: 7, given: 7, found: 1 } } });
    const elsewhere = bpmn(only('<bpmn:callActivity id="c" calledElement="elsewhere"/>'));
    expect(await play(elsewhere, { script: [{ complete: 'c' }] })).toMatchObject({ exit: 0, settled: [['c'], []] });
  });

  test('a child that ends in an error is caught by the call activity, and one that is cut off is gone', async () => {
    const body = `${only('<bpmn:callActivity id="c" calledElement="q"/>')}${boundary('caught', 'c', '<bpmn:errorEventDefinition errorRef="err"/>')}${boundary('late', 'c', timer('timeDuration', 'P1D'))}${user('mend')}f(caught,mend) f(late,mend) f(mend,e) `;
    const xml = file(`<bpmn:error id="err" name="x" errorCode="E1"/><bpmn:process id="p" isExecutable="true">${body}</bpmn:process><bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="q_s"/>${user('q_t')}<bpmn:endEvent id="q_e"><bpmn:errorEventDefinition errorRef="err"/></bpmn:endEvent>f(q_s,q_t) f(q_t,q_e) </bpmn:process>`);
    expect(await play(xml, { script: [{ complete: 'q_t' }, { complete: 'mend' }], more: ['--process', 'p'] })).toMatchObject({ exit: 0, settled: [['c', 'late', 'q_t'], ['mend'], []] });
    expect(await play(xml, { script: [{ fire: 'late' }], more: ['--process', 'p'] })).toMatchObject({ exit: 3, settled: [['c', 'late', 'q_t'], ['mend']] });
  });

  test('a thrown message starts another process of the file', async () => {
    const throwing = '<bpmn:intermediateThrowEvent id="t"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateThrowEvent>';
    const xml = file(`${messages}<bpmn:process id="p" isExecutable="true">${inOrder({ id: 't', xml: throwing }, { id: 'u', xml: user('u') })}</bpmn:process><bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="q_s">${messageEvent}</bpmn:startEvent>${user('q_t')}<bpmn:endEvent id="q_e"/>f(q_s,q_t) f(q_t,q_e) </bpmn:process>`);
    expect(await play(xml, { script: [{ complete: 'u' }, { complete: 'q_t' }], more: ['--process', 'p'] })).toMatchObject({ exit: 0, settled: [['q_t', 'u'], ['q_t'], []] });
    expect((await play(xml, { script: [{ complete: 'u' }, { complete: 'q_t' }], more: ['--process', 'p'] })).lines.slice(-2)).toMatchObject([{ event: 'ended', element: 'p' }, { event: 'settled', waits: [] }]);
  });
});

describe('the dice', () => {
  const wide = bpmn(`${start}${and('g')}${['a', 'b', 'c', 'd'].map((id) => user(id)).join('')}${and('j')}${end}f(s,g) ${['a', 'b', 'c', 'd'].map((id) => `f(g,${id}) f(${id},j) `).join('')}f(j,e) `);

  test('the same seed gives the same run, another seed another order', async () => {
    const orders = await Promise.all([1, 1, 2, 3, 4].map(async (seed) => JSON.stringify((await play(wide, { more: ['--seed', String(seed)] })).lines)));
    expect(orders[0]).toBe(orders[1]);
    expect(new Set(orders).size).toBeGreaterThan(1);
  });

  test('timers, messages and signals come by themselves; a run without an end stops at --max-steps', async () => {
    expect(await play(waiting, { more: ['--variables', '{"caseId":"K1"}'] })).toMatchObject({ exit: 0 });
    expect(await play(bpmn(only(catching('c', timer('timeDate', '2026-03-01T00:00:00Z')))))).toMatchObject({ exit: 0 });
    const round = bpmn(`${start}${xor('m')}${user('t')}${xor('g', 'default="g_m"')}${end}f(s,m) f(m,t) f(t,g) f(g,m) f(g,e,=done) `);
    const { exit, settled } = await play(round, { more: ['--max-steps', '5'] });
    expect([exit, settled.length]).toEqual([3, 6]);
  });
});

describe('what goes wrong is said in JSON', () => {
  test('no condition holds, a join waits for ever, an expression fails', async () => {
    expect(await play(bpmn(`${start}${user('a')}${xor('g')}${end}<bpmn:endEvent id="e2"/>f(s,a) f(a,g) f(g,e,=x = 1) f(g,e2,=x = 2) `))).toMatchObject({ exit: 4, incident: { element: 'g', code: 'no_flow' } });
    expect(await play(bpmn(`${start}${xor('g', 'default="g_b"')}${user('a')}${user('b')}${and('j')}${end}f(s,g) f(g,a,=x) f(g,b) f(a,j) f(b,j) f(j,e) `))).toMatchObject({ exit: 4, incident: { code: 'deadlock', element: 'j' } });
    expect(await play(bpmn(`${start}${xor('g', 'default="g_e"')}${user('a')}${end}f(s,g) f(g,a,=1 + 1) f(g,e) f(a,e) `))).toMatchObject({ exit: 4, incident: { code: 'expression' } });
  });

  test('a diagram that may not be deployed is refused with each rule and element', async () => {
    const { exit, lines } = await play(bpmn(only('<bpmn:scriptTask id="t" scriptFormat="javascript"><bpmn:script>process.exit(0)</bpmn:script></bpmn:scriptTask>')));
    expect(exit).toBe(2);
    expect(lines).toContainEqual({ event: 'refused', element: 't', rule: 'script-task', message: expect.any(String) });
    expect(await play('not xml')).toMatchObject({ exit: 2, lines: [{ event: 'refused', rule: 'not-xml' }] });
    expect(await play(`<definitions>${' '.repeat(5_000_000)}</definitions>`)).toMatchObject({ exit: 2, lines: [{ event: 'refused', rule: 'too-large' }] });
    expect(await play(twoTasks.replace('id="a"', 'id="a" camunda:assignee="=leadId"'), { strict: true })).toMatchObject({ exit: 2, lines: [{ event: 'refused', rule: 'unknown-handler', element: 'b' }] });
  });

  test('a mistake on the command line is told, exit code 64', async () => {
    for (const [given, script] of [[['--sed', '1']], [['--seed', 'x']], [['--variables', '[1]']], [['--variables', '{']], [['--script', join(folder, 'nowhere')]], [[], { complete: 'a' }], [[], [{ complete: 1 }]], [[], [{ finish: 'a' }]], [[], [{ complete: 'a' }, { fire: 'nowhere' }]]] as [string[], unknown?][]) {
      expect(await play(twoTasks, { more: given, ...(script === undefined ? {} : { script }) })).toMatchObject({ exit: 64, lines: [], complaints: [expect.stringMatching(/^bin\/play: /)] });
    }
    const said: string[] = [];
    expect(await run(['--help'], { tell: () => {}, print: (text) => said.push(text), complain: () => {} })).toBe(0);
    expect(said.join('')).toContain('--max-steps');
  });
});

test('the command works from any folder and through a link', () => {
  const link = join(folder, 'play');
  symlinkSync(join(process.cwd(), 'bin', 'play'), link);
  const { status, stdout, stderr } = spawnSync(link, [save(twoTasks), '--lenient', '--seed', '-7'], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toEqual({ event: 'settled', waits: [] });
});
