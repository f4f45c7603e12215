// One question that several agencies answer beside one another (T-P02-06, F03.part): their answers become one where they are one, and are
// laid side by side where they are not. Which of two agencies is right nobody but the coordinator says, and a sign that one of them saw
// (a ヤングケアラー) is not taken away by another that did not look.
import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../base/json.js';

/** Some sheet's answer to the field. */
export interface Said {
  record: string;
  agencyCode: string | null;
  agencyName: string | null;
  /** The group that was asked (an agency may be asked in two of its groups); null: no task of several asked it. */
  asked: string | null;
  submittedAt: Date;
  value: Json;
}

/** What is known of one field, each list newest first. */
export interface Sources {
  /** Of whoever unites: the assessments before. A field that was not on it (hidden) is not in it; one that was left empty is. */
  decided: readonly Said[];
  agencies: readonly Said[];
  /** Of the sheets before all of that (the screening). */
  earlier: readonly Said[];
}

export interface United {
  /** undefined: nobody said anything, or it is for whoever writes to choose. */
  value: Json | undefined;
  differs: boolean;
  /** What there is to choose from: the sheet before, and the newest of each agency since. */
  said: Said[];
}

/** An unticked box says nothing: the form asks nobody to untick it. */
export const isFilled = (value: Json | undefined): value is Json => value !== undefined && value !== null && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);

/** The option なし; it gives way to whatever is there according to somebody else. */
const nothing = 'none';

const isRow = (value: Json): value is Record<string, Json> => value !== null && typeof value === 'object' && !Array.isArray(value);
/** As it is compared: without the space around it, without the cells of a row that nobody filled in. */
function bare(value: Json): Json {
  if (typeof value === 'string') return value.normalize('NFC').trim();
  if (Array.isArray(value)) return value.map(bare);
  return isRow(value) ? Object.fromEntries(Object.entries(value).filter(([, cell]) => isFilled(cell)).map(([key, cell]) => [key, bare(cell)])) : value;
}
const isSame = (one: Json, other: Json): boolean => isDeepStrictEqual(bare(one), bare(other));

const listOf = (value: Json): Json[] => (Array.isArray(value) ? value : []);

/** The newest that each agency filled in. */
function newestOfEach(said: readonly Said[]): Said[] {
  const found = new Map<string, Said>();
  for (const one of said) {
    const key = JSON.stringify([one.agencyCode, one.asked]);
    if (isFilled(one.value) && !found.has(key)) found.set(key, one);
  }
  return [...found.values()];
}

/** Ticks and rows of all, none twice. */
function uniteLists(said: readonly Said[]): { value: Json; differs: boolean } {
  const all: Json[] = [];
  for (const one of said.flatMap(({ value }) => listOf(value))) if (!all.some((other) => isSame(one, other))) all.push(one);
  const differs = all.includes(nothing) && all.length > 1;
  return { value: differs ? all.filter((one) => one !== nothing) : all, differs };
}

/**
 * A box that anybody ticked is ticked; lists and rows are put together; single answers stand where nobody contradicts them, and else are
 * for whoever writes to choose, with the names beside them. What whoever unites has written themselves goes before all that was said
 * until then, also where they took something away; what an agency says after that comes to it.
 */
export function unite({ decided, agencies, earlier }: Sources): United {
  const [own] = decided;
  const since = own ? agencies.filter(({ submittedAt }) => submittedAt > own.submittedAt) : agencies;
  const base = own ?? earlier.find(({ value }) => isFilled(value));
  const newest = newestOfEach(since);
  const said = [...(base && isFilled(base.value) ? [base] : []), ...newest];
  if (base?.value === true || since.some(({ value }) => value === true)) return { value: true, differs: false, said };
  if (said.some(({ value }) => Array.isArray(value))) {
    const { value, differs } = uniteLists([...said.slice(0, said.length - newest.length), ...newest.toReversed()]);
    return { value, differs, said };
  }
  const distinct = newest.filter((one, index) => newest.findIndex((other) => isSame(one.value, other.value)) === index);
  const keeps = own !== undefined && isFilled(own.value);
  const differs = keeps ? distinct.some(({ value }) => !isSame(value, own.value)) : distinct.length > 1;
  const value = keeps || distinct.length === 0 ? base?.value : distinct.length === 1 ? distinct[0]!.value : undefined;
  return { value: isFilled(value) ? value : undefined, differs, said };
}
