// What holds for every shipped diagram: it deploys, every label is there, and what one process sends another receives.
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { checkDiagram } from '../../src/engine/check.js';
import { checkForm } from '../../src/engine/forms.js';
import { openHandlers } from '../../src/handlers/registry.js';
import { type Diagram, processNames, readDiagram, readForms } from './walk.js';

const city = JSON.parse(readFileSync(new URL('../../city/groups.json', import.meta.url), 'utf8')) as { groups: { key: string }[] };
const groups = new Set(city.groups.map((group) => group.key));
const diagrams: readonly Diagram[] = await Promise.all(processNames.map(readDiagram));
const japanese = /[぀-ヿ一-鿿]/;

describe.each(diagrams.map((diagram) => [diagram.name, diagram] as const))('%s', (name, diagram) => {
  test('is accepted with its own forms, the handlers that there are and the groups of the city', async () => {
    const known = { handlers: new Set(openHandlers().keys()), forms: diagram.forms, groups: (key: string) => groups.has(key) };
    expect((await checkDiagram(diagram.xml, known)).refusals).toEqual([]);
  });

  test('has a form for each task and no form that nothing asks for', () => {
    const asked = new Set([...diagram.compiled.elements.values()].flatMap((element) => element.formKey ?? []));
    expect([...diagram.forms.keys()].sort()).toEqual([...asked].sort());
  });

  test('names only groups of the city in its forms', () => {
    const named = [...JSON.stringify([...diagram.forms.values()]).matchAll(/"(grp\.[^"]+)"/g)].map((match) => match[1]!);
    expect(named.filter((key) => !groups.has(key))).toEqual([]);
  });

  test('says in Japanese what each task, event, lane, question and condition is', () => {
    const silent = [...diagram.compiled.elements.values()].filter(({ id, type, name: label, outgoing, parentId }) => {
      if (type === 'bpmn:SequenceFlow' || type === 'bpmn:Lane') return false;
      if (/Gateway$/.test(type)) return outgoing.length > 1 && type !== 'bpmn:ParallelGateway' && !japanese.test(label ?? '');
      if (type === 'bpmn:StartEvent' && parentId !== null) return false;
      return id !== diagram.compiled.processId && !japanese.test(label ?? '');
    });
    expect(silent.map((element) => element.id)).toEqual([]);
    const forks = new Set([...diagram.compiled.elements.values()].filter(({ type, outgoing }) => /(Exclusive|Inclusive)Gateway$/.test(type) && outgoing.length > 1).map((element) => element.id));
    expect(diagram.arrows.filter((arrow) => forks.has(arrow.from) && !japanese.test(arrow.name ?? '')).map((arrow) => arrow.id)).toEqual([]);
    expect([...diagram.compiled.elements.values()].filter((element) => element.type === 'bpmn:UserTask' && !japanese.test(element.lane ?? '')).map((element) => element.id)).toEqual([]);
  });

  test('has ids that people wrote, and a README that says who answers for it', () => {
    const ids = [...diagram.compiled.elements.keys(), ...diagram.arrows.map((arrow) => arrow.id)];
    expect(ids.filter((id) => !/^[a-z][a-z0-9_]*$/.test(id))).toEqual([]);
    const readme = readFileSync(new URL(`../../processes/${name}/README.md`, import.meta.url), 'utf8');
    for (const heading of ['Owner', 'Legal basis', 'Starts', 'Ends', 'Messages', 'Deadlines']) expect(readme).toContain(heading);
    for (const element of diagram.compiled.elements.values()) if (element.properties['ref']) expect(readme).toContain(element.properties['ref']);
  });

  test('is drawn whole: a shape for each element, a line for each arrow', () => {
    const drawn = new Set([...diagram.xml.matchAll(/bpmnElement="([^"]+)"/g)].map((match) => match[1]));
    const meant = [...diagram.xml.matchAll(/<bpmn:(?:\w*Task|\w*Gateway|\w*Event|subProcess|callActivity|sequenceFlow|participant|lane) id="([^"]+)"/g)].map((match) => match[1]!);
    expect(meant.filter((id) => !drawn.has(id))).toEqual([]);
  });
});

test.each(processNames)('the forms of %s are fit to be deployed', (name) => {
  expect([...readForms(name)].flatMap(([key, schema]) => checkForm(key, schema))).toEqual([]);
});

/** Sent by people and agencies through the interface, or by processes that a city adds. */
const fromOutside = ['annual_evaluation_due', 'case_imported', 'case_unattended', 'decision_assigned', 'referral_cancelled', 'referral_sent', 'definition_change_requested', 'exit_noticed', 'incident_noticed', 'hold_ended', 'consent_doubted', 'consent_withdrawal_recorded', 'consent_obtained', 'emergency_reported', 'meeting_cover_lost', 'protected_by_other_law', 'case_exited'];
/** Sent to processes that a city adds. */
const toOutside: readonly string[] = [];

test('every message that one process sends another receives', () => {
  const named = (type: RegExp): string[] => diagrams.flatMap(({ compiled }) => [...compiled.elements.values()].flatMap((element) => (type.test(element.type) && element.eventName !== null ? [element.eventName] : [])));
  const signals = new Set(diagrams.flatMap(({ xml }) => [...xml.matchAll(/<bpmn:signal id="[^"]+" name="([^"]+)"/g)].map((match) => match[1]!)));
  const sent = new Set(named(/(ThrowEvent|EndEvent)$/).filter((name) => !signals.has(name) && !['consent_missing', 'consent_obtained'].includes(name)));
  const received = new Set(named(/(CatchEvent|StartEvent|BoundaryEvent)$/).filter((name) => name !== 'consent_missing' && name !== 'case_running'));
  expect([...sent].filter((name) => !received.has(name)).sort()).toEqual([...toOutside].sort());
  expect([...received].filter((name) => !sent.has(name)).sort()).toEqual([...fromOutside].sort());
});

test('what is called is there', () => {
  const called = diagrams.flatMap(({ compiled }) => [...compiled.elements.values()].flatMap((element) => element.calledElement ?? []));
  expect([...new Set(called)].sort()).toEqual(['confidential_route', 'meeting', 'referral']);
});

test('a change (P13) can name every process that is shipped', () => {
  const form = JSON.parse(readFileSync(new URL('../../processes/definition_change/forms/draft_change.json', import.meta.url), 'utf8')) as { components: { key?: string; values?: { value: string }[] }[] };
  const named = form.components.find(({ key }) => key === 'processKey')!.values!.map(({ value }) => value);
  expect(processNames.filter((name) => !named.includes(name))).toEqual([]);
});
