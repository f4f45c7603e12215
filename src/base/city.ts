// The files of one city (folder CITY_DIR): who works there, in which groups, and when the office is closed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

const note = z.string();
/** `30d`, `P1Y`: see base/calendar. */
const duration = z.string().regex(/^(\d+(BD|d|h)|P\w+)$/);
const files = {
  agencies: z.strictObject({ note, agencies: z.array(agency) }),
  groups: z.strictObject({ note, groups: z.array(group) }),
  people: z.strictObject({ note, invented: z.boolean(), people: z.array(person) }),
  calendar: z.strictObject({
    note,
    closesAt: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    days: z.array(z.strictObject({ onDate: z.iso.date(), open: z.boolean(), name: z.string() })),
  }),
  consents: z.strictObject({ note, lasts: duration, atMost: duration, warnBefore: duration, answerWithin: duration, extension: duration, answerWarnBefore: duration, officeGroups: z.array(z.string()).min(1) }),
};

export type Agency = z.infer<typeof agency>;
export type Group = z.infer<typeof group>;
export type CityPerson = z.infer<typeof person>;

export interface City {
  agencies: Agency[];
  groups: Group[];
  people: CityPerson[];
  /** The people are made up: for trying out, never for real work. */
  invented: boolean;
  /** `closesAt`: HH:MM in Japan. */
  calendar: z.infer<typeof files.calendar>;
  /** How long consents last, and by when requests to see records are answered. */
  consents: z.infer<typeof files.consents>;
}

/**
 * Reads and checks a city's folder.
 * @throws Error naming the file and what is wrong in it
 */
export function readCity(folder: string): City {
  const read = <Name extends keyof typeof files>(name: Name): z.infer<(typeof files)[Name]> => {
    const path = join(folder, `${name}.json`);
    const parsed = files[name].safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
    return parsed.data as z.infer<(typeof files)[Name]>;
  };
  const { people, invented } = read('people');
  const { agencies } = read('agencies');
  const { groups } = read('groups');
  const city = { agencies, groups, people, invented, calendar: read('calendar'), consents: read('consents') };
  checkNames(city, folder);
  return city;
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
