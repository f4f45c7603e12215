// Days in the forms. What a record takes as having happened lies behind whoever files it; and a day that the office reckons with is a
// day: an approximate one is refused with what to type, and is not lost without a word.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keepAnswers } from '../../src/actions/keep-answers.js';
import { transact } from '../../src/base/db.js';
import { mustHaveHappened, whyAhead } from '../../src/domain/records/happened.js';
import { openRecords } from '../../src/domain/records/registry.js';
import { recordOf } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf, untilThen, type Answers } from '../support/answers.js';
import { openAffairs, type Affairs } from './affairs.js';

const monday = new Date('2026-05-11T10:00:00+09:00');
const folder = new URL('../../processes/', import.meta.url);
const records = openRecords();

/** Record by record, which days of it have happened. */
const happened: Readonly<Record<string, readonly string[]>> = {
  F01: ['consent.explainedOn'], F10: ['explainedOn'], 'F10.place': ['explainedOn'], 'F10.attempt': ['approachedOn'], 'F11.sitting': ['signedOn'], 'F09.judgement': ['heldAt'],
  F05: ['signedOn'], 'F05.signature': ['signedOn', 'explainedOn', 'copyGivenOn'], 'F05.copy': ['copyGivenOn'],
  'F06.visit': ['noteAt'], 'F06.contact': ['noteAt'], 'F07.trial': ['trials[].triedOn'], 'F07.followUp': ['heldOn', 'stableOn'], 'F07.outcome': ['stableOn'], 'F07.leave': ['endedOn'],
  F08: ['evaluatedOn'], 'F08.monitoring': ['evaluatedOn'], 'F08.preparation': ['evaluatedOn'], 'F08.opinion': ['evaluatedOn'], 'F08.closure': ['evaluatedOn'], 'F08.agency': ['evaluatedOn'], 'F08.status': ['reportedOn'],
  'F12.result': ['resultOn'], F19: ['occurredOn'], 'F19.preliminary': ['reportedOn'], 'F19.final': ['reportedOn'], 'F19.told': ['toldOn'], F20: ['handedOn'], 'F20.municipality': ['handedOn'], 'F93.death': ['diedOn', 'handedOn'],
};

interface Shipped {
  name: string;
  record: string;
  schema: Json;
  sample: Answers;
}
const shipped: Shipped[] = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory()).flatMap(({ name }) =>
  readdirSync(new URL(`${name}/forms/`, folder)).map((file) => {
    const schema = JSON.parse(readFileSync(new URL(`${name}/forms/${file}`, folder), 'utf8')) as Json;
    const key = file.replace('.json', '');
    return { name: `${name}/${key}`, record: recordOf(schema) ?? '', schema, sample: sampleOf(name, key) };
  }));

/** The answers with what lies at the path said so; the first row of a list. */
function withDay(answers: Json | undefined, [first, ...rest]: string[], day: string): Json {
  if (first === undefined) return day;
  const key = first.replace('[]', '');
  const inner = (answers as Answers | undefined)?.[key];
  const said = first === key ? withDay(inner, rest, day) : [withDay((inner as Json[] | undefined)?.[0], rest, day)];
  return { ...(answers as Answers), [key]: said };
}
const pointerOf = (path: string): string => `/answers/${path.replaceAll('[].', '/0/').replaceAll('.', '/')}`;
const asked = ({ schema }: Shipped, path: string): boolean => JSON.stringify(schema).includes(`"${path.split('.').at(-1)!}"`);

const table = Object.entries(happened).flatMap(([record, paths]) => shipped.filter((form) => form.record === record).flatMap((form) => paths.filter((path) => asked(form, path)).map((path) => [form.name, path, form] as const)));

describe('days that have happened', () => {
  let it: Affairs;
  beforeAll(async () => {
    it = await openAffairs(monday);
  });
  afterAll(() => it.town.app.close());

  test('are named by each record that takes them so, and every one of them stands in a form', () => {
    expect(Object.fromEntries([...records].flatMap(([key, { happened: paths }]) => (Array.isArray(paths) ? [[key, paths]] : [])))).toEqual(happened);
    expect(Object.entries(happened).flatMap(([record, paths]) => paths.filter((path) => !table.some(([, at, form]) => at === path && form.record === record)).map((path) => `${record} ${path}`))).toEqual([]);
  });

  test.each(table)('%s: %s of a day to come is refused there, today is taken', async (_name, path, { record, schema, sample }) => {
    const { app } = it.town;
    const person = await it.who('mori.d');
    const refusals = async (day: string): Promise<unknown[]> => {
      const answers = withDay(untilThen(schema, sample, monday), path.split('.'), day) as Answers;
      const undone = new Error('undone');
      const error = await transact(app.db, person, async (tx) => {
        await keepAnswers(app, tx, { form: { key: 'shipped', sha256: '0', schema }, answers, caseId: null, checked: { data: answers, variables: {}, record: records.get(record)! }, person, caseNo: null, taskId: null, item: null, processVariables: {} });
        throw undone;
      }).catch((thrown: unknown) => thrown as { errors?: { pointer: string; detail: string }[] });
      return (error.errors ?? []).filter(({ detail }) => detail.startsWith('今')).map(({ pointer, detail }) => [pointer, detail]);
    };
    const days = ['2026-05-12', '令和8年5月12日', '2026-06', '2027年頃'].map((day) => [day, [[pointerOf(path), '今日までの日を入力してください。']]] as const);
    for (const [day, expected] of [...days, ['2026-05-11T10:30', [[pointerOf(path), '今までの日時を入力してください。']]] as const, ['2026-05-11', []] as const, ['2026-05-11T10:05+09:00', []] as const, ['昭和45年', []] as const]) {
      expect([day, await refusals(day)]).toEqual([day, expected]);
    }
  });

  test('an approximate day counts from the first that may be meant; what is no day is for the form to refuse', () => {
    for (const [said, why] of [['2026年5月', null], ['2026', null], ['2026年夏', null], ['令和9年', '今日までの日を入力してください。'], ['いつか', null], [null, null]] as const) expect([said, whyAhead(said, '2026-05-11', monday)]).toEqual([said, why]);
    const twice = { trials: [{ triedOn: '2026-05-12' }, { triedOn: '2026-05-10' }, { triedOn: '2026-05-13' }] };
    const pointed = (): unknown => { try { mustHaveHappened({ now: monday }, { answers: twice, calendar: it.town.app.calendar }, ['trials[].triedOn', 'heldOn']); } catch (error) { return (error as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer); } };
    expect(pointed()).toEqual(['/answers/trials/0/triedOn', '/answers/trials/2/triedOn']);
  });

  const refused = async (work: Promise<unknown>): Promise<unknown> => work.then(() => 'kept', (error: { code?: string; errors?: { pointer: string; detail: string }[] }) => error.errors ?? error.code);
  const tooLate = (at: string) => [{ pointer: `/answers/${at}`, detail: '今日までの日を入力してください。' }];

  test('nobody has explained on a day to come, whatever came of it', async () => {
    const caseNo = await it.town.consult();
    const before = await it.rows(`select 1 from consent`);
    for (const said of [{}, { consentState: 'refused', types: null, scopeAgencies: null, scopeItems: null, householdMembers: null, method: null, witness: null, noticeVersion: null, validFrom: null, validUntil: null, file: null }] as Answers[]) {
      expect(await refused(it.files('mori.d', 'consent', caseNo, { ...said, explainedOn: '令和8年5月12日' }))).toEqual(tooLate('explainedOn'));
    }
    expect(await it.rows(`select 1 from consent`)).toEqual(before);
    expect(await refused(it.files('mori.d', 'consent', caseNo, { explainedOn: '令和8年5月11日' }))).toBe('kept');
    expect(await refused(it.files('mori.d', 'consent', caseNo, { explainedOn: '令和8年5月頃' }))).toEqual([{ pointer: '/answers/explainedOn', detail: '年月日まで入力してください（例 令和8年12月1日、2026-12-01）。' }]);
  });

  test('a death and a lost contact lie behind; a move may be known beforehand', async () => {
    for (const [exitKind, answer] of [['died', tooLate('occurredOn')], ['lost_contact', tooLate('occurredOn')], ['moved', 'kept']] as const) {
      const caseNo = await it.town.consult();
      expect([exitKind, await refused(it.files('mori.d', 'exit_notice', caseNo, { exitKind, occurredOn: '2026-05-12' }))]).toEqual([exitKind, answer]);
    }
  });
});
