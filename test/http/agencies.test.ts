// Agencies of the 機関マスタ (F90) wherever an agency is chosen: a clinic and a school that nobody here works for are named in consents, told,
// withdrawn from and seated; renamed everywhere at once; not chosen any more once they have stopped.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ExcelJS from 'exceljs';
import { readFileSync } from 'node:fs';
import { importTemplate } from '../../src/actions/import-workbook.js';
import { deployForm } from '../../src/actions/deploy-form.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf, untilThen, type Answers } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { waitingPlan } from '../guards/waiting-plan.js';
import { agrees } from '../support/casework.js';
import { keeper } from '../support/diagrams.js';
import { take } from '../support/steps.js';
import { desk, dossier, elderly, judged, meetingOf, needy, openTheDesk, selected } from './confidential-desk.js';

const clinic = { code: 'sakura_clinic', name: 'さくら診療所', category: 'medical', canJoinConfidential: 'yes' };
const school = { code: 'nishi_school', name: '西小学校', category: 'school', canJoinConfidential: 'no' };
const [clinicSeat, schoolSeat] = ['agency:sakura_clinic', 'agency:nishi_school'];
const everything = ['basic', 'family', 'health', 'money', 'progress', 'meeting'];

const keep = async (agency: Record<string, Json>): Promise<void> => {
  await (await desk.as('kato.m')).post('/api/records', { formKey: 'agency', answers: { ...sampleOf('anytime', 'agency'), field: null, ...agency } }).expect(201);
};

beforeAll(async () => {
  await openTheDesk();
  await keep(clinic);
  await keep(school);
}, 180_000);
afterAll(() => desk?.close());

interface Field {
  key?: string;
  values?: { value: string; label: string }[];
  components?: Field[];
}

/** What may be chosen in a field of a served form, by value. */
function offered(schema: Json, key: string): Record<string, string> {
  const find = (fields: readonly Field[]): Field | undefined => fields.map((one) => (one.key === key ? one : find(one.components ?? []))).find((one) => one !== undefined);
  return Object.fromEntries((find((schema as unknown as { components: Field[] }).components)?.values ?? []).map(({ value, label }) => [value, label]));
}

const formOf = async (formKey: string, caseNo?: string): Promise<Json> => (await (await desk.as('mori.d')).get(`/api/forms/${formKey}${caseNo ? `?case=${caseNo}` : ''}`).expect(200)).body.schema as Json;
const files = async (caseNo: string, formKey: string, said: Answers, login = 'mori.d') => (await desk.as(login)).post(`/api/cases/${caseNo}/records`, { formKey, answers: { ...sampleOf('anytime', formKey), ...said } });
const provide = (caseNo: string, toAgency: string) => files(caseNo, 'provide_to_agency', { toAgency, items: ['basic'] });

/** A case whose person agrees to these agencies. */
async function agreed(...agencies: string[]): Promise<{ caseNo: string; caseId: string }> {
  const { body } = await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201);
  const { excludedGroups: _none, ...sample } = sampleOf('anytime', 'consent');
  const said = { ...sample, consentState: 'full', types: ['share', 'conference'], scopeItems: everything, scopeAgencies: agencies.map((agency) => ({ agency, answer: 'agreed' })), householdMembers: [] };
  const answer = await files(body.caseNo, 'consent', said as Answers);
  expect([answer.status, answer.body.errors]).toEqual([201, undefined]);
  return { caseNo: body.caseNo, caseId: body.caseId };
}

const taskOf = async (login: string, caseNo: string, step: string): Promise<{ form: { schema: Json }; carried: Answers; item: Json; candidateGroups: string[]; id: string; version: number }[]> => {
  const client = await desk.as(login);
  const { tasks } = (await client.get(`/api/tasks?view=all&case=${caseNo}&elementId=${step}`).expect(200)).body as { tasks: { id: string }[] };
  return Promise.all(tasks.map(async ({ id }) => (await client.get(`/api/tasks/${id}`).expect(200)).body));
};

/** Completes the task of this step that is about a seat without an inbox. */
async function answersFor(login: string, caseNo: string, step: string, seat: string, answers: Answers) {
  const task = (await taskOf(login, caseNo, step)).find(({ item }) => item === seat)!;
  return (await desk.as(login)).post(`/api/tasks/${task.id}/complete`, { version: task.version, answers });
}

const soon = (): string => `${desk.now().toISOString().slice(0, 19)}Z`;
const pledged = { signs: 'yes', signedBy: 'paper', capacity: 'conference_member', textVersion: '2026-04', understood: ['secrecy', 'purpose', 'copies', 'devices', 'afterwards', 'penalty'], signedOn: '令和8年5月11日' };

describe('an agency of the master is chosen wherever an agency is chosen', () => {
  test('it stands in the forms as they are served, in the lists and in the Excel sheet; what asks for an inbox does not offer it', async () => {
    const { caseNo } = await judged();
    const consent = offered(await formOf('consent'), 'agency');
    expect([consent['sakura_clinic'], consent['nishi_school'], consent['shakyo']]).toEqual(['さくら診療所', '西小学校', '社会福祉協議会']);
    expect(offered(await formOf('provide_to_agency'), 'toAgency')).toMatchObject({ sakura_clinic: 'さくら診療所' });
    expect(offered(await formOf('request_meeting'), 'memberGroups')).toMatchObject({ [clinicSeat]: 'さくら診療所', [schoolSeat]: '西小学校', [elderly]: '高齢福祉課', 'grp.coordinator.shakyo': '重層コーディネーター（社会福祉協議会）' });
    expect(Object.keys(offered(await formOf('referral'), 'receivingGroup')).filter((key) => !key.startsWith('grp.'))).toEqual([]);
    const [members] = await taskOf('yamamoto.m', caseNo, 'select_members');
    const seats = offered(members!.form.schema, 'memberGroups');
    expect([seats[clinicSeat], seats[schoolSeat]]).toEqual(['さくら診療所', undefined]);
    const { lists } = (await (await desk.as('mori.d')).get('/api/directory/option-lists').expect(200)).body as { lists: { name: string; options: { value: string }[] }[] };
    expect(lists.find(({ name }) => name === 'agencies.intake')!.options.map(({ value }) => value)).not.toContain('sakura_clinic');
    expect(lists.find(({ name }) => name === 'parties')!.options.map(({ value }) => value)).toContain(clinicSeat);

    const book = new ExcelJS.Workbook();
    await book.xlsx.load((await importTemplate(desk.two.app, await personByLogin(desk.two.app.database.ownerUrl, 'sato.h'))) as unknown as ArrayBuffer);
    const cells: string[] = [];
    book.eachSheet((sheet) => sheet.eachRow((row) => row.eachCell((cell) => void cells.push(JSON.stringify([cell.value, cell.note])))));
    expect(cells.some((cell) => cell.includes('さくら診療所'))).toBe(true);
  });

  test('a form that asks for a list that is not there is not deployed; nor one that takes from a list what the law is decided by', async () => {
    const form = JSON.parse(readFileSync(new URL('../../processes/anytime/forms/provide_to_agency.json', import.meta.url), 'utf8')) as { components: Record<string, Json>[] };
    const changed = (key: string, change: (field: Record<string, Json>) => Record<string, Json>): Json => ({ ...form, components: form.components.map((one) => (one['key'] === key ? change(one) : one)) }) as unknown as Json;
    const refused = (schema: Json) => expect(deployForm(desk.two.app, keeper, { key: 'provide_to_agency', schema })).rejects;
    await refused(changed('toAgency', (field) => ({ ...field, properties: { options: 'clinics' } }))).toMatchObject({ code: 'diagram_refused', errors: [{ detail: expect.stringMatching(/^form-options: .*一覧 clinics はありません.*agencies/) }] });
    await refused(changed('toPerson', (field) => ({ ...field, properties: { options: 'agencies' } }))).toMatchObject({ errors: [{ detail: expect.stringMatching(/^form-options/) }] });
    await refused(changed('legalBasis', ({ values: _values, ...field }) => ({ ...field, properties: { options: 'agencies' } }))).toMatchObject({ errors: [{ detail: expect.stringMatching(/^form-record: .*legalBasis の選択肢は/) }] });
  });

  test('a consent names the clinic; it is told under it, and nobody is whom it does not name; who was told hears of the withdrawal by the coordinator', async () => {
    const { caseNo, caseId } = await agreed('sakura_clinic', 'elderly_welfare');
    expect((await provide(caseNo, 'sakura_clinic')).status).toBe(201);
    const refused = await provide(caseNo, 'nishi_school');
    expect([refused.status, refused.body.type]).toEqual([409, expect.stringMatching(/consent_missing$/)]);
    // to be named opens nothing to whom nobody signs in for: told is what somebody told them
    const told = await desk.sql(`select to_code as code, legal_basis as basis from disclosure where case_id = $1 and to_code in ('sakura_clinic', 'nishi_school')`, [caseId]);
    expect(await desk.sql(`select 1 from case_access where case_id = $1 and reader = 'agency:sakura_clinic'`, [caseId])).toEqual([]);
    expect(told).toEqual([{ code: 'sakura_clinic', basis: '69-2-1' }]);

    const withdrawn = await files(caseNo, 'consent_withdrawal', { withdrawnScope: 'part', withdrawnAgencies: ['sakura_clinic'], withdrawnItems: [], withdrawnTypes: [] });
    expect([withdrawn.status, withdrawn.body.errors]).toEqual([201, undefined]);
    await desk.does('mori.d', caseNo, 'record_withdrawal');
    await desk.does('sato.h', caseNo, 'confirm_stop');
    const notices = await taskOf('sato.h', caseNo, 'notify_recipient');
    expect(notices.map(({ item, carried }) => [item, carried['recipient']])).toEqual([[clinicSeat, 'さくら診療所']]);
    expect((await provide(caseNo, 'sakura_clinic')).status).toBe(409);
  });

  test('in an emergency it is told, and that is a line of the 提供記録', async () => {
    const { caseNo, caseId } = await agreed('elderly_welfare');
    expect((await files(caseNo, 'emergency', {})).status).toBe(201);
    const app = desk.two.app as Parameters<typeof take>[0];
    const responders = { responderGroups: [elderly], safetyGroup: elderly };
    for (const [step, said] of [['call_services', {}], ['assess_emergency', responders], ['confirm_safety', { safetyResult: 'safe', measuresNeeded: 'no' }]] as const) await take(app, caseNo, step, said);
    await take(app, caseNo, 'record_basis', { emergencyOutcome: 'resolved', told: [{ agency: 'sakura_clinic', items: ['basic', 'health'], legalBasis: 'imminent_danger', toldAt: '2026-05-11T09:55', toldBy: '森 大輔' }] });
    expect(await desk.sql(`select legal_basis as basis, items from disclosure where case_id = $1 and to_code = 'sakura_clinic'`, [caseId])).toEqual([{ basis: 'imminent_danger', items: ['basic', 'health'] }]);
  });

  test('a plan gives it a row of the role table where the consent covers it; no part that is asked for anything, and no task', async () => {
    const app = desk.two.app as Parameters<typeof take>[0];
    const plan = await waitingPlan(app);
    const [row] = sampleOf('coordination_main', 'draft_plan')['roles'] as Answers[];
    const draft = { ...sampleOf('coordination_main', 'draft_plan'), roles: [row!, { ...row, agency: clinicSeat, what: '月1回の訪問診療', staff: '木村 医師' }] };
    await expect(plan.files('sato.h', 'F05', { ...draft, roleGroups: [elderly, clinicSeat] })).rejects.toMatchObject({ errors: [{ pointer: '/answers/roleGroups', detail: expect.stringContaining('受け箱のない機関には仕事が届きません') }] });
    await expect(plan.files('sato.h', 'F05', { ...draft, leadGroup: clinicSeat })).rejects.toMatchObject({ code: 'form_invalid', errors: expect.arrayContaining([expect.objectContaining({ pointer: '/answers/leadGroup' })]) });
    await plan.files('sato.h', 'F05', draft);
    await plan.files('sato.h', 'F05.signature', sampleOf('coordination_main', 'explain_plan'));
    await expect(plan.decides('nakamura.m')).rejects.toMatchObject({ code: 'plan_consent_missing', errors: [{ detail: expect.stringContaining('さくら診療所') }] });
    await agrees(app, plan.caseId, ['elderly_welfare', 'sakura_clinic']);
    await plan.decides('nakamura.m');
    expect(await plan.rows(`select distinct r.group_key as key from plan_role r join plan p on p.id = r.plan_id and p.revision = r.revision where p.case_id = $1 order by 1`)).toEqual([{ key: clinicSeat }, { key: elderly }]);
    expect(await plan.rows(`select 1 from case_role where case_id = $1 and agency_code = 'sakura_clinic'`)).toEqual([]);
    expect(await plan.rows(`select 1 from case_access where case_id = $1 and reader like '%sakura%'`)).toEqual([]);
  });
});

describe('a meeting seats an agency without an inbox: whoever calls it asks and writes down for them', () => {
  test('重層的支援会議: invited where the consent covers it, which is written down; nobody is whom it does not cover', async () => {
    const { caseNo, caseId } = await agreed('elderly_welfare', 'sakura_clinic');
    const request = await files(caseNo, 'request_meeting', { memberGroups: [elderly, clinicSeat, schoolSeat] });
    expect([request.status, request.body.warnings]).toEqual([201, [expect.objectContaining({ code: 'uncovered_members', detail: expect.stringContaining('（西小学校）') })]]);
    await desk.does('yamamoto.m', caseNo, 'arrange_meeting', { memberGroups: [elderly, clinicSeat, schoolSeat], meetingAt: soon() });
    // the school is not covered: the list comes back
    await desk.does('yamamoto.m', caseNo, 'arrange_meeting', { memberGroups: [elderly, clinicSeat], meetingAt: soon() });
    await desk.does('yamamoto.m', caseNo, 'prepare_materials');
    const told = await desk.sql<{ code: string }>(`select to_code as code from disclosure where case_id = $1 and purpose = 'conference' order by 1`, [caseId]);
    expect(told.map(({ code }) => code)).toEqual(['elderly_welfare', 'sakura_clinic']);
    expect(await desk.sql(`select reader from case_access where case_id = $1 and basis = 'meeting'`, [caseId])).toEqual([{ reader: elderly }]);
    const asked = await taskOf('yamamoto.m', caseNo, 'confirm_attendance');
    expect(asked.filter(({ item }) => item === clinicSeat).map(({ candidateGroups }) => candidateGroups)).toEqual([['grp.meetingOffice']]);
    expect((await answersFor('yamamoto.m', caseNo, 'confirm_attendance', clinicSeat, { ...sampleOf('meeting', 'confirm_attendance'), attendance: 'online', attendeeName: '木村 医師' })).status).toBe(200);
    await desk.does('ishikawa.r', caseNo, 'confirm_attendance');
    await desk.passes(caseNo, 'meeting_day');
    // between invitation and sitting the person leaves the clinic out: it may not be present
    await files(caseNo, 'consent_withdrawal', { withdrawnScope: 'part', withdrawnAgencies: ['sakura_clinic'], withdrawnItems: [], withdrawnTypes: [] });
    const held = { meetingResult: 'suitable', heldAt: soon() };
    const [step] = await desk.sql<{ element: string; login: string }>(`select t.element_id as element, u.login from task t join membership m on m.group_key = any(t.candidate_groups) join app_user u on u.id = m.user_id where t.business_key = $1 and t.status = 'open' and t.element_id like 'hold%' limit 1`, [caseNo]);
    const refused = await desk.tries(step!.login, caseNo, step!.element, held);
    expect([refused.status, refused.body.groups]).toEqual([409, [clinicSeat]]);
    await desk.does(step!.login, caseNo, step!.element, { ...held, absentGroups: [clinicSeat] });
  }, 120_000);

  test('left out before anybody answered for it, the office is not asked for it any more, and for the others goes on', async () => {
    const { caseNo } = await agreed('elderly_welfare', 'sakura_clinic');
    expect((await files(caseNo, 'request_meeting', { memberGroups: [elderly, clinicSeat] })).status).toBe(201);
    await desk.does('yamamoto.m', caseNo, 'arrange_meeting', { memberGroups: [elderly, clinicSeat], meetingAt: soon() });
    await desk.does('yamamoto.m', caseNo, 'prepare_materials');
    expect((await files(caseNo, 'consent_withdrawal', { withdrawnScope: 'part', withdrawnAgencies: ['sakura_clinic'], withdrawnItems: [], withdrawnTypes: [] })).status).toBe(201);
    const asked = await desk.sql(`select item, status, end_reason from task where business_key = $1 and element_id = 'confirm_attendance' order by status`, [caseNo]);
    expect(asked).toEqual([{ item: clinicSeat, status: 'cancelled', end_reason: 'consent_withdrawn' }, { item: elderly, status: 'open', end_reason: null }]);
  }, 120_000);

  test('GUARD 支援会議: only whom the master lets sit there, and nothing opens or is handed out before their paper for this sitting is on record', async () => {
    const worry = await judged();
    const barred = await desk.tries('yamamoto.m', worry.caseNo, 'select_members', { memberGroups: [elderly, schoolSeat] });
    expect([barred.status, barred.body.errors]).toEqual([422, [{ pointer: '/answers/memberGroups', detail: '「西小学校」は、いまは選べません。ほかから選んでください。' }]]);
    await desk.does('yamamoto.m', worry.caseNo, 'select_members', { memberGroups: [elderly, clinicSeat] });
    for (const login of ['ishikawa.r', 'nakamura.m', 'yamamoto.m']) {
      const own = (await taskOf(login, worry.caseNo, 'sign_pledge')).find(({ item }) => item !== clinicSeat)!;
      const said = sampleOf('confidential_route', 'sign_pledge');
      // nobody signs their own pledge as a paper of somebody else
      expect((await (await desk.as(login)).post(`/api/tasks/${own.id}/complete`, { version: own.version, answers: { ...said, signedBy: 'paper', paperSigner: '木村' } })).status).toBe(422);
      await (await desk.as(login)).post(`/api/tasks/${own.id}/complete`, { version: own.version, answers: said }).expect(200);
    }
    const everybody = ['ishikawa.r', 'nakamura.m', 'yamamoto.m'];
    for (const login of everybody) expect(await dossier(login, worry)).toBe('pledge_missing');
    const { sittingId } = await meetingOf(worry.caseNo);
    const [seat] = await desk.sql<{ id: string }>(`select id from sitting_member where sitting_id = $1 and group_key = $2`, [sittingId, clinicSeat]);
    await expect(desk.sql(`insert into handout (id, sitting_id, no, member_id, issued_at) values (gen_random_uuid(), $1, 99, $2, now())`, [sittingId, seat!.id])).rejects.toThrow('for those who have pledged');

    // papers of the clinic that are none for this sitting, and papers that somebody else brings
    const paper = { person: '木村 明', agency: 'sakura_clinic', signedBy: 'paper', validFor: 'sitting', sittingId, capacity: 'conference_member', textVersion: '2026-04', understood: pledged.understood, signedOn: '令和8年5月11日' };
    const brings = async (login: string, said: Answers) => (await (await desk.as(login)).post('/api/records', { formKey: 'pledge', answers: { ...paper, ...said } })).status;
    expect(await brings('yamamoto.m', { validFor: 'fiscal_year', sittingId: null })).toBe(201);
    expect(await brings('sato.h', {})).toBe(422);
    expect(await brings('ishikawa.r', {})).toBe(422);
    for (const login of everybody) expect(await dossier(login, worry)).toBe('pledge_missing');

    // the task of the paper lies with the office, which is told whose it is
    const [asked] = (await taskOf('yamamoto.m', worry.caseNo, 'sign_pledge')).filter(({ item }) => item === clinicSeat);
    expect([asked!.candidateGroups, asked!.carried]).toEqual([['grp.meetingOffice'], expect.objectContaining({ paperAgency: 'さくら診療所', signedBy: 'paper' })]);
    expect((await taskOf('ishikawa.r', worry.caseNo, 'sign_pledge')).filter(({ item }) => item === clinicSeat)).toEqual([]);
    const unnamed = await answersFor('yamamoto.m', worry.caseNo, 'sign_pledge', clinicSeat, { ...pledged, signedBy: 'self' });
    expect([unnamed.status, unnamed.body.errors[0].pointer]).toEqual([422, '/answers/paperSigner']);
    const signed = await answersFor('yamamoto.m', worry.caseNo, 'sign_pledge', clinicSeat, { ...pledged, paperSigner: '木村 明' });
    expect([signed.status, signed.body.errors]).toEqual([200, undefined]);
    for (const login of everybody) expect(await dossier(login, worry)).toBe('open');
    expect(await desk.sql(`select person_name as name, agency_code as agency, user_id as "userId" from pledge where sitting_id = $1 and user_id is null`, [sittingId])).toEqual([{ name: '木村 明', agency: 'sakura_clinic', userId: null }]);

    // their sheet is written by the office; then the sitting, with a copy of the papers for each of them
    expect((await answersFor('yamamoto.m', worry.caseNo, 'prepare_sheets', clinicSeat, sampleOf('confidential_route', 'prepare_sheets'))).status).toBe(200);
    await desk.does('ishikawa.r', worry.caseNo, 'prepare_sheets');
    await desk.does('yamamoto.m', worry.caseNo, 'arrange_meeting', { kind: 'confidential', memberGroups: [elderly, clinicSeat], meetingAt: soon() });
    await desk.does('yamamoto.m', worry.caseNo, 'prepare_materials', { handoutRule: 'numbered' });
    const copies = async (): Promise<string[]> => (await desk.sql<{ key: string }>(`select m.group_key as key from handout h join sitting_member m on m.id = h.member_id where h.sitting_id = $1 order by 1`, [sittingId])).map(({ key }) => key);
    expect(await copies()).toEqual([clinicSeat, 'grp.chair', 'grp.meetingOffice', elderly]);

    // a late one: closed to all, and no copy, until their paper is in; the office brings it by the form that is filed at any time
    await keep({ code: 'kita_station', name: '北警察署', category: 'police', canJoinConfidential: 'yes' });
    const office = await desk.as('yamamoto.m');
    await office.post(`/api/meetings/${worry.meetingId}/members`, { groupKey: schoolSeat }).expect(422);
    await office.post(`/api/meetings/${worry.meetingId}/members`, { groupKey: 'agency:kita_station' }).expect(201);
    for (const login of everybody) expect(await dossier(login, worry)).toBe('pledge_missing');
    expect(await copies()).not.toContain('agency:kita_station');
    expect(await brings('yamamoto.m', { agency: 'kita_station', person: '西田 健' })).toBe(201);
    expect(await copies()).toContain('agency:kita_station');
    for (const login of everybody) expect(await dossier(login, worry)).toBe('open');

    await desk.does('ishikawa.r', worry.caseNo, 'confirm_attendance');
    expect((await answersFor('yamamoto.m', worry.caseNo, 'confirm_attendance', clinicSeat, { ...sampleOf('meeting', 'confirm_attendance'), attendeeName: '木村 明' })).status).toBe(200);
    await desk.passes(worry.caseNo, 'meeting_day');
    await desk.does('yamamoto.m', worry.caseNo, 'hold_confidential_meeting');
    const told = await desk.sql<{ code: string }>(`select to_code as code from disclosure where case_id = $1 and legal_basis = '106-6' order by 1`, [worry.caseId]);
    expect(told.map(({ code }) => code)).toEqual(['elderly_welfare', 'kita_station', 'sakura_clinic', 'welfare_policy']);
  }, 180_000);

  test('after that 支援会議 no decision is given where no task arrives; it watches too, and the office writes down what it did', async () => {
    const [found] = await desk.sql<{ caseNo: string }>(`select c.case_no as "caseNo" from support_case c join meeting_case m on m.case_id = c.id join sitting s on s.meeting_id = m.meeting_id and s.status = 'held' join sitting_member p on p.sitting_id = s.id and p.group_key = 'agency:kita_station'`);
    const { caseNo } = found!;
    const decided = await desk.tries('yamamoto.m', caseNo, 'assign_decisions', { decisionGroups: [clinicSeat] });
    expect([decided.status, decided.body.errors[0].pointer]).toEqual([422, '/answers/decisionGroups']);
    await desk.does('yamamoto.m', caseNo, 'assign_decisions', { decisionGroups: [elderly] });
    for (const step of ['draft_minutes', 'confirm_minutes', 'collect_handouts']) await desk.does('yamamoto.m', caseNo, step);
    await desk.does('ishikawa.r', caseNo, 'carry_out_decision');
    const schools = await desk.tries('yamamoto.m', caseNo, 'decide_watch_policy', { roleGroups: [needy] });
    expect([schools.status, schools.body.errors[0].pointer]).toEqual([422, '/answers/roleGroups']);
    await desk.does('yamamoto.m', caseNo, 'decide_watch_policy', { roleGroups: [elderly, clinicSeat] });
    const reports = await taskOf('yamamoto.m', caseNo, 'report_role');
    expect(reports.filter(({ item }) => item === clinicSeat).map(({ candidateGroups }) => candidateGroups)).toEqual([['grp.meetingOffice']]);
    expect((await answersFor('yamamoto.m', caseNo, 'report_role', clinicSeat, untilThen(reports[0]!.form.schema, sampleOf('confidential_route', 'report_role'), desk.now()))).body).toMatchObject({ task: { status: 'completed' } });
  }, 180_000);

  test('GUARD Postgres itself: no seat in a 支援会議 for whom the master does not let sit there, and no seat without an inbox under the name of another', async () => {
    const worry = await selected([elderly, needy]);
    const { sittingId } = await meetingOf(worry.caseNo);
    const sit = (key: string, agency: string): Promise<unknown> => desk.sql(`insert into sitting_member (id, sitting_id, group_key, agency_code, role, seated_at) values (gen_random_uuid(), $1, $2, $3, 'member', now())`, [sittingId, key, agency]);
    await expect(sit(schoolSeat, 'nishi_school')).rejects.toThrow('may not sit in a confidential meeting');
    await expect(sit(clinicSeat, 'elderly_welfare')).rejects.toThrow('sitting_member_outside');
  });
});

describe('an agency that is called otherwise, and one that has stopped', () => {
  test('a new name stands everywhere at once, also in what was written before', async () => {
    const { caseNo } = await agreed('sakura_clinic');
    const { body } = await provide(caseNo, 'sakura_clinic');
    const mori = await desk.as('mori.d');
    const names = async (): Promise<Record<string, string>> => (await mori.get(`/api/records/${body.submissionId}`).expect(200)).body.names;
    expect(await names()).toMatchObject({ '/toAgency': 'さくら診療所', '/items/0': '基本情報' });
    await keep({ ...clinic, name: 'さくら総合診療所' });
    expect(offered(await formOf('consent'), 'agency')['sakura_clinic']).toBe('さくら総合診療所');
    expect(await names()).toMatchObject({ '/toAgency': 'さくら総合診療所' });
    const [sheet] = (await mori.get(`/api/cases/${(await noted()).caseNo}/records`).expect(200)).body.records as { id: string }[];
    expect((await mori.get(`/api/records/${sheet!.id}`).expect(200)).body.names).toMatchObject({ '/agency': '地域包括支援センター' });
    await keep(clinic);
  });

  test('who has stopped is not chosen anew, by name; what was written names it; a draft with it is refused; a withdrawal may still name it', async () => {
    await keep({ code: 'old_clinic', name: 'むかし医院', canJoinConfidential: 'yes' });
    const { caseNo } = await agreed('old_clinic', 'elderly_welfare');
    const { body } = await provide(caseNo, 'old_clinic');
    expect(body.submissionId).toEqual(expect.any(String));
    const worry = await judged();
    const [members] = await taskOf('yamamoto.m', worry.caseNo, 'select_members');
    const office = await desk.as('yamamoto.m');
    await office.put(`/api/tasks/${members!.id}/draft`, { draftVersion: null, answers: { memberGroups: ['agency:old_clinic'] } }).expect(200);
    await keep({ code: 'old_clinic', name: 'むかし医院', canJoinConfidential: 'yes', active: 'no' });

    expect(offered(await formOf('consent'), 'agency')).not.toHaveProperty('old_clinic');
    const refused = await provide(caseNo, 'old_clinic');
    expect([refused.status, refused.body.errors]).toEqual([422, [{ pointer: '/answers/toAgency', detail: '「むかし医院」は、いまは選べません。ほかから選んでください。' }]]);
    // the draft still says who it was, and cannot be sent with it
    const [again] = await taskOf('yamamoto.m', worry.caseNo, 'select_members');
    expect(offered(again!.form.schema, 'memberGroups')['agency:old_clinic']).toBe('むかし医院（いまは選べない）');
    const drafted = await desk.tries('yamamoto.m', worry.caseNo, 'select_members', { memberGroups: [elderly, 'agency:old_clinic'] });
    expect([drafted.status, drafted.body.errors]).toEqual([422, [{ pointer: '/answers/memberGroups', detail: '「むかし医院」は、いまは選べません。ほかから選んでください。' }]]);

    const old = (await (await desk.as('mori.d')).get(`/api/records/${body.submissionId}`).expect(200)).body;
    expect([old.answers.toAgency, old.names['/toAgency']]).toEqual(['old_clinic', 'むかし医院']);
    expect(offered(await formOf('consent_withdrawal'), 'withdrawnAgencies')['old_clinic']).toBe('むかし医院（いまは活動していない）');
    const withdrawn = await files(caseNo, 'consent_withdrawal', { withdrawnScope: 'part', withdrawnAgencies: ['old_clinic'], withdrawnItems: [], withdrawnTypes: [] });
    expect([withdrawn.status, withdrawn.body.errors]).toEqual([201, undefined]);
    await desk.does('mori.d', caseNo, 'record_withdrawal');
    await desk.does('sato.h', caseNo, 'confirm_stop');
    expect((await taskOf('sato.h', caseNo, 'notify_recipient')).map(({ carried }) => carried['recipient'])).toEqual(['むかし医院']);
  });

  test('where the case came in, and where somebody works, is no choice: it stands also when the agency takes in no more', async () => {
    const mori = await desk.as('mori.d');
    const { body } = await mori.post('/api/cases', { field: 'elder' }).expect(201);
    await desk.sql(`update agency set can_intake = false where code = 'chiiki_houkatsu'`);
    try {
      const refused = await desk.tries('mori.d', body.caseNo, 'receive_consultation', { receivedAgency: 'elderly_welfare' });
      expect([refused.status, refused.body.errors]).toEqual([422, [{ pointer: '/answers/receivedAgency', detail: '「高齢福祉課」は、いまは選べません。ほかから選んでください。' }]]);
      await desk.does('mori.d', body.caseNo, 'receive_consultation', { receivedAgency: 'chiiki_houkatsu' });
    } finally {
      await desk.sql(`update agency set can_intake = true where code = 'chiiki_houkatsu'`);
    }
  });
});

/** A case with a note of 地域包括支援センター. */
async function noted(): Promise<{ caseNo: string }> {
  const { body } = await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201);
  const note = await files(body.caseNo, 'case_note', {});
  expect([note.status, note.body.errors]).toEqual([201, undefined]);
  return { caseNo: body.caseNo };
}
