// T-P02-06 is asked of several agencies at once, and what they answer comes together in the assessment (T-P02-07): a sign that one of
// them saw stays, whoever answers first; what they contradict one another in is the coordinator's to choose.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAs } from '../../src/base/db.js';
import { carryFor } from '../../src/domain/records/carry.js';
import { carriedFields } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { personByLogin } from '../support/city.js';
import { openDesk, type Desk } from './desk.js';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:15:00+09:00'));
}, 180_000);
afterAll(() => desk.close());

type Answers = Record<string, Json>;
interface Page {
  id: string;
  version: number;
  carried: Answers;
  differing: { at: string; said: { agencyName: string; value: Json; record: string }[] }[];
}

async function page(login: string, caseNo: string, step: string): Promise<Page> {
  const client = await desk.as(login);
  const [task] = (await client.get(`/api/tasks?view=all&case=${caseNo}&elementId=${step}`).expect(200)).body.tasks as { id: string }[];
  return (await client.get(`/api/tasks/${task!.id}`).expect(200)).body as Page;
}

/** These answers and no others: no sample stands behind them. */
async function sends(login: string, caseNo: string, step: string, answers: Answers): Promise<void> {
  const { id, version } = await page(login, caseNo, step);
  const { status, body } = await (await desk.as(login)).post(`/api/tasks/${id}/complete`, { version, answers });
  expect([login, step, status, body.errors ?? null]).toEqual([login, step, 200, null]);
}

const screened = { issues: ['poverty', 'isolation'], issueOwner: [{ issue: 'isolation', whose: 'subject', severity: 'middle', since: '', evidence: '' }], pastConsult: [{ agency: '地域包括支援センター', period: '令和6年頃', content: '介護予防教室' }], housing: 'rented_flat', housingRisk: ['none'], cohabit: 'yes', cohabitCount: 2 };
/** As the screening says it, the form being filled with it. */
const shown = { pastConsult: screened.pastConsult, cohabit: 'yes', cohabitCount: 2 };
const school: Answers = {
  ...shown, youngCarer: true, caredPerson: '弟', issues: ['poverty', 'isolation', 'young_carer'], pastConsult: [...screened.pastConsult, { agency: '第三中学校', period: '令和8年4月', content: '早退が続く' }],
  issueOwner: [{ issue: 'young_carer', whose: 'member', memberName: '豊野 葵', severity: 'high' }], housing: 'public', housingRisk: ['dilapidated'], school: 'lower', income: 50_000, strengths: '数学が好き', benefits: ['none'],
};
const elderly: Answers = {
  ...shown, issues: ['illness', 'dementia'], pastConsult: [...screened.pastConsult, { agency: '高齢福祉課', period: '令和7年', content: '配食の相談' }], issueOwner: [{ issue: 'isolation', whose: 'subject', severity: 'middle' }],
  housing: 'rented_flat', housingRisk: ['none'], dementiaSign: true, careLevel: 'support1', incomeNone: true, strengths: '約束を守る', benefits: ['none'],
};
const answers: Readonly<Record<string, Answers>> = { 'aoki.w': school, 'ishikawa.r': elderly };
const asked = ['grp.sectionLead.school_education', 'grp.sectionLead.elderly_welfare'];

async function untilAsked(said: Answers = {}): Promise<string> {
  const caseNo = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder', channel: 'phone' }).expect(201)).body.caseNo as string;
  await desk.does('mori.d', caseNo, 'receive_consultation', { duplicateChecked: 'someone_else', household: [] });
  await desk.does('mori.d', caseNo, 'assess_urgency', { urgency: 'none' });
  await desk.does('mori.d', caseNo, 'screen_consultation', { ...screened, household: [], screeningResult: 'coordinate' });
  await desk.does('ishikawa.r', caseNo, 'consult_section_lead', { singleAgency: 'no' });
  await desk.does('mori.d', caseNo, 'refer_to_coordination');
  await desk.does('sato.h', caseNo, 'answer_referral');
  await desk.does('sato.h', caseNo, 'assign_coordinator');
  await desk.does('nakamura.m', caseNo, 'decide_eligibility');
  await desk.does('sato.h', caseNo, 'check_consent', said);
  await desk.does('sato.h', caseNo, 'request_information', { informationGroups: asked });
  return caseNo;
}

const sorted = (values: Json): Json[] => (values as Json[]).toSorted();
const rows = (value: Json): string[] => (value as { agency: string }[]).map(({ agency }) => agency);

describe.each([[['aoki.w', 'ishikawa.r']], [['ishikawa.r', 'aoki.w']]])('answered by %p in turn', (order) => {
  let caseNo: string;
  let assessment: Page;
  beforeAll(async () => {
    caseNo = await untilAsked();
    for (const login of order) {
      await sends(login, caseNo, 'provide_information', answers[login]!);
      desk.later(60_000);
    }
    assessment = await page('sato.h', caseNo, 'organise_assessment');
  }, 120_000);

  test('a young carer whom the school sees stays one, with whom they care for, whatever the others leave unticked', () => {
    expect(assessment.carried).toMatchObject({ youngCarer: true, caredPerson: '弟', dementiaSign: true, incomeNone: true });
  });

  test('issues, consultations and rows of all of them, and of the screening, stand together, none twice', () => {
    expect(sorted(assessment.carried['issues']!)).toEqual(['dementia', 'illness', 'isolation', 'poverty', 'young_carer']);
    expect(rows(assessment.carried['pastConsult']!).toSorted()).toEqual(['地域包括支援センター', '第三中学校', '高齢福祉課'].toSorted());
    expect((assessment.carried['issueOwner'] as { issue: string }[]).map(({ issue }) => issue)).toEqual(['isolation', 'young_carer']);
    expect(assessment.carried['benefits']).toEqual(['none']);
  });

  test('what one of them alone says is carried; what they contradict one another in is not, and stands beside it with their names', () => {
    expect(assessment.carried).toMatchObject({ school: 'lower', careLevel: 'support1', cohabit: 'yes', cohabitCount: 2, housingRisk: ['dilapidated'] });
    for (const at of ['housing', 'strengths']) expect(assessment.carried).not.toHaveProperty(at);
    const said = (at: string): string[] => assessment.differing.find((one) => one.at === at)!.said.map(({ agencyName, value }) => `${agencyName} ${JSON.stringify(value)}`).toSorted();
    expect(said('housing')).toEqual(['地域包括支援センター "rented_flat"', '学校教育課 "public"', '高齢福祉課 "rented_flat"'].toSorted());
    expect(said('strengths')).toEqual(['学校教育課 "数学が好き"', '高齢福祉課 "約束を守る"'].toSorted());
    expect(said('housingRisk')).toEqual(['地域包括支援センター ["none"]', '学校教育課 ["dilapidated"]', '高齢福祉課 ["none"]'].toSorted());
  });

  test('what another answer hides is not carried into the hidden field, but is not lost either', () => {
    expect(assessment.carried).not.toHaveProperty('income');
    expect(assessment.differing.find(({ at }) => at === 'income')).toMatchObject({ said: [{ agencyName: '学校教育課', value: 50_000, record: 'F03.part' }] });
    expect(assessment.differing.map(({ at }) => at).toSorted()).toEqual(['housing', 'housingRisk', 'income', 'strengths']);
  });

  test('sent back as it was carried it is taken, and the assessment that is kept has the national items of all of them', async () => {
    await sends('sato.h', caseNo, 'organise_assessment', { ...assessment.carried, housing: 'public', summary: '学校と高齢福祉課とで支える。' });
    const { records } = (await (await desk.as('sato.h')).get(`/api/cases/${caseNo}/records?record=F03`).expect(200)).body as { records: { id: string }[] };
    const kept = (await (await desk.as('sato.h')).get(`/api/records/${records[0]!.id}`).expect(200)).body as { answers: Answers };
    expect(kept.answers).toMatchObject({ youngCarer: true, caredPerson: '弟', housing: 'public', screeningResult: 'coordinate' });
    expect(sorted(kept.answers['issues']!)).toEqual(['dementia', 'illness', 'isolation', 'poverty', 'young_carer']);
  });
});

const schema = JSON.parse(readFileSync('processes/coordination_main/forms/organise_assessment.json', 'utf8')) as Json;

async function carriedFor(login: string, caseNo: string, into = 'F03', form = schema): Promise<Awaited<ReturnType<typeof carryFor>>> {
  const [one] = await desk.sql<{ id: string }>('select id from support_case where case_no = $1', [caseNo]);
  const person = await personByLogin(desk.two.app.database.ownerUrl, login);
  return readAs(desk.two.app.db, person, (tx) => carryFor(tx, desk.two.app.records, one!.id, into, carriedFields(form)));
}

test('what the coordinator took away in the assessment does not come back out of the sheets before it', async () => {
  const caseNo = await untilAsked();
  await sends('aoki.w', caseNo, 'provide_information', school);
  await sends('ishikawa.r', caseNo, 'provide_information', elderly);
  const { carried } = await page('sato.h', caseNo, 'organise_assessment');
  const { caredPerson: _hidden, ...kept } = carried;
  desk.later(60_000);
  await sends('sato.h', caseNo, 'organise_assessment', { ...kept, youngCarer: false, issues: ['dementia'], housing: 'public', strengths: '', summary: '弟の世話は祖母がしていた。' });
  const { answers: next, ofAgencies } = await carriedFor('sato.h', caseNo);
  expect(next).toMatchObject({ issues: ['dementia'], housing: 'public', dementiaSign: true });
  for (const at of ['youngCarer', 'strengths']) expect(next).not.toHaveProperty(at);
  expect(ofAgencies.filter(({ differs }) => differs)).toEqual([]);
}, 120_000);

test('an agency that is asked once more is shown what it answered itself, and nothing of what the others did', async () => {
  const caseNo = await untilAsked();
  await sends('aoki.w', caseNo, 'provide_information', school);
  await sends('ishikawa.r', caseNo, 'provide_information', elderly);
  const part = JSON.parse(readFileSync('processes/coordination_main/forms/provide_information.json', 'utf8')) as Json;
  expect((await carriedFor('aoki.w', caseNo, 'F03.part', part)).answers).toMatchObject({ youngCarer: true, caredPerson: '弟', school: 'lower', issues: school['issues'], housing: 'public', dementiaSign: false });
  const { answers: ofElderly, ofAgencies } = await carriedFor('ishikawa.r', caseNo, 'F03.part', part);
  expect(ofElderly).toMatchObject({ dementiaSign: true, youngCarer: false, housing: 'rented_flat', issues: elderly['issues'] });
  expect(ofAgencies).toEqual([]);
  for (const at of ['caredPerson', 'income', 'school']) expect(ofElderly).not.toHaveProperty(at);
}, 120_000);

test('GUARD whoever may not be told what an agency answered is told neither it nor that it differs', async () => {
  const caseNo = await untilAsked({ scopeItems: ['basic', 'family', 'progress', 'meeting'] });
  await sends('ishikawa.r', caseNo, 'provide_information', elderly);
  await sends('aoki.w', caseNo, 'provide_information', school);
  expect((await carriedFor('sato.h', caseNo)).ofAgencies.map(({ at }) => at)).toEqual(expect.arrayContaining(['housing', 'youngCarer', 'dementiaSign']));
  // neither health nor money was agreed to: of the others' answers nothing of either, in what is carried, in what differs and as a name beside it
  const kept = ['dementiaSign', 'careLevel', 'incomeNone', 'housing', 'housingRisk', 'benefits', 'income'];
  for (const [login, agency] of [['aoki.w', 'school_education'], ['fujita.h', 'disability_consultation']] as const) {
    const { answers: told, ofAgencies } = await carriedFor(login, caseNo);
    for (const at of kept) if (school[at] === undefined || agency !== 'school_education') expect([login, at, told[at]]).toEqual([login, at, undefined]);
    const foreign = ofAgencies.filter(({ at }) => kept.includes(at)).flatMap(({ at, said }) => said.filter(({ agencyCode }) => agencyCode !== agency).map(({ agencyCode }) => `${at} ${agencyCode}`));
    expect([login, foreign]).toEqual([login, []]);
    expect(ofAgencies.filter(({ at, differs }) => differs && kept.includes(at))).toEqual([]);
  }
}, 120_000);
