// Who is found by what one types: names in any writing, telephone numbers, dates of birth, case numbers, several of them at once.
import type { Tx } from '../../base/db.js';
import { readDate } from '../../base/wareki.js';
import type { ClientRow } from './clients.js';
import { findClients } from './clients.js';
import { daysOf, foldName, foldPhone, gramsOf } from './fold.js';

export interface Sought {
  /** Folded parts of a name, each of which has to be in one of a person's names. */
  parts: string[];
  phone: string | null;
  born: { first: string; last: string } | null;
  caseNo: string | null;
}

const caseNoPattern = /^R\d{1,2}-\d{1,8}$/i;

/** Reads what somebody typed. Digits that are a date are a date (`S18.3.2`, `19430302`); other digits are a telephone number. */
export function readSought(typed: string): Sought {
  const sought: Sought = { parts: [], phone: null, born: null, caseNo: null };
  for (const word of typed.normalize('NFKC').split(/[\s,、・]+/).filter(Boolean)) {
    const phone = foldPhone(word);
    const isDate = readDate(word) !== null && !(phone !== null && /^\d{4}$/.test(word));
    if (caseNoPattern.test(word)) sought.caseNo = word.toUpperCase();
    else if (isDate) sought.born = daysOf(word);
    else if (phone !== null) sought.phone = phone;
    else {
      const part = foldName(word);
      if (part !== '') sought.parts.push(part);
    }
  }
  return sought;
}

export interface Found extends ClientRow {
  /** 0: a name that is just so · 1: begins so · 2: holds it. */
  standing: number;
  cases: { caseNo: string; status: string; relation: string; clientId: string }[];
}

const mostFound = 30;

/** Case numbers are found exactly, by whoever may know of the case. */
async function rootsInCase(tx: Tx, caseNo: string): Promise<{ id: string; standing: number }[]> {
  return tx.db.$queryRawUnsafe(
    `select p.root_id as id, min(case m.relation when 'subject' then 0 else 1 end)::int as standing from support_case c join household_member m on m.case_id = c.id join client_person p on p.id = m.client_id
     where c.case_no = $1 and m.ended_at is null group by p.root_id order by 2, 1 limit ${mostFound}`,
    caseNo,
  );
}

/** The cases of these people, newest first, as far as whoever reads may know of them. */
export async function casesOf(tx: Tx, rootIds: readonly string[]): Promise<(Found['cases'][number] & { rootId: string })[]> {
  return tx.db.$queryRawUnsafe(
    `select p.root_id as "rootId", m.client_id as "clientId", m.relation, c.case_no as "caseNo", c.status from client_person p join household_member m on m.client_id = p.id join support_case c on c.id = m.case_id
     where p.root_id = any($1::uuid[]) and m.ended_at is null order by c.opened_at desc, c.id desc`,
    [...rootIds],
  );
}

/**
 * People that whoever reads may find, nearest first. In a transaction of `readAs` only: there Postgres itself decides.
 * @param typed names, numbers and dates with spaces between; all of them have to fit
 */
export async function searchPeople(tx: Tx, typed: string): Promise<{ people: Found[]; more: boolean }> {
  const { parts, phone, born, caseNo } = readSought(typed);
  const grams = parts.length === 0 ? null : [...new Set(parts.flatMap((part) => (Array.from(part).length === 1 ? gramsOf(part) : gramsOf(part).slice(1))))];
  const roots = caseNo !== null ? await rootsInCase(tx, caseNo) : await tx.db.$queryRawUnsafe<{ id: string; standing: number }[]>(
    `select id, standing from search_clients($1::text[], $2::text[], $3, $4::date, $5::date, ${mostFound + 1})`, grams, grams === null ? null : parts, phone, born?.first ?? null, born?.last ?? null,
  );
  const ids = roots.slice(0, mostFound).map(({ id }) => id);
  const [clients, cases] = [await findClients(tx, ids), await casesOf(tx, ids)];
  const people = roots.flatMap(({ id, standing }) => clients.filter((client) => client.id === id).map((client) => ({ ...client, standing, cases: cases.filter(({ rootId }) => rootId === id).map(({ rootId: _root, ...one }) => one) })));
  return { people, more: roots.length > mostFound };
}
