// Which places fit what somebody wishes, and why. Pure: a wish and places in, reasons out. Only closed words and numbers go in;
// nothing about a person comes out, and nothing of it is ever sent to a place.
import { accessWords, dayWords, interestWords, inWords, keysOf, purposeWords, sizeWords, supportWords, type Words } from './words.js';

/** What is looked for. Empty lists and null: does not matter. */
export interface Criteria {
  purposes: string[];
  interests: string[];
  area: string | null;
  days: string[];
  /** The most people that are bearable. */
  groupSize: string | null;
  /** Yen a visit. */
  maxCostYen: number | null;
  access: string[];
  supports: string[];
  age: number | null;
  /** Counts only where a place takes in men or women alone. */
  gender: 'men' | 'women' | null;
}

export const noCriteria: Criteria = { purposes: [], interests: [], area: null, days: [], groupSize: null, maxCostYen: null, access: [], supports: [], age: null, gender: null };

/** What of an entry of the directory matching looks at. */
export interface Place {
  purposes: readonly string[];
  interests: readonly string[];
  area: string | null;
  days: readonly string[];
  groupSize: string | null;
  costYen: number | null;
  access: readonly string[];
  supports: readonly string[];
  ageFrom: number | null;
  ageTo: number | null;
  gender: string | null;
  /** Seats; null: no limit. */
  capacity?: number | null;
  /** Of them taken now. */
  taken?: number;
  /** YYYY-MM-DD */
  verifiedOn?: string;
}

export type CriterionKey = 'purpose' | 'interest' | 'area' | 'days' | 'groupSize' | 'cost' | 'access' | 'support' | 'gender' | 'age' | 'capacity' | 'fresh';

/** One criterion and what became of it. `unknown`: the directory does not say; worth a telephone call. */
export interface Reason {
  key: CriterionKey;
  state: 'met' | 'unmet' | 'unknown';
  /** For staff, in Japanese. */
  sentence: string;
}

export interface Scored {
  /** 0 to 100 */
  score: number;
  reasons: Reason[];
}

/** How much each criterion counts, of those that were asked for. */
const weights: Readonly<Record<CriterionKey, number>> = { purpose: 30, interest: 25, area: 12, days: 10, groupSize: 10, cost: 8, access: 8, support: 15, gender: 20, age: 15, capacity: 40, fresh: 10 };
/** What is not known may fit: less than what does, more than what does not. */
const unknownShare = 0.4;

interface Judged extends Reason {
  /** 0 to 1 */
  share: number;
}

const judged = (key: CriterionKey, state: Reason['state'], sentence: string, share = state === 'met' ? 1 : state === 'unknown' ? unknownShare : 0): Judged => ({ key, state, sentence, share });

/** One of what is wished must be there; the more of it, the better. */
function judgeList(key: CriterionKey, label: string, words: Words, wished: readonly string[], there: readonly string[]): Judged | null {
  if (wished.length === 0) return null;
  if (there.length === 0) return judged(key, 'unknown', `${label}: 台帳に書かれていません（希望: ${inWords(words, wished)}）。`);
  const both = wished.filter((one) => there.includes(one));
  if (both.length === 0) return judged(key, 'unmet', `${label}: 希望の「${inWords(words, wished)}」がありません。`);
  const missing = wished.filter((one) => !there.includes(one));
  return judged(key, 'met', `${label}: ${inWords(words, both)}が合います${missing.length > 0 ? `（${inWords(words, missing)}はありません）` : ''}。`, 0.6 + 0.4 * (both.length / wished.length));
}

/** Everything that is needed must be there. */
function judgeSupports(wished: readonly string[], there: readonly string[]): Judged | null {
  if (wished.length === 0) return null;
  if (there.length === 0) return judged('support', 'unknown', `配慮: ${inWords(supportWords, wished)}への対応は台帳に書かれていません。`);
  const missing = wished.filter((one) => !there.includes(one));
  const share = (wished.length - missing.length) / wished.length;
  if (missing.length > 0) return judged('support', 'unmet', `配慮: ${inWords(supportWords, missing)}に対応しているとは書かれていません。`, share * 0.5);
  return judged('support', 'met', `配慮: ${inWords(supportWords, wished)}の方を受け入れています。`);
}

function judgeArea(wished: string | null, place: Place, areaName: (code: string) => string): Judged | null {
  if (wished === null) return null;
  if (place.area === null) return judged('area', 'unknown', `圏域: 台帳に書かれていません（希望: ${areaName(wished)}）。`);
  if (place.area === wished) return judged('area', 'met', `圏域: ${areaName(wished)}にあります。`);
  const reachable = place.access.includes('pickup') || place.access.includes('online');
  return judged('area', 'unmet', `圏域: 希望の${areaName(wished)}ではなく${areaName(place.area)}です${reachable ? '（送迎かオンラインがあります）' : ''}。`, reachable ? 0.5 : 0);
}

function judgeSize(wished: string | null, there: string | null): Judged | null {
  if (wished === null) return null;
  const sizes = keysOf(sizeWords);
  if (there === null) return judged('groupSize', 'unknown', '人数: 台帳に書かれていません。');
  const fits = sizes.indexOf(there) <= sizes.indexOf(wished);
  return judged('groupSize', fits ? 'met' : 'unmet', `人数: ${inWords(sizeWords, [there])}です${fits ? '' : `（希望は${inWords(sizeWords, [wished])}）`}。`);
}

function judgeCost(most: number | null, there: number | null): Judged | null {
  if (most === null) return null;
  if (there === null) return judged('cost', 'unknown', '費用: 台帳に書かれていません。');
  const said = there === 0 ? '無料' : `1回${there}円`;
  return judged('cost', there <= most ? 'met' : 'unmet', `費用: ${said}です${there <= most ? '' : `（希望は${most}円まで）`}。`);
}

/** Men or women alone. Who takes in everybody says nothing of it. */
function judgeGender(asked: Criteria['gender'], there: string | null): Judged | null {
  if (there !== 'men' && there !== 'women') return null;
  const only = there === 'men' ? '男性のみ' : '女性のみ';
  if (asked === null) return judged('gender', 'unknown', `対象: ${only}。性別が未記入です。`);
  return judged('gender', asked === there ? 'met' : 'unmet', `対象: ${only}です。`);
}

function judgeAge(asked: number | null, { ageFrom, ageTo }: Pick<Place, 'ageFrom' | 'ageTo'>): Judged | null {
  if (ageFrom === null && ageTo === null) return null;
  const range = `${ageFrom === null ? '' : `${ageFrom}歳から`}${ageTo === null ? '' : `${ageTo}歳まで`}`;
  if (asked === null) return judged('age', 'unknown', `年齢: ${range}。年齢が未記入です。`);
  const fits = (ageFrom === null || ageFrom <= asked) && (ageTo === null || asked <= ageTo);
  return judged('age', fits ? 'met' : 'unmet', `年齢: ${range}です。`);
}

/** Whether every seat is taken. */
const isFull = ({ capacity = null, taken = 0 }: Pick<Place, 'capacity' | 'taken'>): boolean => capacity !== null && taken >= capacity;

function judgeSeats(place: Place): Judged | null {
  const { capacity = null, taken } = place;
  if (capacity === null || taken === undefined) return null;
  return isFull(place) ? judged('capacity', 'unmet', `定員: ${capacity}人で、いまは空きがありません。`) : judged('capacity', 'met', `定員: ${capacity}人で、空きが${capacity - taken}あります。`);
}

/** An entry that was not verified for too long may say what is not so any more. */
function judgeFreshness({ verifiedOn }: Place, staleBefore: string | null): Judged | null {
  if (verifiedOn === undefined || staleBefore === null || verifiedOn >= staleBefore) return null;
  return judged('fresh', 'unknown', `台帳の確認: 最後に確かめたのは${verifiedOn}で、古くなっています。先に電話で確かめてください。`);
}

/**
 * What a place asks, whether or not anybody wished it: whom it takes in, whether it has a seat, whether its entry still holds. Met, it is
 * no merit; not met or not known, it counts against the place.
 */
const conditionsOf = (criteria: Criteria, place: Place, staleBefore: string | null): Judged[] =>
  [judgeGender(criteria.gender, place.gender), judgeAge(criteria.age, place), judgeSeats(place), judgeFreshness(place, staleBefore)].filter((one): one is Judged => one !== null);

/**
 * How well a place fits, with a sentence for each criterion that was asked for, in the order in which they count.
 * After them come the conditions of the place itself.
 * @param areaName the city's name for the code of an area (圏域)
 * @param staleBefore the day (YYYY-MM-DD) before which an entry must have been verified last to be stale; null: no entry is
 */
export function scorePlace(criteria: Criteria, place: Place, areaName: (code: string) => string, staleBefore: string | null = null): Scored {
  const found = [
    judgeList('purpose', '目的', purposeWords, criteria.purposes, place.purposes),
    judgeList('interest', '関心', interestWords, criteria.interests, place.interests),
    judgeSupports(criteria.supports, place.supports),
    judgeArea(criteria.area, place, areaName),
    judgeList('days', '曜日', dayWords, criteria.days, place.days),
    judgeSize(criteria.groupSize, place.groupSize),
    judgeCost(criteria.maxCostYen, place.costYen),
    judgeList('access', '通い方', accessWords, criteria.access, place.access),
  ].filter((one): one is Judged => one !== null);
  const conditions = conditionsOf(criteria, place, staleBefore);
  const counted = found.length === 0 ? [] : [...found, ...conditions.filter(({ state }) => state !== 'met')];
  const most = counted.reduce((sum, { key }) => sum + weights[key], 0);
  const reached = counted.reduce((sum, { key, share }) => sum + weights[key] * share, 0);
  return { score: most === 0 ? 0 : Math.round((100 * reached) / most), reasons: [...found, ...conditions].map(({ key, state, sentence }) => ({ key, state, sentence })) };
}

/** Whether a place can take somebody in at all: age and gender are no matter of degree. */
export function takesIn(criteria: Criteria, place: Place): boolean {
  if (criteria.gender !== null && place.gender !== null && place.gender !== 'any' && place.gender !== criteria.gender) return false;
  if (criteria.age === null) return true;
  return (place.ageFrom === null || place.ageFrom <= criteria.age) && (place.ageTo === null || criteria.age <= place.ageTo);
}

/** The places that can take somebody in, the best first, and after them those without a free seat; where two fit alike, the one whose entry was verified last. */
export function rankPlaces<P extends Place & { no: string; verifiedOn: string }>(criteria: Criteria, places: readonly P[], areaName: (code: string) => string, staleBefore: string | null = null): (P & Scored)[] {
  return places
    .filter((place) => takesIn(criteria, place))
    .map((place) => ({ ...place, ...scorePlace(criteria, place, areaName, staleBefore) }))
    .toSorted((a, b) => Number(isFull(a)) - Number(isFull(b)) || b.score - a.score || (a.verifiedOn < b.verifiedOn ? 1 : a.verifiedOn > b.verifiedOn ? -1 : a.no < b.no ? -1 : 1));
}
