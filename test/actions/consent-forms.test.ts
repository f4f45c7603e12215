// What policy staff may change in the forms and diagrams of consent, and what no change of theirs can take away.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { completeTask } from '../../src/actions/complete-task.js';
import { deployForm } from '../../src/actions/deploy-form.js';
import { fileRecord } from '../../src/actions/file-record.js';
import { openCase } from '../../src/actions/open-case.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import { transact, type Person } from '../../src/base/db.js';
import { coveringConsent } from '../../src/domain/consents/consents.js';
import { needsOf } from '../../src/domain/records/registry.js';
import { recordOf } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { deploy, diagram, end, flows, keeper, message, openTask, startBy, task } from '../support/diagrams.js';

interface Component {
  key?: string;
  path?: string;
  components?: Component[];
  conditional?: { hide: string };
  [name: string]: unknown;
}
type Form = { components: Component[] } & Record<string, unknown>;

const shipped = (folder: string, key: string): Form => JSON.parse(readFileSync(new URL(`../../processes/${folder}/forms/${key}.json`, import.meta.url), 'utf8')) as Form;
const named = (component: Component): string => component.path ?? component.key ?? '';
/** The form with what lies at `at` (`rows[].key` too) replaced by what `change` makes of it; null: taken away. */
function changed(form: Form, at: string, change: (component: Component) => Component | null): Json {
  const [first, inner] = at.split('[].') as [string, string | undefined];
  const walk = (components: Component[], name: string, rest: string | undefined): Component[] =>
    components.flatMap<Component>((one) => (named(one) !== name ? [one] : rest === undefined ? (change(one) ?? []) : [{ ...one, components: walk(one.components ?? [], rest, undefined) }]));
  return { ...form, components: walk(form.components, first, inner) } as unknown as Json;
}

describe('様式や図が変えられても', () => {
  let app: TestApp;
  let mori: Person;
  let caseNo: string;
  let caseId: string;
  beforeAll(async () => {
    app = await testApp({ deploy: ['processes'], clock: { now: () => new Date('2026-05-11T10:00:00+09:00') } });
    mori = await personByLogin(app.database.ownerUrl, 'mori.d');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    ({ caseNo, caseId } = await openCase(app, mori, { field: 'elder' }));
  });

  test.each(['consent', 'consent_withdrawal', 'pledge', 'provide_to_agency', 'disclosure_request'])('GUARD the form %s cannot be deployed without what its record decides by', async (key) => {
    const form = shipped('anytime', key);
    const needs = needsOf(app.records).get(recordOf(form as unknown as Json)!)!;
    expect(needs.length).toBeGreaterThan(3);
    const refusal = (schema: Json): Promise<string> => deployForm(app, keeper, { key, schema }).then(() => 'deployed', (error: Error & { code?: string; errors?: { detail: string }[] }) => error.errors?.map(({ detail }) => detail).join(' ') ?? error.message);
    for (const { at, required, options } of needs) {
      expect([at, await refusal(changed(form, at, () => null))]).toEqual([at, expect.stringContaining(`項目 ${at}`)]);
      if (required) expect([at, await refusal(changed(form, at, (one) => ({ ...one, validate: {} })))]).toEqual([at, expect.stringContaining('必須')]);
      if (options) expect([at, await refusal(changed(form, at, (one) => ({ ...one, values: [{ label: '何でも', value: 'anything' }] })))]).toEqual([at, expect.stringContaining('anything')]);
    }
  });

  test('GUARD a form that hides what must be said makes no consent', async () => {
    const sample = { ...sampleOf('anytime', 'consent'), consentState: 'full', scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }], householdMembers: [] } as Answers;
    for (const at of ['types', 'scopeItems', 'explained', 'explainedOn', 'validFrom', 'method']) {
      await deployForm(app, keeper, { key: 'consent', schema: changed(shipped('anytime', 'consent'), at, (one) => ({ ...one, conditional: { hide: '=true' } })) });
      const answers = Object.fromEntries(Object.entries(sample).filter(([name]) => name !== at && !(at === 'method' && name === 'witness')));
      await expect(fileRecord(app, mori, { formKey: 'consent', caseNo, answers })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: `/answers/${at}` }] });
    }
    await deployForm(app, keeper, { key: 'consent', schema: shipped('anytime', 'consent') as unknown as Json });
    expect(await query(app.database.ownerUrl, `select 1 from consent where case_id = $1`, [caseId])).toHaveLength(0);
    await fileRecord(app, mori, { formKey: 'consent', caseNo, answers: sample });
  });

  test('GUARD a diagram that shares without ever asking for consent shares nothing', async () => {
    const share = { ...shipped('anytime', 'provide_to_agency') } as unknown as Json;
    await deploy(app, diagram('shortcut', `${startBy('shortcut')}${task('share', { form: 'share' })}${end()}${flows('start>share', 'share>end')}`, message('shortcut')), { share });
    await publishMessage(app, keeper, { name: 'shortcut', businessKey: caseNo, variables: { caseId } });
    const { id, version } = await openTask(app.database.ownerUrl, caseNo, 'share');
    const send = (said: Answers = {}) => completeTask(app, mori, { taskId: id, version, answers: { ...sampleOf('anytime', 'provide_to_agency'), ...said } });
    await expect(send()).rejects.toMatchObject({ code: 'consent_missing' });
    await expect(send({ legalBasis: '69-2-2', reason: '必要' })).rejects.toMatchObject({ code: 'form_invalid' });
    expect(await query(app.database.ownerUrl, `select 1 from disclosure where case_id = $1`, [caseId])).toHaveLength(0);
    expect(await query(app.database.ownerUrl, `select status from task where id = $1`, [id])).toEqual([{ status: 'open' }]);
  });

  test('GUARD a withdrawal stops sharing also where no process is drawn for it', async () => {
    const bare = await testApp({ deploy: ['processes/anytime', 'processes/intake_screening'], clock: { now: () => new Date('2026-05-11T10:00:00+09:00') } });
    try {
      const worker = await personByLogin(bare.database.ownerUrl, 'mori.d');
      const one = await openCase(bare, worker, { field: 'elder' });
      const file = (formKey: string, said: Answers = {}) => fileRecord(bare, worker, { formKey, caseNo: one.caseNo, answers: { ...sampleOf('anytime', formKey), ...said } });
      await file('consent', { consentState: 'full', scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }] });
      await file('consent_withdrawal');
      expect(await transact(bare.db, keeper, (tx) => coveringConsent(tx, one.caseId, 'elderly_welfare'))).toBeNull();
      await expect(file('provide_to_agency')).rejects.toMatchObject({ code: 'consent_missing' });
      expect(await query(bare.database.ownerUrl, `select status from message where name = 'consent_withdrawal_recorded'`)).toEqual([{ status: 'buffered' }]);
    } finally {
      await bare.close();
    }
  });
});
