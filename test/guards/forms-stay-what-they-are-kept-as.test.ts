// Guard: what a process writes down as a 帳票 it goes on writing down. A form whose mark is taken off decides nothing, and the case stands
// still: no version of a diagram or form is deployed that does so, however it is drawn. What is lawful stays possible.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deployDefinition } from '../../src/actions/deploy-definition.js';
import { deployForm } from '../../src/actions/deploy-form.js';
import type { App } from '../../src/app.js';
import type { Json } from '../../src/engine/model.js';
import { readDiagrams } from '../../src/services/process-folder.js';
import { root } from '../house/source.js';
import { openDesk, type Desk } from '../http/desk.js';
import { testApp } from '../support/app.js';
import { approveChange } from '../support/changes.js';
import { diagram, end, flows, form as plain, keeper, message, startBy, task } from '../support/diagrams.js';
import { query } from '../support/database.js';
import { refusalOf, shippedForm, unmarked, withField, type Form } from './redraw.js';

const shipped = readDiagrams(join(root, 'processes')).map(({ path, xml, forms }) => [path.split('/').at(-2)!, xml, forms as unknown as Record<string, Form>] as const);
const staff = 'kato.m';
let desk: Desk;
let app: App;

beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:00:00+09:00'));
  ({ app } = desk.two);
}, 180_000);
afterAll(() => desk?.close());

const rule = 'form-record-lost';
const versionOf = async (key: string): Promise<number> => (await query<{ v: number }>(desk.two.app.database.ownerUrl, `select max(version)::int as v from process_definition where key = $1`, [key]))[0]!.v;

describe('every shipped diagram goes on writing the 帳票 that it writes', () => {
  test.each(shipped)('%s', async (key, xml, forms) => {
    const before = await versionOf(key);
    const marked = Object.entries(forms).filter(([, form]) => typeof form['record'] === 'string');
    for (const [formKey, form] of marked) {
      expect([formKey, await refusalOf(app, xml, { ...forms, [formKey]: unmarked(form) })]).toEqual([formKey, expect.stringContaining(`${rule}: 様式 ${formKey}: 帳票 ${String(form['record'])} として保存してきた様式です。record を外すことはできません`)]);
      // the same task, asked by a form of another name that is no 帳票
      const exchanged = xml.replaceAll(`camunda:formKey="${formKey}"`, `camunda:formKey="${formKey}_too"`);
      const { [formKey]: _old, ...others } = forms;
      const last = !Object.values(others).some((other) => other['record'] === form['record']);
      if (!last || exchanged === xml) continue;
      expect([formKey, await refusalOf(app, exchanged, { ...others, [`${formKey}_too`]: unmarked(form) })]).toEqual([formKey, expect.stringContaining(rule)]);
    }
    expect(await versionOf(key)).toBe(before);
    expect(await refusalOf(app, xml, forms)).toBe('');
  }, 180_000);

  test('API policy staff read which form it is and what to do, and nothing is stored', async () => {
    const [key, xml, forms] = shipped.find(([folder]) => folder === 'coordination_main')!;
    const client = await desk.as(staff);
    const refused = await client.post('/api/definitions', { xml, forms: { ...forms, decide_support: unmarked(forms['decide_support']!) } }).expect(422);
    expect(refused.body).toMatchObject({ type: expect.stringContaining('diagram_refused'), refusals: [{ rule }] });
    expect(refused.body.refusals[0].message).toContain('"record": "F05.decision" に戻してください');
    expect(await versionOf(key)).toBe(1);
  });

  test('API a form with more fields in other words, and the same mark, is the next version', async () => {
    const [key, xml, forms] = shipped.find(([folder]) => folder === 'coordination_main')!;
    const client = await desk.as(staff);
    const decide = withField(forms['decide_support']!, forms['decide_support']!.components.find((one) => one.key)!.key!, (one) => ({ ...one, label: '支援を決定しますか' }));
    const more = { ...decide, components: [...decide.components, { type: 'textarea', key: 'cityNote', label: '市のメモ' }] };
    await approveChange(desk.two.app.database.ownerUrl, { xml, forms: { ...forms, decide_support: more } as unknown as Record<string, Json> });
    await client.post('/api/definitions', { xml, forms: { ...forms, decide_support: more } }).expect(201);
    expect(await versionOf(key)).toBe(2);
  });
});

const note = shippedForm('anytime', 'case_note');
/** A 帳票 that nothing else writes: no shipped diagram has two. */
const support = shippedForm('coordination_main', 'decide_support');
const withVariable = { ...(plain as unknown as Form), id: 'other' };

interface Step {
  id: string;
  form: string;
}
const drawn = (name: string, steps: readonly Step[]): string => {
  const path = ['start', ...steps.map(({ id }) => id), 'end'];
  return diagram(name, [startBy(name), ...steps.map(({ id, form }) => task(id, { form })), end(), flows(...path.slice(1).map((to, at) => `${path[at]}>${to}`))].join(''), message(name));
};

describe('redrawn', () => {
  const deploys = (name: string, steps: readonly Step[], forms: Record<string, Form>): Promise<string> => refusalOf(app, drawn(name, steps), forms);
  const asIs = [{ id: 'ask', form: 'asks' }, { id: 'tell', form: 'tells' }];

  test('the 帳票 moves to another task of the diagram, whose form has the mark; the old task asks something else', async () => {
    expect(await deploys('moves', asIs, { asks: note, tells: withVariable })).toBe('');
    expect(await deploys('moves', [{ id: 'ask', form: 'other' }, { id: 'tell', form: 'tells' }], { other: unmarked(note), tells: withVariable })).toContain(`${rule}: これまで帳票 F04（様式 asks）を書いていた仕事が、様式 other では書かなくなり`);
    expect(await deploys('moves', [{ id: 'ask', form: 'other' }, { id: 'tell', form: 'asks' }], { other: unmarked(note), asks: note })).toBe('');
    expect(await deploys('moves', [{ id: 'ask', form: 'other' }, { id: 'tell', form: 'writes' }], { other: unmarked(note), writes: note })).toBe('');
  });

  test('a mark that comes on stays on; it does not become another', async () => {
    expect(await deploys('marks', asIs, { asks: unmarked(note), tells: withVariable })).toBe('');
    expect(await deploys('marks', asIs, { asks: note, tells: withVariable })).toBe('');
    expect(await deploys('marks', asIs, { asks: unmarked(note), tells: withVariable })).toContain(rule);
    expect(await deploys('marks', asIs, { asks: shippedForm('anytime', 'flag'), tells: withVariable })).toContain('帳票 F88 に変えることはできません');
  });

  test('a step is left out whose 帳票 whoever likes can file; under the name of its form nothing else is asked afterwards', async () => {
    expect(await deploys('leaves', asIs, { asks: note, tells: withVariable })).toBe('');
    expect(await deploys('leaves', [asIs[1]!], { tells: withVariable })).toBe('');
    expect(await deploys('leaves', asIs, { asks: unmarked(note), tells: withVariable })).toContain(rule);
    expect(await deploys('leaves', [asIs[1]!], { asks: unmarked(note), tells: withVariable })).toContain(rule);
    expect(await deploys('leaves', asIs, { asks: note, tells: withVariable })).toBe('');
  });

  test('a step that decided is not asked again under another id by a form that is no 帳票', async () => {
    const [, , forms] = shipped.find(([folder]) => folder === 'coordination_main')!;
    const consent = forms['check_consent']!;
    expect(consent['record']).toBe('F10');
    expect(await deploys('renames', [{ id: 'ask', form: 'asks' }], { asks: consent })).toBe('');
    expect(await deploys('renames', [{ id: 'ask_too', form: 'other' }], { other: unmarked(consent) })).toContain(`${rule}: 帳票 F10（仕事 ask）で決めていたことを、帳票でない様式 other で尋ねています`);
  });

  test('what nobody else can write is not left out; once another process writes it, it is', async () => {
    const alone = await testApp();
    try {
      const there = (name: string, steps: readonly Step[], forms: Record<string, Form>): Promise<string> => refusalOf(alone, drawn(name, steps), forms);
      expect(await there('decides', asIs, { asks: support, tells: withVariable })).toBe('');
      expect(await there('decides', [asIs[1]!], { tells: withVariable })).toContain(`${rule}: 帳票 F05.decision を書く仕事 ask がなくなり、ほかのどの業務も書きません`);
      expect(await there('decides_instead', [{ id: 'decide', form: 'decides' }], { decides: support })).toBe('');
      expect(await there('decides', [asIs[1]!], { tells: withVariable })).toBe('');
    } finally {
      await alone.close();
    }
  }, 120_000);

  test('TWO AT ONCE of a form with its mark and one without: whatever comes first, the mark is on in the end', async () => {
    const other = await testApp({ database: desk.two.app.database });
    for (let round = 0; round < 4; round += 1) {
      const name = `races_${round}`;
      expect(await deploys(name, asIs, { asks: unmarked(note), tells: withVariable })).toBe('');
      const steps = [...asIs, { id: 'third', form: 'tells' }];
      await Promise.all([refusalOf(app, drawn(name, asIs), { asks: note, tells: withVariable }), refusalOf(other, drawn(name, steps), { asks: unmarked(note), tells: withVariable })]);
      const [newest] = await query<{ record: string | null }>(desk.two.app.database.ownerUrl, `select forms->'asks'->>'record' as record from process_definition where key = $1 order by version desc limit 1`, [name]);
      expect(newest).toEqual({ record: 'F04' });
    }
    await other.close();
  });

  test('a release that brings its own folder says itself what is kept', async () => {
    expect(await deploys('brought', asIs, { asks: note, tells: withVariable })).toBe('');
    const forms = { asks: unmarked(note), tells: withVariable } as unknown as Record<string, Json>;
    expect(await deployDefinition(app, keeper, { xml: drawn('brought', asIs), forms, once: true })).toMatchObject({ version: 2, isNew: true });
  });
});

describe('forms that may be filed at any time', () => {
  const keys = readdirSync(join(root, 'processes/anytime/forms')).map((file) => file.replace('.json', ''));
  const anyOther = (record: unknown): Form => JSON.parse(readFileSync(join(root, `processes/anytime/forms/${record === 'F04' ? 'flag' : 'case_note'}.json`), 'utf8')) as Form;
  const refusal = (key: string, schema: Form): Promise<string> => deployForm(app, keeper, { key, schema: schema as unknown as Json }).then(() => '', (error: { errors: { detail: string }[] }) => error.errors.map(({ detail }) => detail).join(' '));

  test.each(keys)('%s stays the 帳票 that it is', async (key) => {
    const form = shippedForm('anytime', key);
    expect(await refusal(key, anyOther(form['record']))).toContain(`${rule}: 様式 ${key}: 帳票 ${String(form['record'])} として保存してきた様式です`);
    expect(await refusal(key, unmarked(form))).not.toBe('');
    expect(await refusal(key, { ...form, components: [...form.components, { type: 'textarea', key: 'cityNote', label: '市のメモ' }] })).toBe('');
  });
});
