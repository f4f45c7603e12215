// How the households of the town differ: by which route they go, and how their sample answers are changed so that each is another
// family. Every answer stays one that its form takes: what does not fit is left as the sample has it.
import type { Json } from '../../base/json.js';
import { carriedFields, validateAnswers } from '../../engine/forms.js';
import { columnsOf, putAnswer, type Column } from '../../engine/forms/sheet.js';
import { dropHidden, type Answers } from '../samples.js';
import { families, givenNames, type Named } from './names.js';
import type { Chance } from './random.js';
import { membersIn, nameFor, tellOf, type Situation } from './situations.js';

const dayMs = 86_400_000;
const jstMs = 9 * 3_600_000;

/** What is answered otherwise than in the sample, by step; several for one step: one after the other, each time that it comes. */
export type Route = Readonly<Record<string, Answers | readonly Answers[]>>;

const way = { assess_urgency: { urgency: 'none' }, screen_consultation: { screeningResult: 'coordinate' }, plan_approach: { nextContactOn: '+7d', reviewOn: '+28d' } };
const onward: Route = { ...way, consult_section_lead: { singleAgency: 'no' }, answer_referral: { referralDecision: 'accept' }, decide_eligibility: { eligibility: 'eligible' } };
/** Taken in without a consent. */
const slip = { consent: 'without_consent', legalBasis: '69-2-4', legalReason: '食事や受診が途切れており、待つあいだに命にかかわるおそれがある。' };
const without: Route = { receive_consultation: { variant: 'no_consent' }, refer_to_coordination: slip, refer_to_agency: slip, gather_information: { startBasis: 'confidential' } };
/** A plan that is looked at each month. */
const soon = { monitorEvery: 'P1M', useParticipation: 'no', useOutreach: 'no' };
const notYet = { approachResult: 'not_yet' };
const unanswered = { attemptResult: 'no_answer', attemptNext: 'continue', content: '戸口に手紙を置いた。返事はないが、前の手紙はなくなっていた。', nextAction: '同じ曜日に手紙を届ける', nextActionDue: '+28d' };
const lost = { exitKind: 'lost_contact', detail: '約束の日に現れず、電話もつながらない。訪ねたが、郵便受けにちらしがたまっていた。' };
const moved = '親族のいる隣の市へ転居すると、本人から電話があった。引っ越しの荷造りを始めている。';
const consented: Route = { ...onward, check_consent: { consentState: 'full' }, assess_urgency: { urgency: 'none' } };

const postponed = { meetingResult: 'postponed', postponeReason: '出席する機関に本人の同意が及んでいないため、本人に確かめてから開き直す。' };
/** What is answered instead where there is no consent for what was meant. */
export const instead: Readonly<Record<string, Answers>> = { hold_plan_meeting: postponed, hold_closure_meeting: postponed };

/** The slips of the samples ask 生活困窮者自立支援機関 about money; whoever is that agency asks 社会福祉協議会. */
const toShakyo = { receivingGroup: 'grp.sectionLead.shakyo', reason: '生活福祉資金の貸付と、地域での見守りについて相談したい。' };
export const saidInField = (field: string, key: string): Answers | undefined => (field === 'needy' && key === 'referral' ? toShakyo : undefined);

/** What is said with the days in it that lie ahead: `+150d`. */
export const onDays = (said: Answers, now: Date): Answers =>
  Object.fromEntries(Object.entries(said).map(([key, value]) => {
    const [, days] = typeof value === 'string' ? (/^\+(\d+)d$/.exec(value) ?? []) : [];
    return [key, days === undefined ? value : new Date((Math.floor((now.getTime() + jstMs) / dayMs) + Number(days)) * dayMs).toISOString().slice(0, 10)];
  }));

export interface TownRoute {
  name: string;
  /** Reported by somebody else. */
  worry?: boolean;
  /** Needs months to come to its end. */
  long?: boolean;
  /** By step, and by the key of what is filed. */
  route: Route;
  files?: readonly string[];
  /** What is filed a day after a step. */
  after?: Readonly<Record<string, string>>;
}

/** Every way that a household can go, in the share in which it is repeated here. */
export const routes: readonly TownRoute[] = [
  { name: 'closing', long: true, route: { ...consented, draft_plan: soon, monitor_progress: { monitoringResult: 'closing' } }, files: ['flag', 'raise_community_issue'] },
  { name: 'replanned', long: true, route: { ...consented, draft_plan: soon, monitor_progress: [{ monitoringResult: 'major_change' }, { monitoringResult: 'on_track' }] }, files: ['referral'] },
  { name: 'participation', long: true, route: { ...consented, draft_plan: { ...soon, useParticipation: 'yes' } }, files: ['@attach'] },
  { name: 'consented', route: { ...consented, monitor_progress: [{ monitoringResult: 'on_track' }, { monitoringResult: 'minor_change' }, { monitoringResult: 'closing' }] }, files: ['@pause'] },
  { name: 'developed', long: true, route: { ...consented, draft_plan: { ...soon, useParticipation: 'yes' }, search_resources: [{ resourceFound: 'none' }, { resourceFound: 'found' }] } },
  { name: 'outreach', route: { ...consented, draft_plan: { useParticipation: 'no', useOutreach: 'yes' } }, files: ['@attach'] },
  { name: 'refused', route: { ...onward, ...without, check_consent: { consentState: 'refused' }, judge_applicability: { applicability: 'applicable', urgency: 'none' } } },
  { name: 'refused', route: { ...onward, ...without, check_consent: { consentState: 'unknown' }, judge_applicability: { applicability: 'applicable', urgency: 'none' }, record_approach: [notYet, {}], obtain_consent: [{ outreachConsent: 'not_yet' }, {}] } },
  { name: 'watched', long: true, route: { ...onward, ...without, check_consent: { consentState: 'refused' }, judge_applicability: { applicability: 'applicable', urgency: 'none' }, record_approach: notYet, carry_out_visit: unanswered, obtain_consent: { outreachConsent: 'not_yet' }, review_continuation: { reviewResult: 'watch_only' } } },
  { name: 'alone', route: { ...way, consult_section_lead: { singleAgency: 'yes' } }, after: { screen_consultation: 'consent', consult_section_lead: 'referral' } },
  { name: 'informed', route: { ...way, screen_consultation: { screeningResult: 'inform' } } },
  { name: 'referred', route: { ...way, screen_consultation: { screeningResult: 'refer' } } },
  { name: 'returned', route: { ...onward, decide_eligibility: { eligibility: 'not_eligible' } } },
  { name: 'emergency', route: { ...consented, assess_urgency: { urgency: 'urgent' }, arrange_meeting: [{ kind: 'confidential', legalBasis: '106-6', consentMissing: ['no_time'] }, {}] }, files: ['emergency', 'flag'] },
  { name: 'withdrawn', route: consented, files: ['consent_withdrawal'] },
  { name: 'left', route: { ...consented, exit_notice: { exitKind: 'moved', detail: moved }, register_exit: { exitKind: 'moved', detail: moved, householdNow: '世帯の全員で移る。市内に残る者はいない。' } }, files: ['exit_notice'] },
  { name: 'lost', long: true, route: { ...consented, draft_plan: soon, exit_notice: { ...lost, howKnown: 'agency' }, register_exit: lost, confirm_whereabouts: { whereabouts: 'not_found', result: '電話も訪問もつながらない。大家も行き先を聞いていない。' }, hold_closure_meeting: { meetingResult: 'interrupt' } }, files: ['exit_notice'] },
  { name: 'held', route: { ...consented, exit_notice: { exitKind: 'hold', resumeOn: '+150d', holdReason: 'treatment', howKnown: 'family', detail: '本人が入院した。退院して落ち着くまで、家族が待ってほしいと話す。' } }, files: ['exit_notice'] },
  { name: 'worry', worry: true, route: { gather_information: { startBasis: 'confidential' }, assess_urgency: { urgency: 'none' }, judge_applicability: { applicability: 'applicable', urgency: 'none' } } },
];

/** The last to come: they are being received (受付中), and it is urgent. */
export const arriving: TownRoute = { name: 'arriving', route: { ...way, assess_urgency: { urgency: 'urgent' } } };

export interface Family {
  family: Named;
  given: Named;
  /** Years by which they are younger or older than those of the sample. */
  years: number;
  block: string;
  phone: string;
  /** null: they are told as the samples have it. */
  situation: Situation | null;
  household: Answers[];
}

export function openFamily(chance: Chance, situation: Situation | null = null): Family {
  const digits = (n: number): string => Array.from({ length: n }, () => chance.below(10)).join('');
  const years = chance.below(7) - 3;
  const family = chance.pick(families);
  const given = situation === null ? chance.pick(givenNames.female.old) : nameFor(situation, chance);
  return { family, given, years, block: `${chance.below(30) + 1}-${chance.below(20) + 1}`, phone: digits(4), situation, household: situation === null ? [] : membersIn(situation, family, years, chance) };
}

/** A sample as this family tells it. Whether they are registered already is said when it is asked. */
export const asTold = (sample: Answers, { situation, household, years }: Family, chance: Chance): Answers => unasked(situation === null ? sample : tellOf(sample, { situation, household, years, chance })) as Answers;

function unasked(value: Json): Json {
  if (Array.isArray(value)) return value.map(unasked);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (key === 'duplicateChecked' ? [] : [[key, unasked(inner)]])));
}

const split = (value: Json | undefined): string[] => (typeof value === 'string' ? value.trim().split(/[\s　]+/) : []);

/** Changes what names the sample's family wherever it stands, in any form: the intake sheet says who that is. */
export function renamer(sample: Answers, { family, given, years, block, phone, situation }: Family): (text: string, key: string) => string {
  const [sampleFamily, sampleGiven] = split(sample['name']);
  const [kanaFamily, kanaGiven] = split(sample['kana']);
  const swaps: [string, string][] = [];
  for (const [from, to] of [[sampleFamily, family.name], [sampleGiven, given.name], [kanaFamily, family.kana], [kanaGiven, given.kana]] as const) if (from && from.length > 1) swaps.push([from, to]);
  return (text, key) => {
    let changed = text;
    for (const [from, to] of swaps) changed = changed.replaceAll(from, to);
    if (/address/i.test(key)) changed = changed.replace(/\d+-\d+(-\d+)?(?!\d)/, block);
    if (/phone|mobile|tel/i.test(key)) changed = changed.replace(/\d{4}$/, phone);
    if (/birth/i.test(key) && situation === null) changed = changed.replace(/(昭和|平成)(\d+)年/, (all, era: string, year: string) => (inEra(era, Number(year) + years) ? `${era}${Number(year) + years}年` : all)).replace(/^(19[2-9]\d)/, (year) => String(Number(year) + years));
    return changed;
  };
}

const inEra = (era: string, year: number): boolean => (era === '昭和' ? year >= 2 && year <= 63 : year >= 2 && year <= 30);

function renamed(value: Json, key: string, rename: (text: string, key: string) => string): Json {
  if (typeof value === 'string') return rename(value, key);
  if (Array.isArray(value)) return value.map((one) => renamed(one, key, rename));
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, renamed(inner, name, rename)]));
  return value;
}

export interface Asking {
  schema: Json;
  sample: Answers;
  /** The sample as the family tells it. */
  told?: Answers;
  said: Answers;
  carried: Record<string, Json>;
  rename(text: string, key: string): string;
  now: Date;
}

const dayNumber = (day: string): number => Math.floor(Date.parse(`${day}T00:00:00Z`) / dayMs);
/** What says when something was done, heard, told, or goes on from the day on which it is written: never what is still to come. */
const wasDone = /^((received|note|sent|explained|requested|created|heard|reported|evaluated|decided|held|found|occurred|signed|disclosed|verified|ended|withdrawn|confirmed|notified|replied|approached|judged|told|tried|called|checked|done|noticed|result|started|stable|changed|copyGiven|handed|reviewed|approved|consent|died|nextContact)(At|On)|screeningDate)$/;
/** The samples speak of these days as of now where they say no day of their own; or, where a form takes no day that lies ahead, of the later one. */
const samplesAt = [dayNumber('2026-11-24'), dayNumber('2026-12-31')];

/** The day on which a sample was filled in, by what it says was done; and the next one, where the hour of that day has not come yet. */
function daysOfItsOwn(sample: Answers): number[] {
  const days: number[] = [];
  const look = (value: Json, key: string): void => {
    if (typeof value === 'string' && wasDone.test(key)) days.push(...dayIn(value).map(dayNumber));
    else if (Array.isArray(value)) for (const one of value) look(one, key);
    else if (value !== null && typeof value === 'object') for (const [name, inner] of Object.entries(value)) look(inner, name);
  };
  look(sample, '');
  const last = days.reduce((latest, day) => Math.max(latest, day), 0);
  return last === 0 ? [] : [last, last + 1];
}

/** The day that a text says; none where it says none. */
function dayIn(text: string): string[] {
  const [, year, month, day] = /^(?:令和|R)(\d+)[年.](\d+)[月.](\d+)日?$/.exec(text) ?? [];
  if (year !== undefined) return [`${2018 + Number(year)}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`];
  return /^20\d\d-\d\d-\d\d(T|$)/.test(text) ? [text.slice(0, 10)] : [];
}

/** Moves the days of a sample to where they lie as seen from `now`. Birth dates are nobody's to move. */
const shifter = (days: number) => (text: string, key: string): string => {
  const [day] = /birth/i.test(key) ? [] : dayIn(text);
  if (day === undefined) return text;
  const moved = new Date((dayNumber(day) + days) * dayMs).toISOString().slice(0, 10);
  return text.startsWith(day) ? `${moved}${text.slice(10)}` : moved;
};

/** Answers that the form takes, each once, the best first: the family's own on its route, the sample's on its route, the sample's. */
export function* fittingAnswers(asking: Asking): Generator<Answers, void> {
  const { schema, carried } = asking;
  const seen = new Set<string>();
  for (const tried of triedAnswers(asking)) {
    const answers = dropHidden(schema, tried);
    const text = JSON.stringify(answers);
    if (seen.has(text)) continue;
    seen.add(text);
    if (validateAnswers(schema, answers, carried).errors.length === 0) yield answers;
  }
}

/** One after the other, because to check them takes long and the first mostly fits. */
function* triedAnswers({ schema, sample, told = sample, said, carried, rename, now }: Asking): Generator<Answers, void> {
  const at = now.toISOString();
  const facts = factsIn(schema, sample, carried);
  const today = Math.floor((now.getTime() + jstMs) / dayMs);
  for (const seenFrom of [...daysOfItsOwn(sample), ...samplesAt]) {
    const move = shifter(today - seenFrom);
    const theirs = { ...(renamed(renamed(told, '', move), '', rename) as Answers), ...facts, ...said };
    yield theirs;
    yield fill(schema, theirs, carried, at);
    const moved = { ...(renamed(sample, '', move) as Answers), ...facts };
    const own = { ...(renamed(moved, '', rename) as Answers), ...facts };
    yield { ...own, ...said };
    yield fill(schema, { ...own, ...said }, carried, at);
    yield { ...moved, ...said };
    yield own;
    yield fill(schema, moved, carried, at);
  }
}

/** What the case and its process know already stands in the form when it is opened, and nobody writes the sample's over it. */
function factsIn(schema: Json, sample: Answers, carried: Record<string, Json>): Answers {
  const known = carriedFields(schema).filter(({ at, from }) => sample[at] !== undefined && carried[at] !== undefined && from.some(({ record }) => record === 'case' || record === 'process'));
  return Object.fromEntries(known.map(({ at }) => [at, carried[at]!]));
}

/** The same answers with each other choice in the fields that a rule of the office has refused, and, where it was `asked`, what that choice asks for. */
export function otherChoices(schema: Json, answers: Answers, pointers: readonly string[], asked?: Pick<Asking, 'carried' | 'now'>): Answers[] {
  return columnsOf(schema).flatMap(({ path, component }) => {
    if (!pointers.includes(`/answers/${path.join('/')}`) || (component.type !== 'select' && component.type !== 'radio')) return [];
    return (component.values ?? []).map(({ value }) => {
      const other = structuredClone(answers);
      putAnswer(other, path, value);
      return dropHidden(schema, asked ? fill(schema, other, asked.carried, asked.now.toISOString()) : other);
    });
  });
}

/** The same answers but for what is `said` instead, and the question whether somebody is registered already, answered where it was asked. */
export function otherwise({ schema, carried, now }: Asking, answers: Answers, said: Answers, registered: readonly string[] = []): Answers {
  const other = { ...structuredClone(answers), ...said };
  for (const pointer of registered) putAnswer(other, pointer.split('/').slice(2).map((part) => (/^\d+$/.test(part) ? Number(part) : part)), 'someone_else');
  return dropHidden(schema, fill(schema, dropHidden(schema, other), carried, now.toISOString()));
}

/** Whoever fills in a form stands in it by name (`me.name`). */
export function filledBy(schema: Json, answers: Answers, { name }: { name: string }): Answers {
  if (schema === null) return answers;
  const own = carriedFields(schema).filter(({ at, from }) => typeof answers[at] === 'string' && from.some((source) => source.record === 'me' && source.at === 'name'));
  return { ...answers, ...Object.fromEntries(own.map(({ at }) => [at, name])) };
}

/** What a form asks for and no sample answers: the first choice, the least that will do. */
function fill(schema: Json, given: Answers, carried: Record<string, Json>, at: string): Answers {
  const answers = structuredClone(given);
  const columns = columnsOf(schema);
  for (let round = 0; round < 5; round += 1) {
    const { errors } = validateAnswers(schema, dropHidden(schema, answers), carried);
    for (const { pointer } of errors) {
      const column = columns.find(({ path }) => `/${path.join('/')}` === pointer);
      if (column) putAnswer(answers, column.path, least(column.component, at));
    }
    if (errors.length === 0) break;
  }
  return answers;
}

function least(component: Column['component'], at: string): Json {
  const first = component.values?.[0]?.value ?? null;
  if (component.type === 'checklist' || component.type === 'taglist') return [first];
  if (component.type === 'select' || component.type === 'radio') return first;
  if (component.type === 'checkbox') return true;
  if (component.type === 'number') return component.validate?.min ?? 1;
  if (component.type === 'datetime') return component.subtype === 'time' ? '10:00' : component.subtype === 'date' ? at.slice(0, 10) : at.slice(0, 16);
  if (component.key === 'meetingAt') return at;
  const format = component.properties?.['format'];
  return format === 'date' ? at.slice(0, 10) : format === 'kana' ? 'みほん' : format === 'phone' ? '06-0000-0000' : format === 'postalCode' ? '571-0000' : '（架空の記録）';
}
