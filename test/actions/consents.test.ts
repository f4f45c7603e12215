// What a consent opens, and that nothing else does: given, narrowed, taken back, expired, through the API's own action.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fileRecord, type FiledRecord } from '../../src/actions/file-record.js';
import { claimDueTimers } from '../../src/actions/claim-due-timers.js';
import { fireDomainTimer } from '../../src/actions/fire-domain-timer.js';
import { openCase } from '../../src/actions/open-case.js';
import { readAs, transact, type Person } from '../../src/base/db.js';
import { grantAccess, rightsOf } from '../../src/domain/access.js';
import { impliedConsentGrants } from '../../src/domain/consents/access.js';
import { consentStateOf, coveringConsent, type ConsentType } from '../../src/domain/consents/consents.js';
import { listDisclosures, recordDisclosure, shareUnderConsent } from '../../src/domain/disclosures.js';
import { validPledge } from '../../src/domain/pledges.js';
import { listSubmissions } from '../../src/domain/submissions.js';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const system = { kind: 'system', name: 'test' } as const;
const start = new Date('2026-05-11T10:00:00+09:00');

describe('同意', () => {
  let app: TestApp;
  let now = start;
  let mori: Person;
  let ishikawa: Person;
  let caseNo: string;
  let caseId: string;

  beforeAll(async () => {
    app = await testApp({ deploy: ['processes'], clock: { now: () => now } });
    [mori, ishikawa] = await Promise.all([as('mori.d'), as('ishikawa.r')]);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    now = start;
    ({ caseNo, caseId } = await openCase(app, mori, { field: 'elder' }));
  });

  const as = (login: string): Promise<Person> => personByLogin(app.database.ownerUrl, login);
  const rows = <Row extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<Row[]> => query<Row>(app.database.ownerUrl, sql, values);
  const file = (person: Person, formKey: string, said: Answers = {}, on: string | null = caseNo): Promise<FiledRecord> => {
    const answers = Object.fromEntries(Object.entries({ ...sampleOf('anytime', formKey), ...said }).filter(([, value]) => value !== null));
    now = new Date(now.getTime() + 1_000);
    return fileRecord(app, person, { formKey, caseNo: on, answers });
  };
  const consent = (said: Answers = {}): Promise<FiledRecord> => file(mori, 'consent', { consentState: 'full', scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }, { agency: 'shakyo', answer: 'agreed' }], ...said });
  const withdraw = (said: Answers = {}, person = mori): Promise<FiledRecord> => file(person, 'consent_withdrawal', said);
  const covered = (agency: string | null, purpose?: ConsentType) => transact(app.db, system, (tx) => coveringConsent(tx, caseId, agency, purpose));
  const state = async (): Promise<string> => (await transact(app.db, system, (tx) => consentStateOf(tx, caseId))).state;
  const reaches = (person: Person): Promise<string[]> => readAs(app.db, person, async (tx) => (await rightsOf(tx, person, caseId)).map(({ basis }) => basis));
  const seenBy = (person: Person): Promise<(string | null)[]> => readAs(app.db, person, async (tx) => (await listSubmissions(tx, caseId, null)).map(({ record }) => record));
  const disclosures = () => transact(app.db, system, (tx) => listDisclosures(tx, caseId));
  /** Rows of basis consent against what the consents imply: always the same. */
  const expectImplied = async (): Promise<void> => {
    const live = await rows<{ reader: string }>(`select reader from case_access where case_id = $1 and basis = 'consent' and ended_at is null order by reader, basis_id`, caseId);
    expect(live.map(({ reader }) => reader)).toEqual((await transact(app.db, system, (tx) => impliedConsentGrants(tx, caseId))).map(({ reader }) => reader).toSorted());
  };
  const refused = (code: string) => ({ code });

  test('a consent opens the case to the agencies that it names, to no other, until its last day, and writes down to whom', async () => {
    expect(await state()).toBe('unexplained');
    await consent({ scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }, { agency: 'disability_consultation', answer: 'excluded' }], consentState: 'partial' });
    expect(await state()).toBe('partial');
    expect(await covered('elderly_welfare')).toMatchObject({ items: ['basic', 'family', 'health', 'meeting', 'money', 'progress'], validUntil: new Date('2028-03-31T15:00:00Z') });
    expect(await covered('disability_consultation')).toBeNull();
    expect(await covered('shakyo')).toBeNull();
    expect(await covered('elderly_welfare', 'place')).toBeNull();
    expect(await covered('elderly_welfare', 'conference')).not.toBeNull();
    expect(await reaches(ishikawa)).toEqual(['consent']);
    expect(await reaches(await as('fujita.h'))).toEqual([]);
    expect((await disclosures()).map(({ toCode, legalBasis, byAgency }) => [toCode, legalBasis, byAgency])).toEqual([['elderly_welfare', '69-2-1', 'chiiki_houkatsu']]);
    await expectImplied();
  });

  test('each data subject answers for themself: what a member of the household agreed to opens nothing of the person', async () => {
    await file(mori, 'consent', { subject: 'member', memberName: '門田 𠮷男', consentState: 'full', householdMembers: [], scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }] });
    expect(await state()).toBe('unexplained');
    expect(await covered('elderly_welfare')).toBeNull();
    expect(await reaches(ishikawa)).toEqual([]);
    await consent();
    const members = await rows(`select member_name, state from consent where case_id = $1 and subject = 'member' order by recorded_at, state`, caseId);
    expect(members).toEqual([{ member_name: '門田 𠮷男', state: 'full' }, { member_name: '門田 𠮷男', state: 'considering' }, { member_name: '門田 静子', state: 'full' }]);
    await withdraw({ subject: 'member', memberName: '門田 静子' });
    expect(await covered('elderly_welfare')).not.toBeNull();
    expect(await state()).toBe('full');
  });

  test('GUARD a given consent never changes, not even by the owner of the database', async () => {
    const { made } = await consent();
    const id = made['consentId'];
    for (const sql of [
      `update consent set valid_until = valid_until + interval '1 year' where id = $1`, `update consent set items = '{basic}' where id = $1`, `delete from consent where id = $1`,
      `update consent_agency set answer = 'agreed' where consent_id = $1`, `delete from consent_agency where consent_id = $1`, `delete from consent_evidence where consent_id = $1`,
      `insert into consent_agency (consent_id, agency_code, answer) values ($1, 'silver_centre', 'agreed')`,
    ]) await expect(rows(sql, id)).rejects.toThrow(/append-only|closed when it was given/);
    await withdraw();
    await expect(rows(`delete from consent_end where consent_id = $1`, id)).rejects.toThrow('append-only');
    await expect(rows(`update disclosure set items = '{basic}' where consent_id = $1`, id)).rejects.toThrow('append-only');
    expect(await rows(`select state, valid_until from consent where id = $1`, id)).toEqual([{ state: 'full', valid_until: new Date('2028-03-31T15:00:00Z') }]);
    expect((await rows<{ kind: string }>(`select kind from consent_evidence where consent_id = $1 order by at, kind`, id)).map(({ kind }) => kind)).toEqual(['oral_note', 'paper', 'oral_note']);
  });

  test('GUARD nothing is shared without a consent that covers it: not by the record, not by the domain, not by a statement', async () => {
    await expect(file(mori, 'provide_to_agency')).rejects.toMatchObject(refused('consent_missing'));
    await consent({ scopeItems: ['basic', 'progress'], types: ['share'] });
    await file(mori, 'provide_to_agency', { items: ['basic'] });
    await expect(file(mori, 'provide_to_agency', { items: ['basic', 'health'] })).rejects.toMatchObject(refused('consent_missing'));
    await expect(file(mori, 'provide_to_agency', { purpose: 'conference' })).rejects.toMatchObject(refused('consent_missing'));
    await expect(file(mori, 'provide_to_agency', { toAgency: 'school_education' })).rejects.toMatchObject(refused('consent_missing'));
    const share = (agencyCode: string, items?: readonly 'health'[]) => transact(app.db, system, (tx) => shareUnderConsent(tx, { caseId, agencyCode, purpose: 'share', ...(items ? { items } : {}) }));
    expect(await share('shakyo')).toMatchObject({ items: ['basic', 'progress'] });
    await expect(share('shakyo', ['health'])).rejects.toMatchObject(refused('consent_missing'));
    const { consentId } = (await covered('shakyo'))!;
    const line = { caseId, purpose: 'share', legalBasis: '69-2-1', consentId, meetingId: null, submissionId: null } as const;
    const write = (more: Partial<Parameters<typeof recordDisclosure>[1]>) => transact(app.db, system, (tx) => recordDisclosure(tx, { ...line, to: { kind: 'agency', code: 'shakyo' }, items: ['basic'], ...more }));
    await write({});
    await expect(write({ items: ['money'] })).rejects.toThrow();
    await expect(write({ to: { kind: 'agency', code: 'school_education' } })).rejects.toThrow();
    await expect(write({ consentId: null })).rejects.toThrow();
    await expect(write({ legalBasis: '106-6' })).rejects.toThrow();
    const other = await openCase(app, mori, { field: 'elder' });
    await expect(write({ caseId: other.caseId })).rejects.toThrow();
    expect(await disclosures()).toHaveLength(5);
  });

  test('GUARD without consent only the grounds that fit giver and receiver are taken, each with its reason', async () => {
    const sato = await as('sato.h');
    await transact(app.db, system, (tx) => grantAccess(tx, { caseId, reader: sato.userId, level: 'content', basis: 'assignment', basisId: null }));
    const provide = (person: Person, legalBasis: string, toAgency: string, reason: string | null = '独居で、暑さのため確認が要る。') => file(person, 'provide_to_agency', { legalBasis, toAgency, reason });
    await expect(provide(sato, '69-2-2', 'elderly_welfare', null)).rejects.toMatchObject(refused('form_invalid'));
    await expect(provide(sato, '69-2-2', 'shakyo')).rejects.toMatchObject(refused('form_invalid'));
    await expect(provide(mori, '69-2-2', 'elderly_welfare')).rejects.toMatchObject(refused('form_invalid'));
    await expect(provide(mori, '69-2-4', 'elderly_welfare')).rejects.toMatchObject(refused('form_invalid'));
    await expect(provide(sato, '27-1', 'elderly_welfare')).rejects.toMatchObject(refused('form_invalid'));
    await expect(provide(sato, '106-6', 'elderly_welfare')).rejects.toMatchObject(refused('form_invalid'));
    await expect(provide(sato, '76', 'elderly_welfare')).rejects.toMatchObject(refused('form_invalid'));
    await provide(sato, '69-2-2', 'elderly_welfare');
    await provide(mori, '27-1', 'elderly_welfare');
    expect((await disclosures()).map(({ legalBasis, consentId }) => [legalBasis, consentId])).toEqual([['27-1', null], ['69-2-2', null]]);
    expect(await reaches(ishikawa)).toEqual([]);
  });

  test('GUARD withdrawal stops new sharing at once and keeps the list of what was shared', async () => {
    await consent();
    await file(mori, 'provide_to_agency');
    expect(await seenBy(ishikawa)).toEqual(expect.arrayContaining(['F10']));
    const before = await disclosures();
    const { made } = await withdraw();
    expect(made).toMatchObject({ withdrawalScope: 'all' });
    expect(await state()).toBe('withdrawn');
    expect(await reaches(ishikawa)).toEqual([]);
    expect(await seenBy(ishikawa)).toEqual([]);
    await expect(file(ishikawa, 'provide_to_agency')).rejects.toMatchObject(refused('not_found'));
    await expect(file(mori, 'provide_to_agency')).rejects.toMatchObject(refused('consent_missing'));
    expect(await disclosures()).toEqual(before);
    expect(before.map(({ toCode }) => toCode).toSorted()).toEqual(['elderly_welfare', 'elderly_welfare', 'shakyo']);
    const told = await rows<{ rule: string; login: string }>(`select n.rule, u.login, n.business_key from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'consent_withdrawn' order by u.login`, caseNo);
    expect(told.map(({ login }) => login)).toContain('ishikawa.r');
    expect((await rows(`select 1 from timer t join consent c on c.id = t.about_id where c.subject = 'self' and t.status = 'pending' and t.case_id = $1`, caseId))).toHaveLength(0);
    await expect(withdraw()).rejects.toMatchObject(refused('consent_missing'));
    await expectImplied();
  });

  test('a part may be withdrawn: one agency, one kind of content, one purpose; the rest stands', async () => {
    await consent();
    await withdraw({ withdrawnScope: 'part', withdrawnAgencies: ['elderly_welfare'] });
    expect(await covered('elderly_welfare')).toBeNull();
    expect(await covered('shakyo')).not.toBeNull();
    expect(await reaches(ishikawa)).toEqual([]);
    await withdraw({ withdrawnScope: 'part', withdrawnItems: ['health'] });
    expect((await covered('shakyo'))!.items).not.toContain('health');
    const [right] = await rows<{ items: string[] }>(`select items from case_access where case_id = $1 and reader = 'agency:shakyo' and basis = 'consent' and ended_at is null`, caseId);
    expect(right!.items).toEqual(['basic', 'family', 'meeting', 'money', 'progress']);
    await withdraw({ withdrawnScope: 'part', withdrawnTypes: ['conference'] });
    expect(await covered('shakyo', 'conference')).toBeNull();
    expect(await covered('shakyo', 'share')).not.toBeNull();
    await expect(withdraw({ withdrawnScope: 'part', withdrawnAgencies: ['elderly_welfare'] })).rejects.toMatchObject(refused('consent_missing'));
    await expect(withdraw({ withdrawnScope: 'part' })).rejects.toMatchObject(refused('form_invalid'));
    const { made } = await withdraw({ withdrawnScope: 'part', withdrawnTypes: ['record', 'share', 'plan', 'media'] });
    expect(made['withdrawalScope']).toBe('all');
    expect(await state()).toBe('withdrawn');
    await expectImplied();
  });

  test('GUARD a seat in a 重層的支援会議 opens no more than consent covers, also after it was invited', async () => {
    const basisId = '0190aaaa-0000-7000-8000-00000000000c';
    const seats = () => rows<{ reader: string; items: string[] }>(`select reader, items from case_access where case_id = $1 and basis = 'meeting' and ended_at is null order by reader`, caseId);
    await consent();
    await transact(app.db, system, async (tx) => {
      for (const reader of [ishikawa.userId, 'grp.sectionLead.shakyo']) await grantAccess(tx, { caseId, reader, level: 'content', basis: 'meeting', basisId, items: ['basic', 'health'], untilAt: new Date('2026-12-01T00:00:00Z') });
    });
    await withdraw({ withdrawnScope: 'part', withdrawnItems: ['health'] });
    expect((await seats()).map(({ items }) => items)).toEqual([['basic'], ['basic']]);
    await withdraw({ withdrawnScope: 'part', withdrawnAgencies: ['elderly_welfare'] });
    expect((await seats()).map(({ reader }) => reader)).toEqual(['grp.sectionLead.shakyo']);
    expect(await reaches(ishikawa)).toEqual([]);
    await withdraw({ withdrawnScope: 'part', withdrawnTypes: ['conference'] });
    expect(await seats()).toEqual([]);
  });

  test('GUARD what a consent leaves out is not read either: a right reaches the kinds of content that it names', async () => {
    await consent({ scopeItems: ['basic'] });
    await rows(`insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, record, compartment, agency_code) values (gen_random_uuid(), $1, 'x', 'x', '{}', $2, 'F03', 'team', 'chiiki_houkatsu'), (gen_random_uuid(), $1, 'x', 'x', '{}', $2, 'F01', 'team', 'chiiki_houkatsu'), (gen_random_uuid(), $1, 'x', 'x', '{}', $2, 'F04', 'team', 'chiiki_houkatsu')`, caseId, now);
    // of F03 it is who the person is (guards/items-bound-every-door)
    expect((await seenBy(ishikawa)).toSorted()).toEqual(['F01', 'F03', 'F10']);
    expect((await seenBy(mori)).toSorted()).toEqual(['F01', 'F03', 'F04', 'F10']);
  });

  test('GUARD of a share and a withdrawal at once, whichever comes second meets the other', async () => {
    for (let round = 0; round < 4; round += 1) {
      ({ caseNo, caseId } = await openCase(app, mori, { field: 'elder' }));
      await consent();
      const given = (await disclosures()).length;
      const [shared, taken] = await Promise.allSettled([file(mori, 'provide_to_agency'), withdraw()]);
      expect(taken.status).toBe('fulfilled');
      if (shared.status === 'rejected') expect(shared.reason).toMatchObject(refused('consent_missing'));
      const after = await disclosures();
      expect(after).toHaveLength(given + (shared.status === 'fulfilled' ? 1 : 0));
      const [end] = await rows<{ n: number }>(`select count(*)::int as n from disclosure d join consent_end e on e.consent_id = d.consent_id where d.case_id = $1 and d.at > e.at`, caseId);
      expect(end!.n).toBe(0);
    }
    const [one, two] = await Promise.allSettled([consent().then(() => withdraw()), withdraw()]);
    expect([one, two].filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    await expectImplied();
  });

  test('GUARD who sees a case by a consent records no consent for it and passes nothing on, but may write down a withdrawal that they hear', async () => {
    await consent();
    await expect(file(ishikawa, 'consent', { consentState: 'full', scopeAgencies: [{ agency: 'school_education', answer: 'agreed' }] })).rejects.toMatchObject(refused('forbidden'));
    await expect(file(ishikawa, 'provide_to_agency', { toAgency: 'shakyo' })).rejects.toMatchObject(refused('forbidden'));
    await expect(file(await as('fujita.h'), 'consent')).rejects.toMatchObject(refused('not_found'));
    expect(await covered('school_education')).toBeNull();
    await withdraw({}, ishikawa);
    expect(await state()).toBe('withdrawn');
    expect(await reaches(ishikawa)).toEqual([]);
  });

  test('GUARD a refusal never takes the place of a consent that stands; withdrawn, it may be recorded, and a new consent is 再同意', async () => {
    const refusal: Answers = { consentState: 'refused', types: null, scopeAgencies: null, scopeItems: null, householdMembers: null, method: null, witness: null, noticeVersion: null, validFrom: null, validUntil: null, file: null };
    await consent();
    await expect(consent(refusal)).rejects.toMatchObject(refused('consent_stands'));
    await withdraw();
    await consent(refusal);
    expect(await state()).toBe('refused');
    await consent();
    expect(await transact(app.db, system, (tx) => consentStateOf(tx, caseId))).toMatchObject({ state: 'full', again: true });
  });

  test('a new consent takes the place of the old one; who is no longer in it is out and is told', async () => {
    await consent();
    await consent({ scopeAgencies: [{ agency: 'shakyo', answer: 'agreed' }] });
    expect(await reaches(ishikawa)).toEqual([]);
    expect((await rows<{ kind: string }>(`select kind from consent_end where case_id = $1`, caseId)).map(({ kind }) => kind)).toContain('superseded');
    expect(await rows(`select 1 from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'consent_narrowed' and u.login = 'ishikawa.r'`, caseNo)).toHaveLength(1);
    await expectImplied();
  });

  test('what cannot be is refused where it stands', async () => {
    const pointers = (promise: Promise<unknown>) => promise.then(() => [], (error: Error & { errors?: { pointer: string }[] }) => error.errors?.map(({ pointer }) => pointer) ?? [error.message]);
    expect(await pointers(consent({ validFrom: '令和8年5月12日' }))).toEqual(['/answers/validFrom']);
    expect(await pointers(consent({ validFrom: '令和8年5月頃' }))).toEqual(['/answers/validFrom']);
    expect(await pointers(consent({ validUntil: '令和8年5月10日' }))).toEqual(['/answers/validUntil']);
    expect(await pointers(consent({ validUntil: '令和18年5月10日' }))).toEqual(['/answers/validUntil']);
    expect(await pointers(consent({ scopeAgencies: [{ agency: 'shakyo', answer: 'excluded' }] }))).toEqual(['/answers/scopeAgencies/0/answer']);
    expect(await pointers(consent({ scopeAgencies: [{ agency: 'shakyo', answer: 'agreed' }, { agency: 'shakyo', answer: 'agreed' }] }))).toEqual(['/answers/scopeAgencies/1/agency']);
    expect(await pointers(consent({ consentState: 'partial' }))).toEqual(['/answers/scopeAgencies']);
    expect(await pointers(consent({ householdMembers: [{ name: '門田 静子', answer: 'agreed' }, { name: '門田 静子', answer: 'refused' }] }))).toEqual(['/answers/householdMembers/1/name']);
    expect(await rows(`select 1 from consent where case_id = $1`, caseId)).toHaveLength(0);
  });

  test('GUARD expiry ends access: to the minute by the clock, and on record by the timer, late or not, once', async () => {
    await consent({ validUntil: '令和8年6月30日', householdMembers: [] });
    const due = await rows<{ id: string; rule: string; due_at: Date }>(`select id, rule, due_at from timer where kind = 'domain' and status = 'pending' and case_id = $1 order by due_at`, caseId);
    expect(due.map(({ rule }) => rule)).toEqual(['consent_expiring', 'consent_expires']);
    expect(due[1]!.due_at).toEqual(new Date('2026-06-30T15:00:00Z'));
    expect(await fireDomainTimer(app, system, { timerId: due[1]!.id })).toEqual({ outcome: 'idle', again: false });
    now = new Date('2026-06-30T14:59:59Z');
    expect(await reaches(ishikawa)).toEqual(['consent']);
    now = new Date('2026-06-30T15:00:00Z');
    expect(await reaches(ishikawa)).toEqual([]);
    expect(await covered('elderly_welfare')).toBeNull();
    expect(await state()).toBe('expired');
    await expect(file(mori, 'provide_to_agency')).rejects.toMatchObject(refused('consent_missing'));
    now = new Date('2026-07-20T00:00:00Z');
    const claimed = (await claimDueTimers(app, system, { kind: 'domain', leaseMs: 1_000 })).filter(({ rootId }) => rootId === caseId);
    expect(claimed.map(({ id }) => id)).toEqual(due.map(({ id }) => id));
    const both = await Promise.all([fireDomainTimer(app, system, { timerId: due[1]!.id }), fireDomainTimer(app, system, { timerId: due[1]!.id })]);
    expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(['fired', 'fired']);
    expect(both.map(({ again }) => again).toSorted()).toEqual([false, true]);
    expect(await fireDomainTimer(app, system, { timerId: due[1]!.id })).toEqual({ outcome: 'idle', again: false });
    expect(await rows(`select kind from consent_end where case_id = $1`, caseId)).toEqual([{ kind: 'expired' }]);
    expect(await rows(`select 1 from case_access where case_id = $1 and basis = 'consent' and ended_at is null`, caseId)).toHaveLength(0);
    const told = await rows<{ login: string }>(`select distinct u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'consent_expired'`, caseNo);
    expect(told.map(({ login }) => login)).toEqual(expect.arrayContaining(['ishikawa.r', 'sato.h']));
  });

  test('a pledge lets in its signer alone: for the sitting, the year or the post that it names', async () => {
    const sittingId = '0190aaaa-0000-7000-8000-00000000000a';
    const valid = (person: Person, about: { sittingId?: string } = {}) => transact(app.db, system, async (tx) => (await validPledge(tx, person.userId, about)) !== null);
    const mine: Answers = { signedBy: 'self', memberLogin: null, person: mori.name, agency: mori.agencyCode };
    await file(mori, 'pledge', { ...mine, validFor: 'sitting', sittingId }, null);
    expect(await valid(mori)).toBe(false);
    expect(await valid(mori, { sittingId })).toBe(true);
    expect(await valid(mori, { sittingId: '0190aaaa-0000-7000-8000-00000000000b' })).toBe(false);
    expect(await valid(ishikawa, { sittingId })).toBe(false);
    await file(mori, 'pledge', { ...mine, validFor: 'fiscal_year' }, null);
    expect(await valid(mori)).toBe(true);
    now = new Date('2027-03-31T15:00:00Z');
    expect(await valid(mori)).toBe(false);
    await expect(file(mori, 'pledge', { ...mine, validFor: 'fiscal_year' }, null)).rejects.toMatchObject(refused('form_invalid'));
    now = start;
    await expect(file(mori, 'pledge', { ...mine, understood: ['secrecy'] }, null)).rejects.toMatchObject(refused('form_invalid'));
    await expect(file(mori, 'pledge', { ...mine, agency: 'shakyo' }, null)).rejects.toMatchObject(refused('form_invalid'));
    await expect(file(mori, 'pledge', {}, null)).rejects.toMatchObject(refused('form_invalid'));
    await expect(file(await as('kato.m'), 'pledge', {}, null)).rejects.toMatchObject(refused('forbidden'));
    await file(await as('yamamoto.m'), 'pledge', {}, null);
    expect(await valid(ishikawa)).toBe(true);
    await rows(`update app_user set agency_code = 'nursery_division' where id = $1`, ishikawa.userId);
    expect(await valid(ishikawa)).toBe(false);
    await rows(`update app_user set agency_code = 'elderly_welfare', active = false where id = $1`, ishikawa.userId);
    expect(await valid(ishikawa)).toBe(false);
    await rows(`update app_user set active = true where id = $1`, ishikawa.userId);
    await expect(rows(`update pledge set valid_until = null, valid_for = 'term'`)).rejects.toThrow('append-only');
  });

  test('a request to see what is kept is answered within the days of the law, once extended, and the answer is a line of its own', async () => {
    const { made } = await file(mori, 'disclosure_request', { receivedOn: '令和8年5月11日' });
    expect(made['dueAt']).toBe('2026-06-10T15:00:00.000Z');
    await file(mori, 'disclosure_request', { receivedOn: '令和8年5月11日', stage: 'extended', extensionReason: '記録が多い。' });
    await expect(file(mori, 'disclosure_request', { receivedOn: '令和8年5月11日', stage: 'extended', extensionReason: 'もう一度' })).rejects.toMatchObject(refused('form_invalid'));
    const timers = await rows<{ rule: string; due_at: Date }>(`select rule, due_at from timer where kind = 'domain' and status = 'pending' and case_id = $1 order by due_at`, caseId);
    expect(timers.map(({ rule }) => rule)).toEqual(['disclosure_answer_near', 'disclosure_answer_due']);
    expect(timers[1]!.due_at).toEqual(new Date('2026-07-10T15:00:00Z'));
    await file(mori, 'disclosure_request', { receivedOn: '令和8年5月11日', stage: 'decided', decision: 'open_part', disclosedItems: ['basic', 'progress'], decidedOn: '令和8年5月20日' });
    expect((await disclosures()).map(({ toKind, legalBasis, items }) => [toKind, legalBasis, items])).toEqual([['subject', '76', ['basic', 'progress']]]);
    expect(await rows(`select 1 from timer where kind = 'domain' and status = 'pending' and case_id = $1`, caseId)).toHaveLength(0);
    await expect(file(mori, 'disclosure_request', { stage: 'decided', decision: 'refused', decidedOn: '令和8年5月20日' })).rejects.toMatchObject(refused('form_invalid'));
  });
});
