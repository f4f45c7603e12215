// Who is found by what one types: names in any writing, telephone numbers, dates of birth, case numbers, several of them at once; and the
// number that a case had before it was imported.
import type { Tx } from '../../base/db.js';
import { readDate } from '../../base/wareki.js';
import type { ClientRow } from './clients.js';
import { findClients } from './clients.js';
import { daysOf, foldName, foldPhone, gramsOf } from './fold.js';

export interface Sought {
  /** Folded parts of a name, each of which has to be in one of a person's names. */
  parts: string[];
  /** The parts heard in one breath, where that is something else than one part after the other (おさむ after さいとう); null: it is not. */
  whole: string | null;
  phone: string | null;
  born: { first: string; last: string } | null;
  caseNo: string | null;
}

const caseNoPattern = /^R\d{1,2}-\d{1,8}$/i;

/** 生, 生まれ: said after a date of birth. */
const bornPattern = /(?<=[日年月\d])\s*(?:生まれ|うまれ|生)$/;

type PhoneOrDay = Pick<Sought, 'phone'> | Pick<Sought, 'born'>;

/** A word, or several that belong together, as a date or a telephone number; null: it is neither. */
function readNumber(words: readonly string[]): PhoneOrDay | null {
  const text = words.join(' ');
  const phone = foldPhone(text);
  const date = text.replace(bornPattern, '');
  // four digits are the end of a number, and words that are one only together are no year with something behind it
  const isDate = readDate(date) !== null && !(phone !== null && (/^\d{4}$/.test(text) || words.length > 1));
  if (isDate) return { born: daysOf(date.replace(/\s+/g, '')) };
  // blanks stand within a whole number (`090 1234 5678`); two short ends beside each other are none
  return phone !== null && (words.length === 1 || (/^0\d{8,10}$/.test(phone) && words.every((word) => /^[+\d()ー－―‐‑‒–—−.-]+$/.test(word)))) ? { phone } : null;
}

/** 昭和 18 年 3 月 2 日 生まれ */
const mostWordsOfNumber = 8;

/** Reads what somebody typed. Digits that are a date are a date (`S18.3.2`, `19430302`); other digits are a telephone number. Either may be written with blanks in it. */
export function readSought(typed: string): Sought {
  const sought: Sought = { parts: [], whole: null, phone: null, born: null, caseNo: null };
  const words = typed.normalize('NFKC').split(/[\s,、・]+/).filter(Boolean);
  for (let at = 0; at < words.length; ) {
    const word = words[at]!;
    // the longest run of words first
    const runs = Array.from({ length: Math.min(mostWordsOfNumber, words.length - at) }, (_, less) => words.slice(at, at + Math.min(mostWordsOfNumber, words.length - at) - less));
    const found = caseNoPattern.test(word) ? null : runs.map((run) => ({ run, number: readNumber(run) })).find(({ number }) => number !== null);
    at += found?.run.length ?? 1;
    if (caseNoPattern.test(word)) sought.caseNo = word.toUpperCase();
    else if (found) Object.assign(sought, found.number);
    else {
      const part = foldName(word);
      if (part !== '') sought.parts.push(part);
    }
  }
  if (sought.parts.length > 1) {
    const heard = foldName(sought.parts.join(''));
    if (heard !== sought.parts.join('')) sought.whole = heard;
  }
  return sought;
}

export interface Found extends ClientRow {
  /** 0: a name that is just so · 1: begins so · 2: holds it. */
  standing: number;
  /** `oldCaseNo`: the number that the case had before it was imported. */
  cases: { caseNo: string; oldCaseNo: string | null; status: string; relation: string; clientId: string }[];
}

const mostFound = 30;

interface Fit {
  id: string;
  standing: number;
}

/** Case numbers are found exactly, also the one that a case had before it was imported (however it is written), by whoever may know of the case; its people as what they count as, where the reader reaches that. */
async function peopleInCases(tx: Tx, which: { caseNo: string | null; typed: string }): Promise<Fit[]> {
  return tx.db.$queryRawUnsafe(
    `select coalesce((select r.id from client_person r where r.id = p.root_id), (array_agg(p.id order by p.id))[1]) as id, min(case m.relation when 'subject' then 0 else 1 end)::int as standing
     from support_case c join household_member m on m.case_id = c.id join client_person p on p.id = m.client_id
     where c.id = any(array(select i.case_id from cases_once_numbered($2) i union select s.id from support_case s where s.case_no = $1)) and m.ended_at is null group by p.root_id order by 2, 1 limit ${mostFound + 1}`,
    which.caseNo,
    which.typed,
  );
}

/** The cases of these people, newest first, as far as whoever reads may know of them. */
export async function casesOf(tx: Tx, rootIds: readonly string[]): Promise<(Found['cases'][number] & { rootId: string })[]> {
  return tx.db.$queryRawUnsafe(
    `select p.root_id as "rootId", m.client_id as "clientId", m.relation, c.case_no as "caseNo", i.old_case_no as "oldCaseNo", c.status from client_person p join household_member m on m.client_id = p.id join support_case c on c.id = m.case_id left join imported_case i on i.case_id = c.id
     where p.root_id = any($1::uuid[]) and m.ended_at is null order by c.opened_at desc, c.id desc`,
    [...rootIds],
  );
}

/**
 * The pairs of neighbours that the index is asked for. A part of one character has none, and may stand anywhere beside longer parts;
 * where no part is longer, the parts stand beside each other (`林 茂`), and one alone is a beginning.
 */
function pairsOf(parts: readonly string[]): string[] {
  const long = parts.filter((part) => Array.from(part).length > 1);
  if (long.length > 0) return [...new Set(long.flatMap((part) => gramsOf(part).slice(1)))];
  return parts.length === 1 ? gramsOf(parts[0]!) : gramsOf(parts.join('')).slice(1);
}

async function fittingPeople(tx: Tx, { parts, whole, phone, born }: Sought): Promise<Fit[]> {
  const ask = (names: readonly string[]): Promise<Fit[]> => tx.db.$queryRawUnsafe<Fit[]>(
    `select id, standing from search_clients($1::text[], $2::text[], $3, $4::date, $5::date, ${mostFound + 1})`,
    names.length === 0 ? null : pairsOf(names), names.length === 0 ? null : [...names], phone, born?.first ?? null, born?.last ?? null,
  );
  const found = await ask(parts);
  // kept before names were folded word by word: さいとう おさむ lies there as it is heard, in one
  const asOne = whole === null || found.length > mostFound ? [] : (await ask([whole])).filter(({ id }) => !found.some((one) => one.id === id));
  return [...found, ...asOne].toSorted((a, b) => a.standing - b.standing);
}

/**
 * People that whoever reads may find, nearest first. In a transaction of `readAs` only: there Postgres itself decides.
 * @param typed names, numbers and dates with spaces between; all of them have to fit
 */
export async function searchPeople(tx: Tx, typed: string): Promise<{ people: Found[]; more: boolean }> {
  const sought = readSought(typed);
  const inCases = await peopleInCases(tx, { caseNo: sought.caseNo, typed });
  const fitting = sought.caseNo !== null ? inCases : [...inCases, ...(await fittingPeople(tx, sought)).filter(({ id }) => !inCases.some((one) => one.id === id))];
  const clients = new Map((await findClients(tx, fitting.slice(0, mostFound).map(({ id }) => id))).map((client) => [client.id, client]));
  const cases = await casesOf(tx, [...clients.values()].map(({ rootId }) => rootId));
  const people = fitting.flatMap(({ id, standing }) => {
    const client = clients.get(id);
    return client ? [{ ...client, standing, cases: cases.filter(({ rootId }) => rootId === client.rootId).map(({ rootId: _root, ...one }) => one) }] : [];
  });
  return { people, more: fitting.length > mostFound };
}
