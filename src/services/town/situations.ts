// What has happened to the households of the town: situations that are told through all their sheets, so that each reads as a family
// of its own (city/situations.json; every one made up).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../base/json.js';
import type { Answers } from '../samples.js';
import { givenNames, type Named } from './names.js';
import type { Chance } from './random.js';

interface Told {
  sex: 'female' | 'male';
  /** As it is said: `昭和18年3月2日`, `昭和49年5月頃`. */
  born: string;
}

interface ToldMember extends Told {
  relation: string;
  cohabit: 'together' | 'apart';
  apartHousehold?: string;
  occupation: string;
  healthNote: string;
}

export interface Situation extends Told {
  title: string;
  field: string;
  householdType: string;
  worries: string[];
  mainWorry: string;
  members: ToldMember[];
  /** Of the plan: what it is about, whose it is, what is done. */
  issues: [string, string, string][];
  /** Of the plan: a goal, and what shows it. */
  goals: [string, string][];
  /** What was seen and heard, visit after visit. */
  notes: string[];
  /** Answers by the key of their field, in whatever form it stands. */
  texts: Record<string, string>;
}

/** Somebody who comes to another window and is registered there anew, or somebody else of the same name. */
export interface Again {
  /** Title of the situation that came first. */
  of: string;
  /** Where they come now. */
  field: string;
  /** Whether it is the same household; else another one, of the same name and in the same building. */
  same: boolean;
  /** What is said of it at the new window. */
  texts: Record<string, string>;
  /** What whoever looked into it writes down: of the merge, or into a note. */
  found: string;
}

interface SituationsFile {
  situations: Situation[];
  again?: Again[];
}

function readFile(cityDir: string): SituationsFile {
  const path = join(cityDir, 'situations.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SituationsFile) : { situations: [] };
}

/** The situations of a city; none where it has no file. */
export const readSituations = (cityDir: string): Situation[] => readFile(cityDir).situations;

/** Who comes a second time. */
export const readAgain = (cityDir: string): Again[] => readFile(cityDir).again ?? [];

const yearOf = (born: string): number => {
  const [, era = '', year = '0'] = /^(昭和|平成|令和)(\d+)年/.exec(born) ?? [];
  return { 昭和: 1925, 平成: 1988, 令和: 2018 }[era]! + Number(year);
};

/** A few years older or younger, so that two households of one situation are not twins; children stay as old as their story needs. */
export const shifted = (born: string, years: number): string => born.replace(/^昭和(\d+)年/, (_all, year: string) => `昭和${Math.min(63, Math.max(1, Number(year) + years))}年`);

/** A given name that goes with sex and years. */
export function nameFor({ sex, born }: Told, chance: Chance): Named {
  const year = yearOf(born);
  return chance.pick(givenNames[sex][year < 1960 ? 'old' : year < 2000 ? 'grown' : 'young']);
}

/** The members of a household as the list of the sheets has them. */
export function membersIn({ members }: Situation, family: Named, years: number, chance: Chance): Answers[] {
  return members.map(({ apartHousehold, born, ...member }): Answers => {
    const given = nameFor({ ...member, born }, chance);
    return {
      kana: `${family.kana} ${given.kana}`, name: `${family.name} ${given.name}`, ...member, birthDate: shifted(born, years),
      ...(apartHousehold === undefined ? {} : { apartHousehold }), keyPerson: member.cohabit === 'apart', consentStatus: 'not_explained',
    };
  });
}

/** Words of the samples that speak of the samples' own family. */
const ofAnother = /長男|長女|息子|母|夫|膝|デイサービス|通いの場/;

interface Telling {
  situation: Situation;
  household: Answers[];
  chance: Chance;
}

const rowsIn = (value: Json): Answers[] => (Array.isArray(value) ? (value as Answers[]) : []);

/** Lists that tell of a family row by row. */
function listOf(key: string, value: Json, { situation, household }: Telling): Json | undefined {
  const { issues, goals } = situation;
  const each = (of: number, row: (at: number) => Answers): Json => Array.from({ length: Math.min(of, Math.max(1, rowsIn(value).length)) }, (_, at) => ({ ...rowsIn(value)[at], ...row(at) }));
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (key === 'household') return household;
  if (key === 'worries') return situation.worries;
  if (key === 'planGoals' || key === 'goalResults') return each(goals.length, (at) => ({ goal: goals[at]![0], criterion: goals[at]![1] }));
  if (key === 'priorityIssues') return each(issues.length, (at) => ({ issue: issues[at]![0], owner: issues[at]![1] }));
  if (key === 'roles') return each(issues.length, (at) => ({ issue: issues[at]![0], what: issues[at]![2] }));
  return undefined;
}

function textFor(key: string, value: string, { situation, chance }: Telling): string {
  const { texts, notes } = situation;
  if (/^[\w.:+-]+$/.test(value)) return value; // a choice, a day, a number: no words
  if (texts[key] !== undefined) return texts[key];
  if (key === 'content' || key === 'did') return chance.pick(notes);
  if (!ofAnother.test(value)) return value;
  if (/^(reason|sharingReason|decisionReason|whyMeeting|background)$/.test(key)) return texts['summary'] ?? value;
  return /Summary$|Picture|sharedInfo|situation/.test(key) ? (texts['householdPicture'] ?? value) : chance.pick(notes);
}

function told(value: Json, key: string, telling: Telling): Json {
  const list = listOf(key, value, telling);
  if (list !== undefined) return list;
  if (typeof value === 'string') return textFor(key, value, telling);
  if (Array.isArray(value)) return value.map((one) => told(one, key, telling));
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, told(inner, name, telling)]));
  return value;
}

/** A sample, told of another family. What names people by the samples' names is the renamer's business. */
export function tellOf(sample: Answers, telling: Telling & { years: number }): Answers {
  const { situation, household, years } = telling;
  const answers = told(sample, '', telling) as Answers;
  const own: Answers = { sex: situation.sex, birthDate: shifted(situation.born, years), householdType: situation.householdType, mainWorry: situation.mainWorry };
  const apart = household.filter(({ cohabit }) => cohabit === 'apart').map(({ apartHousehold }) => (typeof apartHousehold === 'string' ? apartHousehold : '別の世帯'));
  const counted: Answers = { cohabitCount: household.length - apart.length, cohabit: household.length > apart.length ? 'yes' : 'no', apartFamily: apart.length > 0 ? `${apart.join('、')}。` : '', familyTimeline: [{ year: '令和5年頃', event: '困りごとが重なり始めた' }] };
  return { ...answers, ...Object.fromEntries(Object.entries({ ...own, ...counted }).filter(([key]) => sample[key] !== undefined)) };
}
