// Every 帳票 there is, made from the forms themselves: each field set, sent through the API, kept and read back as it was sent; each
// answer made wrong in each way and refused with its pointer. A form that is added is tested by being there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import request, { type Test } from 'supertest';
import { deployForm } from '../../src/actions/deploy-form.js';
import { openRecords } from '../../src/domain/records/registry.js';
import type { RecordKind } from '../../src/domain/records/record.js';
import { recordOf, validateAnswers } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';
import { openHttp, type Http } from '../../src/http/app.js';
import { cookieOf } from '../http/two-instances.js';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { testPassword } from '../support/city.js';
import { query } from '../support/database.js';
import { inTown } from '../support/options.js';
import { deploy, diagram, end, flows, message, startBy, task } from '../support/diagrams.js';
import { everyField, isSet, leavesOf, pointerOf, read, roughDays, sameDay, saidDates, wrongAnswers, wrote, type Sets } from '../support/every-field.js';

interface Sheet {
  folder: string;
  key: string;
  /** As it is deployed, and as it is served, with the agencies of the city in it. */
  deployed: Json;
  schema: Json;
  record: string;
}

const processes = join(root, 'processes');
const formsIn = (folder: string): string[] => (existsSync(join(processes, folder, 'forms')) ? readdirSync(join(processes, folder, 'forms')).map((file) => file.replace(/\.json$/, '')) : []);
const sheets: Sheet[] = readdirSync(processes).flatMap((folder) => formsIn(folder).flatMap((key) => {
  const deployed = JSON.parse(readFileSync(join(processes, folder, 'forms', `${key}.json`), 'utf8')) as Json;
  const record = recordOf(deployed);
  return record === null ? [] : [{ folder, key, deployed, schema: inTown(deployed), record }];
}));
const named = sheets.map((sheet) => [`${sheet.folder}/${sheet.key} (${sheet.record})`, sheet] as const);

/** What of `said` is not in `kept`, letter by letter. What nobody answered may be left out. */
function missing(said: Json | undefined, kept: Json | undefined, at = ''): string[] {
  if (Array.isArray(said) && said.some((one) => one !== null && typeof one === 'object')) {
    return Array.isArray(kept) && kept.length === said.length ? said.flatMap((one, index) => missing(one, kept[index], `${at}/${index}`)) : [at];
  }
  if (said !== null && typeof said === 'object' && !Array.isArray(said)) {
    return Object.entries(said).flatMap(([key, value]) => missing(value, (kept as Record<string, Json> | undefined)?.[key], `${at}/${key}`));
  }
  const empty = said === null || said === '' || said === false || (Array.isArray(said) && said.length === 0);
  return JSON.stringify(said) === JSON.stringify(kept) || (empty && (kept === undefined || kept === null)) ? [] : [at];
}

/** What the forms carry is not sent: it comes from earlier sheets. */
const withoutLocked = (schema: Json, answers: Answers): Answers => {
  const locked = new Set(leavesOf((schema as never as { components: never[] }).components).filter((leaf) => leaf.locked).map(({ path }) => pointerOf(path)));
  return Object.fromEntries(Object.entries(answers).filter(([key]) => !locked.has(`/${key}`)));
};

const made = new Map<string, Sets>();
/** Made once a form. */
function everyOf({ folder, key, schema }: Sheet): Sets {
  const before = made.get(`${folder}/${key}`);
  if (before) return before;
  const sets = everyField(schema, withoutLocked(schema, sampleOf(folder, key)));
  made.set(`${folder}/${key}`, sets);
  return sets;
}

describe.each(named)('%s', (_name, sheet) => {
  const { schema } = sheet;

  test('every field can be answered, and answers that set them all may be sent', () => {
    const { sets, never } = everyOf(sheet);
    expect(never).toEqual([]);
    expect(sets.flatMap((set) => validateAnswers(schema, set).errors)).toEqual([]);
  });

  test('every answer is refused with its pointer when it is missing, not an option, too long or of another type', () => {
    const { sets } = everyOf(sheet);
    const wrong = [...new Map(sets.flatMap((set) => wrongAnswers(schema, set)).map((one) => [`${one.pointer} ${one.what}`, one])).values()];
    const passed = wrong.filter(({ pointer, answers }) => !validateAnswers(schema, answers).errors.some((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`)));
    expect(passed.map(({ what, pointer }) => `${pointer}: ${what}`)).toEqual([]);
    const dated = leavesOf((schema as never as { components: never[] }).components).filter(({ component, locked }) => !locked && component.properties?.['format'] === 'date');
    const refused = dated.flatMap(({ path }) => sets.filter((set) => isSet(read(set, path))).slice(0, 1).flatMap((set) => saidDates.filter((day) => validateAnswers(schema, wrote(set, path, day)).errors.length > 0).map((day) => `${pointerOf(path)}: ${day}`)));
    expect(refused).toEqual([]);
    expect(validateAnswers(schema, { ...sets[0]!, notInTheForm: 1 }).errors).toEqual([{ pointer: '/notInTheForm', detail: expect.any(String) }]);
  });
  test('a day that is reckoned with may be typed in 和暦 or 西暦 and is kept as the day it is; one only said about is refused with the reason', () => {
    const { sets } = everyOf(sheet);
    const days = leavesOf((schema as never as { components: never[] }).components).filter(({ component, locked }) => !locked && component.type === 'datetime' && component.subtype !== 'time');
    for (const [at, { path, component }] of days.entries()) {
      // every way to write it in the first of a form, in the others one after the other
      const [same, rough] = at === 0 ? [sameDay, roughDays] : [[sameDay[at % sameDay.length]!], [roughDays[at % roughDays.length]!]];
      const set = sets.find((one) => isSet(read(one, path)))!;
      const time = component.subtype === 'datetime' ? 'T09:30' : '';
      for (const day of same) for (const typed of time === '' ? [day] : [`${day} 09:30`, `${day}T09:30`]) {
        const { data, errors } = validateAnswers(schema, wrote(set, path, typed));
        expect([pointerOf(path), typed, errors, read(data, path)]).toEqual([pointerOf(path), typed, [], `2026-05-11${time}`]);
      }
      const why = component.properties?.['exact'];
      expect([pointerOf(path), why]).toEqual([pointerOf(path), expect.stringMatching(/。$/)]);
      for (const day of rough) {
        const said = validateAnswers(schema, wrote(set, path, time === '' ? day : `${day} 09:30`)).errors;
        expect([day, said]).toEqual([day, expect.arrayContaining([{ pointer: pointerOf(path), detail: expect.stringContaining(`おおよその日では受け付けられません。${why}`) }])]);
      }
    }
  });
});

interface Client {
  get(path: string): Test;
  post(path: string, body: object): Test;
}

describe('through the API', () => {
  let app: TestApp;
  let http: Http;
  let mori: Client;
  let keeper: Client;
  // what a record makes of its case, the sitting and the days that it needs for that, are tested beside the record; here it is only kept
  const kinds = new Map<string, RecordKind>([...openRecords()].map(([key, kind]) => {
    const { project: _project, place: _place, happened: _happened, ...kept } = kind;
    return [key, { ...kept, anytime: kind.anytime === undefined || kind.anytime === 'case' ? kind.anytime : { roles: ['intakeWorker'] } } as RecordKind];
  }));

  async function signIn(login: string): Promise<Client> {
    const cookie = cookieOf(await request(http.express).post('/api/session').send({ login, password: testPassword }));
    return { get: (path) => request(http.express).get(path).set('Cookie', cookie), post: (path, body) => request(http.express).post(path).set('Cookie', cookie).send(body) };
  }

  beforeAll(async () => {
    app = await testApp();
    for (const [key, kind] of kinds) (app.records as Map<string, RecordKind>).set(key, kind);
    http = openHttp(app);
    [mori, keeper] = [await signIn('mori.d'), await signIn('kimura.s')];
    await deploy(app, diagram('intake', startBy('consultation_received') + task('wait') + end() + flows('start>wait', 'wait>end'), message('consultation_received')));
    for (const { folder, key, deployed: schema } of sheets) {
      if (folder === 'anytime') await deployForm(app, { kind: 'system', name: 'test' }, { key, schema });
      else await deploy(app, diagram(`of_${folder}_${key}`, startBy(`ask_${folder}_${key}`) + task('answer', { form: key }) + end() + flows('start>answer', 'answer>end'), message(`ask_${folder}_${key}`)), { [key]: schema });
    }
  }, 120_000);
  afterAll(async () => {
    await http.close();
    await app.close();
  });

  const aboutCase = (key: string): boolean => kinds.get(sheets.find((one) => one.key === key)!.record)!.anytime === 'case';

  /** A case in which this form is asked for, and how it is sent: as often as one likes while it is refused. */
  async function open({ folder, key }: Sheet): Promise<(answers: Answers) => Promise<{ status: number; body: { errors?: Json } }>> {
    const { caseNo, caseId } = (await mori.post('/api/cases', { field: 'elder' }).expect(201)).body as { caseNo: string; caseId: string };
    if (folder === 'anytime') return async (answers) => (aboutCase(key) ? mori.post(`/api/cases/${caseNo}/records`, { formKey: key, answers }) : mori.post('/api/records', { formKey: key, answers }));
    await keeper.post('/api/messages', { name: `ask_${folder}_${key}`, businessKey: caseNo, correlationKey: caseId, variables: { caseId } }).expect(({ status }) => expect([200, 201, 202]).toContain(status));
    const [task] = (await mori.get(`/api/tasks?view=all&case=${caseNo}&elementId=answer`).expect(200)).body.tasks as { id: string; version: number }[];
    return async (answers) => mori.post(`/api/tasks/${task!.id}/complete`, { version: task!.version, answers });
  }

  /** Sends answers the way that the form is sent. @returns the answer, and the sheet that was kept */
  async function send(sheet: Sheet, answers: Answers): Promise<{ status: number; pointers: string[]; kept: { id: string; record: string; answers: Answers; compartment: string }[] }> {
    const url = app.database.ownerUrl;
    const before = (await query<{ id: string }>(url, 'select id from submission')).map(({ id }) => id);
    const response = await (await open(sheet))(answers);
    const kept = await query<{ id: string; record: string; answers: Answers; compartment: string }>(url, 'select id, record, answers, compartment from submission where id <> all ($1)', [before]);
    return { status: response.status, pointers: ((response.body.errors ?? []) as { pointer: string }[]).map(({ pointer }) => pointer), kept };
  }

  test.each(named)('%s: every field set is kept and read back as it was sent', async (_name, sheet) => {
    for (const set of everyOf(sheet).sets) {
      const { status, pointers, kept } = await send(sheet, set);
      expect([status < 300, pointers]).toEqual([true, []]);
      const [row] = kept;
      expect(kept).toHaveLength(1);
      const stands = kinds.get(sheet.record)?.keptAs?.(set) ?? kinds.get(sheet.record)!;
      expect({ record: row!.record, compartment: row!.compartment }).toEqual({ record: stands.key, compartment: stands.compartment });
      expect(missing(set, row!.answers)).toEqual([]);
      if (stands.compartment === 'confidential') continue;
      const { body } = await mori.get(`/api/records/${row!.id}`).expect(200);
      expect(body.answers).toEqual(row!.answers);
      expect(missing(set, body.answers)).toEqual([]);
    }
  });

  test.each(named)('%s: what is wrong is pointed at, and nothing of it is kept', async (_name, sheet) => {
    const wrong = [...new Map(everyOf(sheet).sets.flatMap((set) => wrongAnswers(sheet.schema, set)).map((one) => [`${one.pointer} ${one.what}`, one])).values()];
    const before = (await query(app.database.ownerUrl, 'select 1 from submission')).length;
    const ask = await open(sheet);
    for (const { what, pointer, answers } of wrong.filter((one) => /^(?:missing|no such option|too long)/.test(one.what))) {
      const { status, body } = await ask(answers);
      const pointers = ((body.errors ?? []) as { pointer: string }[]).map((error) => error.pointer);
      expect([what, pointer, status, pointers]).toEqual([what, pointer, 422, expect.arrayContaining([`/answers${pointer}`])]);
    }
    expect(await query(app.database.ownerUrl, 'select 1 from submission')).toHaveLength(before);
  });
});
