// Whether a text still says whom a case is about: names, kana, telephones, addresses, birth dates and the number of the case, as
// they stand in what was filed about it. It cannot know everything; that is why a second person looks too.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { readDate } from '../../base/wareki.js';
import { everyday } from '../people/variants.js';

export type Trace = 'name' | 'phone' | 'address' | 'birthDate' | 'email' | 'caseNo';

interface Known {
  trace: Trace;
  /** Comparable form. */
  text: string;
}

/** Keys of forms under which people are named; of households also (F01 household, F03). */
const kindOf = (key: string): Trace | null => {
  if (/^(.*N|n)ame$|^(.*K|k)ana$|^formerName$|^commonName$|^infoSource$|^caredPerson$/.test(key)) return 'name';
  if (/[pP]hone/.test(key)) return 'phone';
  if (/[aA]ddress$/.test(key)) return 'address';
  if (/[bB]irthDate$/.test(key)) return 'birthDate';
  return /^(.*E|e)mail$/.test(key) ? 'email' : null;
};

const kataToHira = (text: string): string => text.replace(/[ァ-ヶ]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0x60));
const everydayOf = (text: string): string => Array.from(text, everyday).join('');
/** Variation selectors off, old and variant characters, widths and kana made one, no blanks. */
const plain = (text: string): string => everydayOf(kataToHira(text.normalize('NFKC').replace(/[\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/gu, ''))).toLowerCase();
const tight = (text: string): string => plain(text).replace(/[\s・·,、。.]/g, '');
const hyphens = /[-‐‑‒–—―ー－−]|丁目|番地?|号|の(?=\d)/g;
const digits = (text: string): string => plain(text).replace(/[\s()‐‑‒–—―ー－−-]/g, '');
const place = (text: string): string => tight(text).replace(hyphens, '-').replace(/-+/g, '-').replace(/-$/, '');

/** All that may name somebody: a whole name, and each part of it that is two characters or more. */
const namesIn = (value: string): string[] => [tight(value), ...plain(value).split(/[\s・]+/)].filter((part) => Array.from(part).length >= 2);

/** Where family and given name may part in a name that was written without a space (渡邊花子): what is before and what is behind. */
function unspaced(value: string): string[] {
  const characters = Array.from(tight(value));
  if (characters.length < 3 || characters.length > 6 || /[\s・]/u.test(value.trim()) || !/^[\p{Script=Han}々]+$/u.test(characters.join(''))) return [];
  return [1, 2, 3].flatMap((at) => [characters.slice(0, at).join(''), characters.slice(at).join('')]).filter((part) => Array.from(part).length >= 2);
}

function knownOf(trace: Trace, value: string): Known[] {
  if (trace === 'name') return namesIn(value).map((text) => ({ trace, text }));
  if (trace === 'phone') return digits(value).length >= 9 ? [{ trace, text: digits(value) }] : [];
  // the part below the city alone says enough
  if (trace === 'address') return [place(value), place(value).replace(/^.*?[都道府県]?.{1,6}?[市区町村](?=.{3,})/, '')].filter((text) => Array.from(text).length >= 4 && /\d/.test(text)).map((text) => ({ trace, text }));
  if (trace === 'birthDate') {
    const day = readDate(value);
    return [tight(value), ...(day?.precision === 'day' ? [day.iso] : [])].filter((text) => text.length >= 6).map((text) => ({ trace, text }));
  }
  return value.length >= 4 ? [{ trace, text: tight(value) }] : [];
}

function collect(value: Json, into: Known[]): void {
  if (Array.isArray(value)) return value.forEach((one) => collect(one, into));
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    const trace = kindOf(key);
    if (trace !== null && typeof inner === 'string') into.push(...knownOf(trace, inner), ...(key === 'name' ? unspaced(inner).map((text) => ({ trace, text })) : []));
    else collect(inner as Json, into);
  }
}

const holds = (text: string, { trace, text: known }: Known): boolean => {
  if (trace === 'phone') return digits(text).includes(known);
  if (trace === 'address') return place(text).includes(known);
  if (trace === 'birthDate') return plain(text).includes(known) || tight(text).includes(known);
  return tight(text).includes(known);
};

/** The fields of a text that say whom the case is about, and by what. */
export async function traces(tx: Tx, caseId: string, texts: Readonly<Record<string, string>>): Promise<{ field: string; trace: Trace }[]> {
  const filed = await tx.db.$queryRawUnsafe<{ answers: Json }[]>(`select answers from submission where case_id = $1::uuid and record ~ '^F0[123]([.]|$)'`, caseId);
  const { caseNo } = await tx.db.case.findUniqueOrThrow({ where: { id: caseId }, select: { caseNo: true } });
  const known: Known[] = [{ trace: 'caseNo', text: tight(caseNo) }];
  for (const { answers } of filed) collect(answers, known);
  return Object.entries(texts).flatMap(([field, text]) => [...new Set(known.filter((one) => holds(text, one)).map(({ trace }) => trace))].map((trace) => ({ field, trace })));
}
