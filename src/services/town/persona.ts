// How the households of the town differ: by which route they go, and how their sample answers are changed so that each is another
// family. Every answer stays one that its form takes: what does not fit is left as the sample has it.
import type { Json } from '../../base/json.js';
import { validateAnswers } from '../../engine/forms.js';
import { columnsOf, putAnswer, type Column } from '../../engine/forms/sheet.js';
import { dropHidden, type Answers } from '../samples.js';
import { families, givenNames, type Named } from './names.js';
import type { Chance } from './random.js';
import { membersIn, nameFor, tellOf, type Situation } from './situations.js';

/** What is answered otherwise than in the sample, by step; several for one step: one after the other, each time that it comes. */
export type Route = Readonly<Record<string, Answers | readonly Answers[]>>;

const way = { assess_urgency: { urgency: 'none' }, screen_consultation: { screeningResult: 'coordinate' } };
const onward: Route = { ...way, consult_section_lead: { singleAgency: 'no' }, answer_referral: { referralDecision: 'accept' }, decide_eligibility: { eligibility: 'eligible' } };
/** Taken in without a consent. */
const slip = { consent: 'without_consent', legalBasis: '69-2-4', legalReason: '食事や受診が途切れており、待つあいだに命にかかわるおそれがある。' };
const without: Route = { receive_consultation: { variant: 'no_consent' }, refer_to_coordination: slip, refer_to_agency: slip, gather_information: { startBasis: 'confidential' } };
/** A plan that is looked at each month. */
const soon = { monitorEvery: 'P1M', useParticipation: 'no', useOutreach: 'no' };
const consented: Route = { ...onward, check_consent: { consentState: 'full' }, assess_urgency: { urgency: 'none' } };

/** Every way that a household can go, in the share in which it is repeated here. `long`: those that need months to come to their end. */
export const routes: readonly { name: string; worry?: boolean; long?: boolean; route: Route; files?: readonly string[] }[] = [
  { name: 'closing', long: true, route: { ...consented, draft_plan: soon, monitor_progress: { monitoringResult: 'closing' } }, files: ['flag', 'raise_community_issue'] },
  { name: 'replanned', long: true, route: { ...consented, draft_plan: soon, monitor_progress: [{ monitoringResult: 'major_change' }, { monitoringResult: 'on_track' }] }, files: ['referral'] },
  { name: 'participation', long: true, route: { ...consented, draft_plan: { ...soon, useParticipation: 'yes' } }, files: ['@attach'] },
  { name: 'consented', route: { ...consented, monitor_progress: [{ monitoringResult: 'on_track' }, { monitoringResult: 'minor_change' }, { monitoringResult: 'closing' }] }, files: ['@pause'] },
  { name: 'developed', long: true, route: { ...consented, draft_plan: { ...soon, useParticipation: 'yes' }, search_resources: [{ resourceFound: 'none' }, { resourceFound: 'found' }] } },
  { name: 'outreach', route: { ...consented, draft_plan: { useParticipation: 'no', useOutreach: 'yes' } }, files: ['@attach'] },
  { name: 'refused', route: { ...onward, ...without, check_consent: { consentState: 'refused' }, judge_applicability: { applicability: 'applicable', urgency: 'none' } } },
  { name: 'refused', route: { ...onward, ...without, check_consent: { consentState: 'unknown' }, judge_applicability: { applicability: 'applicable', urgency: 'none' } } },
  { name: 'alone', route: { ...way, consult_section_lead: { singleAgency: 'yes' } }, files: ['referral'] },
  { name: 'informed', route: { ...way, screen_consultation: { screeningResult: 'inform' } } },
  { name: 'referred', route: { ...way, screen_consultation: { screeningResult: 'refer' } } },
  { name: 'returned', route: { ...onward, decide_eligibility: { eligibility: 'not_eligible' } } },
  { name: 'emergency', route: { ...consented, assess_urgency: { urgency: 'urgent' }, arrange_meeting: [{ kind: 'confidential', legalBasis: '106-6', consentMissing: ['no_time'] }, {}] }, files: ['emergency', 'flag'] },
  { name: 'withdrawn', route: consented, files: ['consent_withdrawal'] },
  { name: 'left', route: consented, files: ['exit_notice'] },
  { name: 'worry', worry: true, route: { gather_information: { startBasis: 'confidential' }, assess_urgency: { urgency: 'none' }, judge_applicability: { applicability: 'applicable', urgency: 'none' } } },
];

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

/** A sample as this family tells it. */
export const asTold = (sample: Answers, { situation, household, years }: Family, chance: Chance): Answers => (situation === null ? sample : tellOf(sample, { situation, household, years, chance }));

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

const dayMs = 86_400_000;
/** The samples speak of these days as of now; or, where a form takes no day that lies ahead, of the later one. */
const samplesAt = [Date.parse('2026-11-24T00:00:00Z'), Date.parse('2026-12-31T00:00:00Z')];

/** Moves the days of a sample to where they lie as seen from `now`. Birth dates are nobody's to move. */
const shifter = (days: number) => (text: string, key: string): string => {
  if (/birth/i.test(key)) return text;
  const moved = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
  const [, year, month, day] = /^(?:令和|R)(\d+)[年.](\d+)[月.](\d+)日?$/.exec(text) ?? [];
  if (year !== undefined) return moved(`${2018 + Number(year)}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`);
  return /^20\d\d-\d\d-\d\d(T|$)/.test(text) ? `${moved(text.slice(0, 10))}${text.slice(10)}` : text;
};

/** Answers that the form takes, the first that fit: the family's own on its route, the sample's on its route, the sample's. */
export function fittingAnswers({ schema, sample, told = sample, said, carried, rename, now }: Asking): Answers[] {
  const at = now.toISOString();
  const tries = samplesAt.flatMap((seenFrom) => {
    const moved = renamed(sample, '', shifter(Math.round((now.getTime() - seenFrom) / dayMs))) as Answers;
    const own = renamed(moved, '', rename) as Answers;
    const theirs = renamed(renamed(told, '', shifter(Math.round((now.getTime() - seenFrom) / dayMs))), '', rename) as Answers;
    return [{ ...theirs, ...said }, fill(schema, { ...theirs, ...said }, carried, at), { ...own, ...said }, fill(schema, { ...own, ...said }, carried, at), { ...moved, ...said }, own, fill(schema, moved, carried, at)];
  });
  const fitting = tries.map((answers) => dropHidden(schema, answers)).filter((answers) => validateAnswers(schema, answers, carried).errors.length === 0);
  return [...new Map(fitting.map((answers) => [JSON.stringify(answers), answers])).values()];
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
