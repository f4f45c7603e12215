// An agency's own sheet may stand in for F01/F02 and F03: attached to the case, with what the law, the state and the way onward need
// still answered. And what earlier forms say is carried into the next one, through the API.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import request from 'supertest';
import { readAs } from '../../src/base/db.js';
import { carryAnswers } from '../../src/domain/records/carry.js';
import { carriedFields } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor, sampleOf } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { openDesk, type Desk } from './desk.js';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:15:00+09:00'));
}, 180_000);
afterAll(() => desk.close());

async function attach(login: string, caseNo: string, words: string): Promise<string> {
  const { cookie } = await desk.as(login) as unknown as { cookie: string };
  const sent = request(desk.two.urls[0]).post(`/api/cases/${caseNo}/attachments`);
  const { body } = await sent.set({ Cookie: cookie, 'Content-Type': 'application/octet-stream', 'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent('自機関の相談票.txt')}` }).send(Buffer.from(words)).expect(201);
  return body.id as string;
}

async function opened(login: string): Promise<string> {
  return (await (await desk.as(login)).post('/api/cases', { field: 'elder', channel: 'phone' }).expect(201)).body.caseNo as string;
}

/** Tries each of these in place of right answers, and the same field is pointed at each time. */
async function isRefused(login: string, caseNo: string, step: string, field: string, wrong: readonly Record<string, Json>[]): Promise<void> {
  for (const said of wrong) {
    const { status, body } = await desk.tries(login, caseNo, step, said);
    expect([step, status, (body.errors as { pointer: string }[]).map(({ pointer }) => pointer)]).toEqual([step, 422, [`/answers/${field}`]]);
  }
}

/** The sheet that is kept of the newest answer to a form. */
async function kept(caseNo: string, record: string): Promise<Record<string, Json>> {
  const [row] = await desk.sql<{ answers: Record<string, Json> }>('select s.answers from submission s join support_case c on c.id = s.case_id where c.case_no = $1 and s.record = $2 order by s.id desc limit 1', [caseNo, record]);
  return row!.answers;
}

async function carriedInto(login: string, caseNo: string, step: string): Promise<Record<string, Json>> {
  const client = await desk.as(login);
  const [task] = (await client.get(`/api/tasks?view=all&case=${caseNo}&elementId=${step}`).expect(200)).body.tasks as { id: string }[];
  return (await client.get(`/api/tasks/${task!.id}`).expect(200)).body.carried as Record<string, Json>;
}

const nobody = '0190aaaa-0000-7000-8000-000000000001';

test('F01: an own sheet stands in for the words, not for identity, route, worries, urgency and consent', async () => {
  const caseNo = await opened('mori.d');
  const ofAnother = await attach('mori.d', await opened('mori.d'), '別のケースの相談票');
  const sheet = await attach('mori.d', caseNo, '自機関の相談票 𠮷田');
  const step = 'receive_consultation';
  await isRefused('mori.d', caseNo, step, 'ownFormAttachment', [{ ownForm: true }, { ownForm: true, ownFormAttachment: nobody }, { ownForm: true, ownFormAttachment: ofAnother }, { ownForm: true, ownFormAttachment: 'つくえの上' }]);
  const own = { ownForm: true, ownFormAttachment: sheet };
  for (const [field, empty] of [['route', null], ['worries', []], ['urgent', null], ['name', ''], ['kana', ''], ['variant', null], ['receivedAt', null], ['receivedAgency', null]] as const) await isRefused('mori.d', caseNo, step, field, [{ ...own, [field]: empty as Json }]);
  const consentMissing = await desk.tries('mori.d', caseNo, step, { ...own, consent: {} });
  expect((consentMissing.body.errors as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(['/answers/consent/types', '/answers/consent/signedBy', '/answers/consent/explainedOn']));
  await desk.does('mori.d', caseNo, step, { ...own, name: '辻󠄀 花子', commonName: '邉󠄂 花', formerName: '𠮷田 花子', birthDate: '昭和２０年頃' });
  const record = await kept(caseNo, 'F01');
  expect(record).toMatchObject({ ownForm: true, ownFormAttachment: sheet, name: '辻󠄀 花子', birthDate: '昭和２０年頃' });
  expect(record['worryDetail'] ?? null).toBeNull();
  // the words of the sheet are asked for, and refused, together
  expect(await carriedInto('mori.d', caseNo, 'assess_urgency')).toMatchObject({ urgency: record['urgent'] });

  const screen = 'screen_consultation';
  await desk.does('mori.d', caseNo, 'assess_urgency', { urgency: 'none' });
  const carried = await carriedInto('mori.d', caseNo, screen);
  expect(carried).toMatchObject({ name: '辻󠄀 花子', commonName: '邉󠄂 花', formerName: '𠮷田 花子', birthDate: '昭和２０年頃', firstRoute: record['route'], screenedBy: '森 大輔', household: record['household'] });
  await isRefused('mori.d', caseNo, screen, 'ownFormAttachment', [{ ownForm: true }, { ownForm: true, ownFormAttachment: ofAnother }]);
  for (const [field, empty] of [['issues', []], ['screeningResult', null], ['screeningDate', null]] as const) await isRefused('mori.d', caseNo, screen, field, [{ ...own, [field]: empty as Json }]);
  await desk.does('mori.d', caseNo, screen, { ...own, screeningResult: 'coordinate' });
  expect(await kept(caseNo, 'F03.screening')).toMatchObject({ ownForm: true, ownFormAttachment: sheet, name: '辻󠄀 花子', birthDate: '昭和２０年頃' });

  await desk.does('ishikawa.r', caseNo, 'consult_section_lead', { singleAgency: 'no' });
  await desk.does('mori.d', caseNo, 'refer_to_coordination');
  await desk.does('sato.h', caseNo, 'answer_referral', { referralDecision: 'accept_conditionally', conditions: '体調のよい日に会うこと。' });
  expect(await desk.sql('select r.status from referral r join support_case c on c.id = r.case_id where c.case_no = $1 and r.status <> $2', [caseNo, 'cancelled'])).toEqual([{ status: 'conditional' }]);
  await desk.does('sato.h', caseNo, 'assign_coordinator');
  await desk.does('nakamura.m', caseNo, 'decide_eligibility');
  // the consent that was signed at the window lies before the coordinator, word for word
  const consent = record['consent'] as Record<string, Json>;
  expect(await carriedInto('sato.h', caseNo, 'check_consent')).toMatchObject({ types: consent['types'], scopeItems: consent['scopeItems'], method: consent['method'], explainedOn: consent['explainedOn'], validFrom: consent['validFrom'] });
  await desk.does('sato.h', caseNo, 'check_consent');
  await desk.does('sato.h', caseNo, 'request_information', { informationGroups: ['grp.sectionLead.elderly_welfare'] });

  const answer = 'provide_information';
  await isRefused('ishikawa.r', caseNo, answer, 'ownFormAttachment', [{ ownForm: true }, { ownForm: true, ownFormAttachment: ofAnother }, { ownForm: true, ownFormAttachment: nobody }]);
  const answered = await attach('ishikawa.r', caseNo, '高齢福祉課の記録');
  await desk.does('ishikawa.r', caseNo, answer, { ownForm: true, ownFormAttachment: answered });
  expect(await kept(caseNo, 'F03.part')).toMatchObject({ ownFormAttachment: answered });

  await isRefused('sato.h', caseNo, 'organise_assessment', 'issues', [{ ownForm: true, ownFormAttachment: answered, issues: [] }]);
  await desk.does('sato.h', caseNo, 'organise_assessment', { ownForm: true, ownFormAttachment: answered });
  expect(await kept(caseNo, 'F03')).toMatchObject({ ownFormAttachment: answered, name: '辻󠄀 花子', screeningResult: 'coordinate' });
  expect(await carriedInto('sato.h', caseNo, 'draft_plan')).toMatchObject({ caseNo, planNo: `${caseNo}-P1`, planKind: 'initial', author: '佐藤 遥', name: '辻󠄀 花子' });

  // once it is withdrawn, nobody is shown the old consent as the answer to a new question
  const client = await desk.as('sato.h');
  const asked = async (): Promise<string[]> => {
    const [one] = await desk.sql<{ id: string }>('select id from support_case where case_no = $1', [caseNo]);
    const sato = await personByLogin(desk.two.app.database.ownerUrl, 'sato.h');
    const wanted = carriedFields(JSON.parse(readFileSync('processes/coordination_main/forms/check_consent.json', 'utf8')));
    return Object.keys(await readAs(desk.two.app.db, sato, (tx) => carryAnswers(tx, desk.two.app.records, one!.id, 'F10', wanted)));
  };
  expect(await asked()).toEqual(expect.arrayContaining(['types', 'scopeItems', 'method']));
  await client.post(`/api/cases/${caseNo}/records`, { formKey: 'consent_withdrawal', answers: sampleOf('anytime', 'consent_withdrawal') }).expect(201);
  expect(await asked()).toEqual(['explainedBy']);
}, 120_000);

test('F02: without a signature the own sheet leaves the basis in law and the reason to be answered', async () => {
  const caseNo = await opened('mori.d');
  const own = { ownForm: true, ownFormAttachment: await attach('mori.d', caseNo, '自機関の相談票'), variant: 'no_consent' };
  const basis = { noConsentReason: ['not_met'], legalBasis: 'swa_106_6', whyMeetingNeeded: '見守りの分担', observed: { facts: '郵便受けがあふれている。' } };
  for (const [field, empty] of [['noConsentReason', []], ['legalBasis', null], ['whyMeetingNeeded', ' '], ['observed/facts', null]] as const) {
    await isRefused('mori.d', caseNo, 'receive_consultation', field, [{ ...own, ...basis, ...(field === 'observed/facts' ? { observed: {} } : { [field]: empty as Json }) }]);
  }
  await desk.does('mori.d', caseNo, 'receive_consultation', { ...own, ...basis });
  expect(await kept(caseNo, 'F02')).toMatchObject({ ownForm: true, legalBasis: 'swa_106_6', observed: { facts: '郵便受けがあふれている。' } });
});

test('F10 and F17: the scan of a paper is one of the attachments of the case, beside its number on the shelf; optional, in the sheet at the window as in the others', async () => {
  const caseNo = await opened('mori.d');
  const ofAnother = await attach('mori.d', await opened('mori.d'), '別のケースの同意書');
  const paper = await attach('mori.d', caseNo, '同意書の写し');
  const block = sampleOf('intake_screening', 'receive_consultation')['consent'] as Record<string, Json>;
  const wrong = [nobody, ofAnother, 'つくえの上'];
  for (const fileAttachment of wrong) await isRefused('mori.d', caseNo, 'receive_consultation', 'consent/fileAttachment', [{ consent: { ...block, fileAttachment }, duplicateChecked: 'someone_else', household: [] }]);
  await desk.does('mori.d', caseNo, 'receive_consultation', { consent: { ...block, method: 'written', fileAttachment: paper }, duplicateChecked: 'someone_else', household: [] });
  expect((await kept(caseNo, 'F01'))['consent']).toMatchObject({ fileAttachment: paper });

  const client = await desk.as('mori.d');
  const files = (formKey: string, said: Record<string, Json>) => client.post(`/api/cases/${caseNo}/records`, { formKey, answers: answersFor('anytime', formKey, schemas[formKey]!, said) });
  const schemas = Object.fromEntries(await Promise.all(['consent', 'consent_withdrawal'].map(async (key) => [key, (await client.get(`/api/forms/${key}`).expect(200)).body.schema as Json])));
  for (const [formKey, record, said] of [['consent', 'F10', { method: 'oral', witness: '同僚' }], ['consent_withdrawal', 'F17', {}]] as const) {
    for (const fileAttachment of wrong) {
      const { status, body } = await files(formKey, { ...said, fileAttachment });
      expect([formKey, status, (body.errors as { pointer: string }[]).map(({ pointer }) => pointer)]).toEqual([formKey, 422, ['/answers/fileAttachment']]);
    }
    await files(formKey, { ...said, file: '', fileAttachment: paper }).expect(201);
    expect(await kept(caseNo, record)).toMatchObject({ file: '', fileAttachment: paper });
  }
  const proofs = await desk.sql<{ kind: string }>('select distinct e.kind from consent_evidence e join consent c on c.id = e.consent_id join support_case s on s.id = c.case_id where s.case_no = $1 and e.kind = $2', [caseNo, 'paper']);
  expect(proofs).toEqual([{ kind: 'paper' }]);
  // whoever completes the withdrawal does not look for the paper a second time
  expect((await carriedInto('mori.d', caseNo, 'record_withdrawal'))['fileAttachment']).toBe(paper);
}, 120_000);

test('a form of no case carries who fills it in', async () => {
  const { body } = await (await desk.as('mori.d')).get('/api/forms/pledge').expect(200);
  expect(body.carried).toEqual({ person: '森 大輔', agency: 'chiiki_houkatsu' });
});
