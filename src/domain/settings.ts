// What a city has laid down for itself (city/consents.json, resources.json, clocks.json): periods and notices. Amounts of time are in the calendar's units.
import { usualClocks, type CityClocks } from '../base/city.js';
import type { Tx } from '../base/db.js';

export interface ConsentRules {
  /** How long a consent lasts where nobody says until when: `P1Y`. */
  lasts: string;
  /** The longest that one may be given for. */
  atMost: string;
  /** How long before its end the coordinators are told: `30d`. */
  warnBefore: string;
  /** 開示請求: by when it is answered (個人情報保護法83条: 30日), by how much that may be extended, when the office is reminded. */
  answerWithin: string;
  extension: string;
  answerWarnBefore: string;
  /** Groups that are told of a consent's end and of requests to see what is kept. */
  officeGroups: string[];
}

/** @throws Error when the city has no such file (the seed brings it) */
export async function consentRules(tx: Pick<Tx, 'db'>): Promise<ConsentRules> {
  const found = await tx.db.citySetting.findUnique({ where: { key: 'consents' } });
  if (!found) throw new Error('the city has laid down nothing about consents (city/consents.json)');
  return found.value as unknown as ConsentRules;
}

/** The periods that the city has laid down (clocks.json); where it has laid down none, the usual ones. */
export async function cityClocks(tx: Pick<Tx, 'db'>): Promise<CityClocks> {
  const found = await tx.db.citySetting.findUnique({ where: { key: 'clocks' } });
  return { ...usualClocks, ...(found?.value as unknown as Partial<CityClocks> | undefined) };
}

export interface ResourceRules {
  /** An entry of the directory that nobody has verified for so many months is stale. */
  freshMonths: number;
  /** 圏域: codes that forms use, and what they are called. */
  areas: { code: string; name: string }[];
}

/** What the city has laid down; where it has not yet: entries are looked at twice a year, and there are no areas. */
export async function resourceRules(tx: Pick<Tx, 'db'>): Promise<ResourceRules> {
  const found = await tx.db.citySetting.findUnique({ where: { key: 'resources' } });
  return found ? (found.value as unknown as ResourceRules) : { freshMonths: 6, areas: [] };
}
