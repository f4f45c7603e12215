// The office in which the stories happen: the real application at two instances, staff who sign in, days that go by. A household
// is told of step by step; what a story does not say is answered as the sample beside the form.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Response } from 'supertest';
import type { Json } from '../../src/engine/model.js';
import type { Answers } from '../../src/services/samples.js';
import type { Chance } from '../../src/services/town/random.js';
import { tellOf, type Situation } from '../../src/services/town/situations.js';
import { root } from '../house/source.js';
import { day, openDesk, type Desk } from '../http/desk.js';
import { sampleOf, untilThen } from '../support/answers.js';
import { planDaysFrom } from '../support/plan-days.js';
import { dayAfter, goOn } from './pace.js';
import { inWords, openPage, type Page } from './page.js';

const section = (agency: string): string => `grp.sectionLead.${agency}`;
/** Who speaks for an agency. */
const speakers: Readonly<Record<string, string>> = {
  elderly_welfare: 'ishikawa.r', self_reliance: 'fukuda.r', school_education: 'aoki.w', child_family_centre: 'kondo.a',
  chiiki_houkatsu: 'hashimoto.k', commissioners: 'takeuchi.s',
};
/** Everybody who might look: coordinators, the chair, the meeting's office, agencies, outreach, participation; an auditor, an administrator. */
const cast = ['mori.d', 'hashimoto.k', 'sato.h', 'yamaguchi.n', 'nakamura.m', 'yamamoto.m', 'ishikawa.r', 'fukuda.r', 'aoki.w', 'kondo.a', 'takeuchi.s', 'hayashi.m', 'inoue.t', 'okamoto.s', 'kato.m', 'watanabe.g', 'kimura.s'];
const pages = ['chronology', 'consents', 'disclosures', 'disclosure-requests', 'plans', 'roles', 'decisions', 'evaluations', 'emergencies', 'exits', 'flags', 'outreach', 'participation'];

export const groupOf = section;

/** What a case writes of itself, step after step, as 支援経過 calls it. */
export const told = {
  referred: ['緊急性の判定', 'インテーク・アセスメントシート（スクリーニング）', '支援経過記録シート', '多機関協働へのつなぎ', '多機関協働へのつなぎへの回答', '担当コーディネーターの決定', '対象決定'],
  assessed: ['関係機関への情報提供依頼', 'インテーク・アセスメントシート（関係機関からの回答）', 'インテーク・アセスメントシート'],
  planned: ['多機関協働 プラン兼事業利用申込書', 'プランの説明と本人の署名（利用申込）'],
  met: ['日程・構成員の調整', '開催通知', '出欠・資料の確認', '会議の開催と判断', '会議録', '会議録の確認・確定', '決定事項と役割分担', '資料回収の確認', '決定事項の実施報告'],
  decided: ['支援決定', '決定の共有（本人への交付）', '主担当の確定と着手の報告'],
  monitored: ['支援状況の報告（機関ごと）', '評価シート（モニタリング）'],
  evaluated: ['本人の意向', '評価（機関ごと）', '評価シート（会議に諮る）'],
  closed: ['引継書', '本人への終結の説明', '地域課題の抽出', '地域課題の確認（匿名化）', '終結の決定', 'closed'],
} as const;

export interface Household {
  caseNo: string;
  caseId: string;
  /** Somebody does a step of the case; the answers say what matters. */
  does(login: string, step: string, said?: Answers): Promise<void>;
  /** The speaker of each agency does it. */
  eachDoes(agencies: readonly string[], step: string, said?: Answers): Promise<void>;
  /** Somebody tries what the office forbids: the status and the code of the refusal. */
  mayNot(login: string, step: string, said?: Answers): Promise<[number, string]>;
  files(login: string, formKey: string, said?: Answers): Promise<Response>;
  /** A page of the case as that person sees it; it must open. */
  reads<T = Record<string, never>>(login: string, page: string): Promise<T>;
  /** Everything that somebody reads in the sheets of the case, as one text. */
  sheets(login: string): Promise<string>;
  /** The steps of the case that lie with somebody, sorted. */
  inbox(login: string): Promise<string[]>;
  /** The steps of the case that lie with others, are late, and have come up to somebody, sorted. */
  risen(login: string): Promise<string[]>;
  /** Logins of the cast who may read what is written of the household, sorted. For all others every page is 404. */
  readers(): Promise<string[]>;
  /** From the window to the coordinator: not urgent, screened, talked over, referred, accepted, and found eligible by the chair. */
  /** @param referral the slip; where nothing is said it tells no more than who it is and why, as far as these families agreed at the desk */
  comesToCoordinator(taker: string, sectionLead: string, referral?: Answers): Promise<void>;
  /** What the agencies know, and the assessment of the whole household. */
  getsAssessed(agencies: readonly string[], found?: Answers): Promise<void>;
  /** The draft and its explanation. */
  getsPlanned(agencies: readonly string[], lead: string, said?: Answers): Promise<void>;
  /** The city decides; the first agency leads. */
  isDecided(agencies: readonly string[]): Promise<void>;
  /** From the evaluation that was prepared to the city's decision that the case ends; the first agency goes on. */
  isClosed(agencies: readonly string[], said: Answers, before?: { meeting?: () => Promise<void>; decision?: () => Promise<void>; handover?: Answers }): Promise<void>;
  /** Lets the clock run to that clock of the case. `words`: what the page calls it, where the diagram's name says too little. */
  passes(clock: string, words?: string): Promise<void>;
  /** A 重層的支援会議 from its invitation to the papers that come back, and what it has decided is done. */
  confers(agencies: readonly string[], step: 'hold_plan_meeting' | 'hold_closure_meeting', said: Answers, decided?: string): Promise<void>;
  /** A 支援会議 that is arranged and for which everybody has pledged: from the papers to their return, and what it has decided is done. */
  meetsInConfidence(agencies: readonly string[], said: Answers, decided: string): Promise<void>;
  /** 支援経過 as that person reads it, the oldest first: the titles, each once where a sheet was filed several times in a row. */
  chronology(login: string): Promise<string[]>;
  /** The processes that ran for the case, sorted: `meeting ended`. */
  processes(): Promise<string[]>;
  standing(): Promise<{ status: string; closeReason: string | null; incidents: number }>;
}

/** What a story says of its household wherever nobody says otherwise. */
export type Words = Pick<Situation, 'texts' | 'goals' | 'issues' | 'notes'>;

export interface Office {
  desk: Desk;
  /** A paragraph of the page on which this story is written down. */
  tells(text: string): void;
  /** The page must be the one in docs/stories. */
  isWritten(): void;
  /** A consultation or a worry is taken. */
  takes(login: string, said: { field: string; channel?: string; kind?: string; urgent?: boolean }, words: Words): Promise<Household>;
  days(count: number): void;
  /** So many business days go by. */
  workdays(count: number): void;
  /** From now on things are done within minutes, or again at the pace of an office. */
  hurries(on: boolean): void;
  /** The day in Japan: `2026-05-11`. */
  today(): string;
  /** The same day so many business days on, as a form takes it. */
  dayIn(days: number): string;
  /** The papers of the last meeting about a household: `open` with what is in them, or the code of the refusal. */
  papers(login: string, of: Household): Promise<{ are: string; items: string[] | null; text: string }>;
  close(): Promise<void>;
}

interface Member {
  login: string;
  name: string;
  agencyCode: string;
}

const readCity = <T>(name: string): T => JSON.parse(readFileSync(join(root, 'city', name), 'utf8')) as T;
const staff = new Map(readCity<{ people: Member[] }>('people.json').people.map((one) => [one.login, one]));
const agencies = new Map(readCity<{ agencies: { code: string; name: string }[] }>('agencies.json').agencies.map(({ code, name }) => [code, name]));

function nameOf(login: string): string {
  const one = staff.get(login)!;
  return `**${one.name}**（${agencies.get(one.agencyCode)}）`;
}

/** Nothing here is left to chance: of what was noted, the first. */
const first: Chance = { next: () => 0, below: () => 0, pick: (of) => of[0]!, likely: () => false };

function retoldBy(words: Words): (sample: Answers) => Answers {
  const situation: Situation = { title: '', field: '', sex: 'female', born: '', householdType: '', worries: [], mainWorry: '', members: [], ...words };
  const keep = ['household', 'householdMembers', 'worries', 'sex', 'birthDate', 'householdType', 'mainWorry', 'cohabit', 'cohabitCount', 'apartFamily', 'familyTimeline'];
  return (sample) => Object.fromEntries(Object.entries(tellOf(sample, { situation, household: [], chance: first, years: 0 })).filter(([key]) => !keep.includes(key)));
}

/** Writes down what happens at the desk. */
function writeDown(desk: Desk, page: Page): void {
  desk.hear(({ login, title, schema, said, refused }) => {
    const line = login === null ? `（${title}）` : `${nameOf(login)}が「${title}」${refused === null ? '' : `をしようとしたが、できない。${refused}`}`;
    page.did(desk.now(), line, schema === null ? [] : inWords(schema, said));
  });
}

/** At what pace the office works. */
interface Pace {
  hurried: boolean;
}

/** @param morning when the first story begins @param of the page: its name in docs/stories, and what the story is called */
export async function openOffice(morning: string, of: { page: string; title: string }): Promise<Office> {
  const desk = await openDesk(new Date(morning));
  const page = openPage(of.page, of.title);
  writeDown(desk, page);
  const pace: Pace = { hurried: false };
  return {
    desk,
    tells: (text) => page.tells(text),
    isWritten: () => page.isKept(),
    async papers(login, { caseId }) {
      const [meeting] = await desk.sql<{ id: string }>(`select t.id from meeting t join meeting_case m on m.meeting_id = t.id where m.case_id = $1 order by t.opened_at desc limit 1`, [caseId]);
      const { status, body } = await (await desk.as(login)).get(`/api/meetings/${meeting!.id}/dossier`);
      return { are: status === 200 ? 'open' : String(body.type).split('/').at(-1)!, items: body.items ?? null, text: JSON.stringify(body) };
    },
    today: () => new Date(desk.now().getTime() + 9 * 3_600_000).toISOString().slice(0, 10),
    dayIn: (days) => dayAfter(desk.now(), days),
    workdays: (count) => desk.later(new Date(`${dayAfter(desk.now(), count)}T09:00:00+09:00`).getTime() - desk.now().getTime()),
    hurries: (on) => void (pace.hurried = on),
    days: (count) => desk.later(count * day),
    close: () => desk.close(),
    async takes(login, said, words) {
      const { body } = await (await desk.as(login)).post('/api/cases', said).expect(201);
      page.did(desk.now(), `${nameOf(login)}が${said.kind === 'worry' ? '心配の声' : '相談'}を受ける（${String(body.caseNo)}）`);
      desk.retell(body.caseNo as string, retoldBy(words));
      return openHousehold({ desk, page, pace, words }, body as { caseNo: string; caseId: string });
    },
  };
}

interface Event {
  on: string;
  time: string | null;
  title: string | null;
  what: string | null;
}

type Acting = Pick<Household, 'does' | 'eachDoes' | 'passes'>;
type Ways = Pick<Household, 'comesToCoordinator' | 'getsAssessed' | 'getsPlanned' | 'isDecided' | 'isClosed' | 'confers' | 'meetsInConfidence'>;

/** The ways that many households go. */
function waysOf(desk: Desk, { does, eachDoes, passes }: Acting, { issues }: Words): Ways {
  const decides = async (login: string, agency: string, task: string): Promise<void> => {
    await does(login, 'assign_decisions', { decisionGroups: [section(agency)], roleSplit: [{ group: section(agency), task, dueOn: dayAfter(desk.now(), 10) }] });
  };
  const confers: Household['confers'] = async (agencies, step, said, decided = step === 'hold_plan_meeting' ? '会議の結果を本人に伝え、次に会う日を決める' : '困ったときの連絡先を書いたものを本人に渡す') => {
    await does('yamamoto.m', 'arrange_meeting', { kind: 'conference', memberGroups: agencies.map(section), meetingAt: `${dayAfter(desk.now(), 8)}T14:00+09:00` });
    await does('yamamoto.m', 'prepare_materials');
    await eachDoes(agencies, 'confirm_attendance');
    await passes('meeting_day');
    await does('sato.h', step, said);
    await does('yamamoto.m', 'draft_minutes');
    await does('yamamoto.m', 'confirm_minutes');
    await decides('sato.h', agencies[0]!, decided);
    await does('sato.h', 'collect_handouts');
    await eachDoes(agencies.slice(0, 1), 'carry_out_decision');
  };
  return {
    confers,
    async comesToCoordinator(taker, sectionLead, referral = { receivingGroups: ['grp.coordinator.city'], alreadyDone: '', attached: ['F01'] }) {
      await does(taker, 'assess_urgency', { urgency: 'none' });
      await does(taker, 'screen_consultation', { screeningResult: 'coordinate', household: [], issueOwner: [] });
      await does(sectionLead, 'consult_section_lead', { singleAgency: 'no', noteAt: dayAfter(desk.now(), 1), noteTime: '09:00', nextActionDue: dayAfter(desk.now(), 2) });
      await does(taker, 'refer_to_coordination', referral);
      await does('sato.h', 'answer_referral', { referralDecision: 'accept' });
      await does('sato.h', 'assign_coordinator', { coordinatorGroup: 'grp.coordinator.city' });
      await does('nakamura.m', 'decide_eligibility', { eligibility: 'eligible' });
    },
    async getsAssessed(agencies, found = {}) {
      await does('sato.h', 'request_information', { informationGroups: agencies.map(section) });
      await eachDoes(agencies, 'provide_information', { issueOwner: [] });
      await does('sato.h', 'organise_assessment', { household: [], issueOwner: [], ...found });
    },
    async getsPlanned(agencies, lead, said = {}) {
      const roles = agencies.map((agency, at) => ({ agency: section(agency), issue: issues[at]?.[0] ?? '暮らしの支え', what: issues[at]?.[2] ?? '月1回の面談と連絡', frequency: '月1回', status: 'planned' }));
      await does('sato.h', 'draft_plan', { planKind: 'initial', useOutreach: 'no', useParticipation: 'no', leadGroup: section(lead), roleGroups: agencies.map(section), roles, monitorEvery: 'P3M', ...planDaysFrom(desk.now()), ...said });
      await does('sato.h', 'explain_plan');
    },
    async isDecided(agencies) {
      await does('nakamura.m', 'decide_support', { supportDecision: 'decided' });
      await does('sato.h', 'share_decision');
      await eachDoes(agencies, 'start_role');
    },
    async isClosed(agencies, said, before = {}) {
      await eachDoes(agencies.slice(0, 1), 'confirm_wishes');
      await eachDoes(agencies, 'collect_evaluations');
      await does('sato.h', 'write_evaluation', { closureReason: said['closureReason']!, leadAfter: section(agencies[0]!) });
      await before.meeting?.();
      await confers(agencies, 'hold_closure_meeting', { meetingResult: 'close' });
      await eachDoes(agencies.slice(0, 1), 'hand_over_to_lead', before.handover ?? { toGroup: section(agencies[0]!) });
      await eachDoes(agencies.slice(0, 1), 'explain_closure');
      await does('sato.h', 'extract_community_issue');
      await does('nakamura.m', 'review_community_issue');
      await before.decision?.();
      await does('nakamura.m', 'decide_closure', { leadAfter: section(agencies[0]!), ...said });
    },
    async meetsInConfidence(agencies, said, decided) {
      await does('yamamoto.m', 'prepare_materials');
      await eachDoes(agencies, 'confirm_attendance');
      await passes('meeting_day');
      await does('yamamoto.m', 'hold_confidential_meeting', said);
      for (const step of ['draft_minutes', 'confirm_minutes']) await does('yamamoto.m', step);
      await decides('yamamoto.m', agencies[0]!, decided);
      await does('yamamoto.m', 'collect_handouts');
      await eachDoes(agencies.slice(0, 1), 'carry_out_decision');
    },
  };
}

/** How it stands with a case: what lies with whom, what ran, what became of it. */
function standingOf(desk: Desk, caseNo: string): Pick<Household, 'inbox' | 'risen' | 'processes' | 'standing'> {
  const steps = async (login: string, view: string): Promise<string[]> => {
    const { body } = await (await desk.as(login)).get(`/api/tasks?view=${view}&case=${caseNo}`).expect(200);
    return (body.tasks as { elementId: string }[]).map(({ elementId }) => elementId).sort();
  };
  return {
    inbox: (login) => steps(login, 'all'),
    risen: (login) => steps(login, 'escalated'),
    async processes() {
      const ran = await desk.sql<{ line: string }>(`select d.key || ' ' || i.status as line from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 order by 1`, [caseNo]);
      return ran.map(({ line }) => line);
    },
    async standing() {
      const [found] = await desk.sql<{ status: string; closeReason: string | null; incidents: number }>(
        `select status, close_reason as "closeReason", (select count(*)::int from incident where resolved_at is null) as incidents from support_case where case_no = $1`, [caseNo]);
      return found!;
    },
  };
}

interface Telling {
  desk: Desk;
  page: Page;
  pace: Pace;
  words: Words;
}

function openHousehold({ desk, page, pace, words }: Telling, { caseNo, caseId }: { caseNo: string; caseId: string }): Household {
  const ask = async (login: string, path: string): Promise<Response> => (await desk.as(login)).get(`/api/cases/${caseNo}/${path}`);
  const does: Household['does'] = async (login, step, said) => {
    desk.later(goOn(desk.now(), step, pace.hurried));
    await desk.does(login, caseNo, step, said);
  };
  const eachDoes: Household['eachDoes'] = async (agencies, step, said) => {
    for (const agency of agencies) await does(speakers[agency]!, step, said);
  };
  const reads = async <T>(login: string, page: string): Promise<T> => {
    const { status, body } = await ask(login, page);
    expect([login, page, status]).toEqual([login, page, 200]);
    return body as T;
  };
  const acting = { does, eachDoes, passes: (clock: string, called?: string) => desk.passes(caseNo, clock, called) };
  return {
    caseNo, caseId, reads, ...acting, ...waysOf(desk, acting, words), ...standingOf(desk, caseNo),
    async mayNot(login, step, said) {
      const { status, body } = await desk.tries(login, caseNo, step, said);
      return [status, String(body.type ?? '').split('/').at(-1)!];
    },
    async files(login, formKey, said = {}) {
      desk.later(goOn(desk.now(), formKey, pace.hurried));
      const client = await desk.as(login);
      const { body: form } = await client.get(`/api/forms/${formKey}`).expect(200);
      const { title } = ((await client.get('/api/forms').expect(200)).body.forms as { key: string; title: string }[]).find(({ key }) => key === formKey)!;
      const answer = await client.post(`/api/cases/${caseNo}/records`, { formKey, answers: { ...untilThen(form.schema as Json, sampleOf('anytime', formKey), desk.now(), said), ...said } });
      page.did(desk.now(), `${nameOf(login)}が「${title}」を出す${answer.status === 201 ? '' : `が、受け付けられない: ${String(answer.body.detail)}`}`, inWords(form.schema as Json, said));
      return answer;
    },
    async sheets(login) {
      const client = await desk.as(login);
      const { records } = await reads<{ records: { id: string }[] }>(login, 'records');
      const opened = await Promise.all(records.map(({ id }) => client.get(`/api/records/${id}`).expect(200)));
      return JSON.stringify(opened.map(({ body }) => body));
    },
    async readers() {
      const found: string[] = [];
      for (const login of cast) {
        if ((await ask(login, 'records')).status === 200) found.push(login);
        else for (const page of pages) expect([login, page, (await ask(login, page)).status]).toEqual([login, page, 404]);
      }
      return found.sort();
    },
    async chronology(login) {
      const { events } = await reads<{ events: Event[] }>(login, 'chronology?limit=100');
      const inOrder = events.toReversed();
      const moments = inOrder.map(({ on, time }) => `${on} ${time ?? ''}`);
      expect(moments).toEqual(moments.toSorted());
      const titles = inOrder.map(({ title, what }) => title ?? what ?? '');
      return titles.filter((title, at) => title !== titles[at - 1]);
    },
  };
}
