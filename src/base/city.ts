// The files of one city (folder CITY_DIR): who works there, in which groups, when the office is closed, and the places that it
// knows to send people to.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const agency = z.strictObject({
  code: z.string().regex(/^[a-z][a-z0-9_]*$/),
  name: z.string().min(1),
  kind: z.enum(['city', 'contractor', 'subsidised', 'community']),
  field: z.enum(['elder', 'disability', 'child', 'needy']).nullable(),
  isContractor: z.boolean(),
  canIntake: z.boolean(),
});

const group = z.strictObject({
  key: z.string().regex(/^grp(\.[A-Za-z][A-Za-z0-9_]*)+$/),
  name: z.string().min(1),
  kind: z.string().min(1),
  agencyCode: z.string(),
});

const person = z.strictObject({
  login: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  name: z.string().min(1),
  email: z.email(),
  agencyCode: z.string(),
  roles: z.array(z.string()),
  groups: z.array(z.string()),
});

const words = z.array(z.string().min(1));
const resource = z.strictObject({
  no: z.string().regex(/^S-\d{4,6}$/),
  name: z.string().min(1),
  kinds: words.min(1),
  owner: z.string().nullable().default(null),
  address: z.string().nullable().default(null),
  area: z.string().nullable().default(null),
  purposes: words.default([]),
  interests: words.default([]),
  days: words.default([]),
  access: words.default([]),
  supports: words.default([]),
  groupSize: z.enum(['one', 'small', 'medium', 'large']).nullable().default(null),
  costYen: z.int().min(0).nullable().default(null),
  costNote: z.string().nullable().default(null),
  ageFrom: z.int().min(0).nullable().default(null),
  ageTo: z.int().min(0).nullable().default(null),
  gender: z.enum(['any', 'men', 'women']).nullable().default(null),
  capacity: z.int().min(0).nullable().default(null),
  conditions: z.string().nullable().default(null),
  contactRule: z.string().nullable().default(null),
  opening: z.string().nullable().default(null),
  verifiedOn: z.iso.date(),
  verifiedBy: z.string().min(1),
});
const area = z.strictObject({ code: z.string().regex(/^[a-z][a-z0-9_]*$/), name: z.string().min(1) });

const note = z.string();
/** `30d`, `P1Y`: see base/calendar. */
const duration = z.string().regex(/^(\d+(BD|d|h)|P\w+)$/);
const files = {
  agencies: z.strictObject({ note, agencies: z.array(agency) }),
  groups: z.strictObject({ note, groups: z.array(group) }),
  resources: z.strictObject({ note, invented: z.boolean(), freshMonths: z.int().min(1).max(60), areas: z.array(area), resources: z.array(resource) }),
  people: z.strictObject({ note, invented: z.boolean(), people: z.array(person) }),
  calendar: z.strictObject({
    note,
    closesAt: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    days: z.array(z.strictObject({ onDate: z.iso.date(), open: z.boolean(), name: z.string() })),
    /** After so many days without a word about it a case is looked at. */
    silentDays: z.int().min(1).default(30),
    /** 推進会議・年次評価: whether there is a second run in October, and whether figures are entered each quarter. */
    annual: z.strictObject({ secondRun: z.boolean(), quarters: z.boolean() }).default({ secondRun: false, quarters: true }),
  }),
  consents: z.strictObject({ note, lasts: duration, atMost: duration, warnBefore: duration, answerWithin: duration, extension: duration, answerWarnBefore: duration, officeGroups: z.array(z.string()).min(1) }),
  clocks: z.strictObject({
    note,
    /** How long a plan may be, by how much it may be extended, and how often. */
    plans: z.strictObject({ longestMonths: z.int().min(1).max(60), extensionMonths: z.int().min(1).max(60), extensions: z.int().min(0).max(12) }),
    /** The longest time until somebody goes there again, and until the agency and the 支援会議 look at it again. */
    outreach: z.strictObject({ longestGapDays: z.int().min(1).max(366), reviewEvery: duration, recheckEvery: duration }),
    /** The longest that an emergency opens a case to those who respond to it. */
    emergencies: z.strictObject({ shareHours: z.int().min(1).max(744) }),
    /** How far ahead a 支援会議 may put its next review, one that only watches, and how long before that day the review opens. */
    confidential: z.strictObject({ reviewAtMost: duration, watchAtMost: duration, opensBefore: duration }),
    /** How long after a promised day the manager of who promised it hears that nothing was written. */
    promises: z.strictObject({ managerAfter: duration }),
    /** 判断困難: within what time somebody decides what becomes of a consent, and after what time they are told again on a closed case. */
    doubts: z.strictObject({ decideWithin: duration, againAfter: duration }).default({ decideWithin: '10BD', againAfter: '14d' }),
    /** 保留: how far ahead the day may be on which work goes on. */
    exits: z.strictObject({ holdAtMost: duration }).default({ holdAtMost: 'P1Y' }),
    /** 漏えい等事故報告: how long before a day of the law the office is reminded. */
    // of files written before the reports of an incident were tasks; the diagram says when to remind
    incidents: z.strictObject({ warnBefore: duration }).optional(),
  }),
  /** 異体字・旧字体: two characters at least, the one of everyday writing first. */
  variants: z.strictObject({ note, groups: z.array(z.string().refine((group) => Array.from(group).length > 1, 'two characters at least')) }),
  meetings: z.strictObject({ note, windowAfterClose: duration, quorum: z.strictObject({ share: z.number().min(0).max(1), roles: z.array(z.enum(['chair', 'secretary', 'member'])) }) }),
};

export type Agency = z.infer<typeof agency>;
export type Group = z.infer<typeof group>;
export type CityPerson = z.infer<typeof person>;
export type CityResource = z.infer<typeof resource>;

/** What a city lays down about its directory of social resources (resources.json). */
export interface ResourceRules {
  /** An entry that nobody has verified for so many months is stale. */
  freshMonths: number;
  /** 圏域 */
  areas: readonly z.infer<typeof area>[];
}

/** What a city lays down about time (clocks.json). */
export type CityClocks = Omit<z.infer<typeof files.clocks>, 'note'>;

/** Of a city that has not written down its own (domain.md §1.5, §9: [PROP]). */
export const usualClocks: CityClocks = {
  plans: { longestMonths: 12, extensionMonths: 3, extensions: 1 }, outreach: { longestGapDays: 30, reviewEvery: 'P30D', recheckEvery: 'P3M' }, emergencies: { shareHours: 168 },
  confidential: { reviewAtMost: 'P3M', watchAtMost: 'P1Y', opensBefore: '10BD' }, promises: { managerAfter: '1BD' }, doubts: { decideWithin: '10BD', againAfter: '14d' }, exits: { holdAtMost: 'P1Y' },
};

export interface City {
  agencies: Agency[];
  groups: Group[];
  people: CityPerson[];
  /** The people are made up: for trying out, never for real work. */
  invented: boolean;
  resourceRules: ResourceRules;
  /** Places to begin the directory with. */
  resources: CityResource[];
  /** The places are made up as well. */
  inventedResources: boolean;
  /** `closesAt`: HH:MM in Japan. */
  calendar: z.infer<typeof files.calendar>;
  /** How long consents last, and by when requests to see records are answered. */
  consents: z.infer<typeof files.consents>;
  /** Periods that no law lays down. */
  clocks: CityClocks;
  /** How long the papers of a sitting stay open after it, and how many must come. */
  meetings: z.infer<typeof files.meetings>;
  /** Characters that are one in a name (variants.json). */
  variants: readonly string[];
}

/** A city that has not written down its places yet starts with an empty directory, which is to be verified twice a year. */
const noResources: z.infer<typeof files.resources> = { note: '', invented: false, freshMonths: 6, areas: [], resources: [] };

function readFile<Name extends keyof typeof files>(folder: string, name: Name): z.infer<(typeof files)[Name]> {
  const path = join(folder, `${name}.json`);
  const parsed = files[name].safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data as z.infer<(typeof files)[Name]>;
}

/** The groups of a city that has no file of its own: those that are delivered with the program. */
export const usualVariants = (): readonly string[] => readFile(fileURLToPath(new URL('../../city', import.meta.url)), 'variants').groups;

/**
 * Reads and checks a city's folder.
 * @throws Error naming the file and what is wrong in it
 */
export function readCity(folder: string): City {
  const read = <Name extends keyof typeof files>(name: Name): z.infer<(typeof files)[Name]> => readFile(folder, name);
  const { people, invented } = read('people');
  const { agencies } = read('agencies');
  const { groups } = read('groups');
  const { freshMonths, areas, resources, invented: inventedResources } = existsSync(join(folder, 'resources.json')) ? read('resources') : noResources;
  const city = { agencies, groups, people, invented, calendar: read('calendar'), consents: read('consents'), meetings: read('meetings'), variants: existsSync(join(folder, 'variants.json')) ? read('variants').groups : usualVariants(), clocks: existsSync(join(folder, 'clocks.json')) ? read('clocks') : usualClocks, resourceRules: { freshMonths, areas }, resources, inventedResources };
  checkNames(city, folder);
  checkPlaces(city, folder);
  return city;
}

function checkPlaces({ resources, resourceRules: { areas } }: City, folder: string): void {
  unique(resources.map((r) => r.no), 'resource', folder);
  const known = unique(areas.map((a) => a.code), 'area', folder);
  for (const { no, area: code } of resources) if (code !== null && !known.has(code)) throw new Error(`${folder}/resources.json: ${no}: no area ${code}`);
}

function checkNames({ agencies, groups, people, consents }: City, folder: string): void {
  const codes = unique(agencies.map((a) => a.code), 'agency', folder);
  const keys = unique(groups.map((g) => g.key), 'group', folder);
  unique(people.map((p) => p.login), 'login', folder);
  for (const { key, agencyCode } of groups) {
    if (!codes.has(agencyCode)) throw new Error(`${folder}/groups.json: ${key}: no agency ${agencyCode}`);
  }
  const nobody = consents.officeGroups.filter((key) => !keys.has(key));
  if (nobody.length > 0) throw new Error(`${folder}/consents.json: no group ${nobody.join(', ')}`);
  for (const { login, agencyCode, groups: mine } of people) {
    const where = `${folder}/people.json: ${login}`;
    if (!codes.has(agencyCode)) throw new Error(`${where}: no agency ${agencyCode}`);
    const unknown = mine.filter((key) => !keys.has(key));
    if (unknown.length > 0) throw new Error(`${where}: no group ${unknown.join(', ')}`);
  }
}

function unique(names: string[], what: string, folder: string): Set<string> {
  const seen = new Set(names);
  if (seen.size === names.length) return seen;
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  throw new Error(`${folder}: the same ${what} twice: ${twice.join(', ')}`);
}
