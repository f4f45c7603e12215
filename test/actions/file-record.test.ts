// Forms that are kept as 帳票: what they must hold, what they carry over, who may file and see them.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deployForm } from '../../src/actions/deploy-form.js';
import { fileRecord } from '../../src/actions/file-record.js';
import { openCase } from '../../src/actions/open-case.js';
import { readAs, type Person } from '../../src/base/db.js';
import { endAccess, grantAccess, mustReach, rightsOf } from '../../src/domain/access.js';
import { carryAnswers } from '../../src/domain/records/carry.js';
import type { RecordKind } from '../../src/domain/records/record.js';
import { listSubmissions } from '../../src/domain/submissions.js';
import { carriedFields } from '../../src/engine/forms.js';
import { transact } from '../../src/base/db.js';
import type { Json } from '../../src/engine/model.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const note: RecordKind = {
  key: 'F94', title: '試しの記録', compartment: 'team', anytime: 'case',
  needs: [{ at: 'what', types: ['textarea'], required: true }, { at: 'kind', types: ['radio', 'select'], options: ['visit', 'phone'] }],
};
const secret: RecordKind = { key: 'F95', title: '試しの秘密', compartment: 'confidential', anytime: 'case', needs: [] };
const shelf: RecordKind = { key: 'F96', title: '試しの台帳', compartment: 'office', anytime: { roles: ['resourceManager'] }, needs: [], project: async (_tx, filed) => ({ shelfId: filed.submissionId }) };
const asked: RecordKind = { key: 'F97', title: '仕事でだけ', compartment: 'team', needs: [] };

const field = (key: string, more: Record<string, Json> = {}): Json => ({ type: 'textarea', key, label: key, ...more });
const form = (record: string, ...components: Json[]): Json => ({ type: 'default', record, components });
const kind = { type: 'radio', key: 'kind', label: '方法', values: [{ label: '訪問', value: 'visit' }] };

describe('帳票', () => {
  let app: TestApp;
  let mori: Person;
  let caseNo: string;
  let caseId: string;
  const system = { kind: 'system', name: 'test' } as const;

  beforeAll(async () => {
    app = await testApp({ records: [note, secret, shelf, asked], deploy: ['processes'] });
    mori = await personByLogin(app.database.ownerUrl, 'mori.d');
    ({ caseNo, caseId } = await openCase(app, mori, { field: 'elder' }));
    await deployForm(app, system, { key: 'note', schema: form('F94', field('what', { validate: { required: true } }), kind) });
    await deployForm(app, system, { key: 'secret', schema: form('F95', field('what', { properties: { confidential: 'true' } })) });
    await deployForm(app, system, { key: 'shelf', schema: form('F96', field('what')) });
  });
  afterAll(() => app.close());

  const as = (login: string): Promise<Person> => personByLogin(app.database.ownerUrl, login);
  const refusedOf = async (schema: Json): Promise<string> => deployForm(app, system, { key: 'x', schema }).then(() => 'deployed', (e: { errors: { detail: string }[] }) => e.errors.map(({ detail }) => detail).join(' '));

  test('a form that lacks what its record needs is refused, and so is one of no record, or of one that only a task asks for', async () => {
    expect(await refusedOf(form('F94', kind))).toContain('項目 what が要ります');
    expect(await refusedOf(form('F94', field('what'), kind))).toContain('項目 what は必須にしてください');
    expect(await refusedOf(form('F94', field('what', { validate: { required: true } }), { ...kind, values: [{ label: '夢', value: 'dream' }] }))).toContain('選択肢 dream は使えません');
    expect(await refusedOf(form('F94', field('what', { validate: { required: true } }), { type: 'textfield', key: 'kind' }))).toContain('型は radio・select です');
    expect(await refusedOf(form('F12345'))).toContain('form-record');
    expect(await refusedOf(form('F98'))).toContain('帳票 F98 はありません');
    expect(await refusedOf(form('F97'))).toContain('いつでも出せる帳票');
  });

  test('whoever reaches a case files and reads; whoever does not finds nothing', async () => {
    const filed = await fileRecord(app, mori, { formKey: 'note', caseNo, answers: { what: '玄関先で話した𠮷', kind: 'visit' } });
    expect(filed.record).toBe('F94');
    const seen = (person: Person): Promise<string[]> => readAs(app.db, person, async (tx) => (await listSubmissions(tx, caseId, null)).map(({ record }) => record ?? ''));
    expect(await seen(mori)).toEqual(['F94']);
    const fujita = await as('fujita.h');
    expect(await seen(fujita)).toEqual([]);
    await expect(fileRecord(app, fujita, { formKey: 'note', caseNo, answers: { what: 'x' } })).rejects.toMatchObject({ code: 'not_found' });
    await expect(readAs(app.db, fujita, (tx) => mustReach(tx, fujita, caseId, 'exists'))).rejects.toMatchObject({ code: 'not_found' });

    await transact(app.db, system, (tx) => grantAccess(tx, { caseId, reader: 'agency:disability_consultation', level: 'content', basis: 'consent', basisId: caseId }));
    expect(await seen(fujita)).toEqual(['F94']);
    await transact(app.db, system, (tx) => endAccess(tx, { caseId, basis: 'consent', basisId: caseId }, 'withdrawn'));
    expect(await seen(fujita)).toEqual([]);
    const [kept] = await query<{ n: number }>(app.database.ownerUrl, `select count(*)::int as n from case_access where case_id = $1 and end_reason = 'withdrawn'`, [caseId]);
    expect(kept?.n).toBe(1);
  });

  test('a right ends at its hour, by the clock of the application', async () => {
    const ueno = await as('ueno.s');
    await transact(app.db, system, (tx) => grantAccess(tx, { caseId, reader: ueno.userId, level: 'identity', basis: 'meeting', basisId: null, untilAt: new Date(tx.now.getTime() - 1) }));
    expect(await readAs(app.db, ueno, (tx) => rightsOf(tx, ueno, caseId))).toEqual([]);
  });

  test('policy staff of an agency that reaches a case do not reach it with it', async () => {
    await transact(app.db, system, (tx) => grantAccess(tx, { caseId, reader: 'agency:welfare_policy', level: 'content', basis: 'assignment', basisId: null }));
    const [sato, kato] = await Promise.all([as('sato.h'), as('kato.m')]);
    expect(await readAs(app.db, sato, async (tx) => (await rightsOf(tx, sato, caseId)).length)).toBe(1);
    expect(await readAs(app.db, kato, async (tx) => (await rightsOf(tx, kato, caseId)).length)).toBe(0);
    expect(await readAs(app.db, kato, (tx) => listSubmissions(tx, caseId, null))).toEqual([]);
  });

  test('what is confidential is read by nobody who only reaches the case, and never flows into another form', async () => {
    await fileRecord(app, mori, { formKey: 'secret', caseNo, answers: { what: '通告者は隣人' } });
    expect(await readAs(app.db, mori, async (tx) => (await listSubmissions(tx, caseId, null)).map(({ record }) => record))).toEqual(['F94']);
    const wanted = carriedFields(form('F94', field('what', { properties: { from: 'F95.what|F94.what' } })));
    expect(await readAs(app.db, mori, (tx) => carryAnswers(tx, app.records, caseId, 'F94', wanted))).toEqual({ what: '玄関先で話した𠮷' });
    const inside = await transact(app.db, system, (tx) => carryAnswers(tx, app.records, caseId, 'F95', wanted));
    expect(inside).toEqual({ what: '玄関先で話した𠮷' }); // between confidential ones only before those who sit in its sitting: nobody does here
    expect(await transact(app.db, system, (tx) => carryAnswers(tx, app.records, caseId, null, wanted))).toEqual({ what: '玄関先で話した𠮷' });
  });

  test('a record about no case is filed by the roles that it names', async () => {
    await expect(fileRecord(app, mori, { formKey: 'shelf', caseNo: null, answers: {} })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(fileRecord(app, mori, { formKey: 'shelf', caseNo, answers: {} })).rejects.toMatchObject({ code: 'not_found' });
    const shimizu = await as('shimizu.y');
    const filed = await fileRecord(app, shimizu, { formKey: 'shelf', caseNo: null, answers: { what: '棚' } });
    expect(filed.made).toEqual({ shelfId: filed.submissionId });
  });
});
