// 地域課題: what cases teach about the town, without the people. Written by who knows the case, looked through by somebody else,
// and only then seen by everybody who works here and by the 推進会議. Which case taught it is kept apart.
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { fiscalYear } from '../cases.js';
import { traces, type Trace } from './traces.js';

/** As many rows as a list of a form holds. */
const mostIssues = 200;
const dayInJapan = (instant: Date): string => new Date(instant.getTime() + 9 * 3_600_000).toISOString().slice(0, 10);

/** Who may look an issue through (the database's policy says the same). */
export const issueReviewers = ['chair', 'director', 'meetingConvenor', 'coordinator'] as const;

export interface NewIssue {
  caseId: string;
  category: string;
  area: string | null;
  title: string;
  facts: string;
  wanted: string | null;
}

const said: Readonly<Record<Trace, string>> = { name: '氏名・ふりがな', phone: '電話番号', address: '住所', birthDate: '生年月日', email: 'メールアドレス', caseNo: 'ケース番号' };

function refuseTraces(found: readonly { field: string; trace: Trace }[]): void {
  if (found.length > 0) throw new Problem('issue_identifies', { errors: found.map(({ field, trace }) => ({ pointer: `/answers/${field}`, detail: `${said[trace]}が入っています。` })) });
}

/**
 * Keeps what a case has taught, to be looked through.
 * @param fields the fields of the form by their text
 * @returns its id
 * @throws Problem issue_identifies, pointing at each field that still says who it is about
 */
export async function raiseIssue(tx: Tx, issue: NewIssue, by: Person, onDate: string, submissionId: string): Promise<string> {
  const texts = { title: issue.title, facts: issue.facts, wanted: issue.wanted ?? '', area: issue.area ?? '' };
  refuseTraces(await traces(tx, issue.caseId, texts));
  const id = newId(tx.now.getTime());
  await tx.db.communityIssue.create({ data: { id, category: issue.category, area: issue.area, title: issue.title, facts: issue.facts, wanted: issue.wanted, fiscalYear: fiscalYear(onDate), authorId: by.userId, raisedAt: tx.now } });
  await tx.db.communityIssueSource.create({ data: { issueId: id, caseId: issue.caseId, submissionId } });
  return id;
}

/**
 * A second person has looked whether it says who it is about.
 * @throws Problem not_found (no issue that waits for it), issue_own_review, issue_identifies (in the note)
 */
export async function reviewIssue(tx: Tx, issueId: string, approved: boolean, note: string | null, by: Person): Promise<void> {
  const [issue] = await tx.db.$queryRawUnsafe<{ authorId: string }[]>(`select author_id as "authorId" from community_issue where id = $1::uuid and status = 'submitted' for update`, issueId);
  if (!issue) throw new Problem('not_found');
  if (issue.authorId === by.userId) throw new Problem('issue_own_review');
  // who reads the issue reads the note
  const source = await tx.db.communityIssueSource.findUnique({ where: { issueId }, select: { caseId: true } });
  if (source && note !== null) refuseTraces(await traces(tx, source.caseId, { reviewNote: note }));
  await tx.db.$executeRawUnsafe(
    `update community_issue set status = $2, reviewed_by_id = $3::uuid, reviewed_at = $4::timestamptz, review_note = $5 where id = $1::uuid`,
    issueId, approved ? 'approved' : 'returned', by.userId, tx.now, note,
  );
}

/** The newest issue of a case that waits to be looked through; null when none does. */
export async function waitingIssue(tx: Tx, caseId: string): Promise<string | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select i.id from community_issue i join community_issue_source s on s.issue_id = i.id where s.case_id = $1::uuid and i.status = 'submitted' order by i.raised_at desc, i.id desc limit 1`, caseId,
  );
  return row?.id ?? null;
}

/** 確認待ち, 推進会議へ, 差戻し. */
export const issueStatuses = ['submitted', 'approved', 'returned'] as const;
export type IssueStatus = (typeof issueStatuses)[number];

export interface IssueRead {
  id: string;
  category: string;
  area: string | null;
  title: string;
  facts: string;
  wanted: string | null;
  status: IssueStatus;
  fiscalYear: string;
  raisedAt: Date;
  reviewedAt: Date | null;
  reviewNote: string | null;
}

/** The issues that this person may see (the database decides), newest first. None of them says which case it came from. */
export async function listIssues(tx: Tx, ask: { status: string | null; fiscalYear: string | null }): Promise<IssueRead[]> {
  const rows = await tx.db.communityIssue.findMany({
    where: { ...(ask.status === null ? {} : { status: ask.status }), ...(ask.fiscalYear === null ? {} : { fiscalYear: ask.fiscalYear }) },
    orderBy: [{ raisedAt: 'desc' }, { id: 'desc' }], take: 500,
    select: { id: true, category: true, area: true, title: true, facts: true, wanted: true, status: true, fiscalYear: true, raisedAt: true, reviewedAt: true, reviewNote: true },
  });
  return rows as IssueRead[];
}

/**
 * What the 推進会議 of a year is handed: every issue that was raised or looked through in that year and is fit to be read, in the words that
 * were looked through; each taught by one case.
 * @param year as the process has it (`R8`); anything else finds nothing
 */
export async function issuesOfYear(tx: Pick<Tx, 'db'>, year: Json | undefined): Promise<Record<string, Json>[]> {
  if (typeof year !== 'string') return [];
  const rows = await tx.db.communityIssue.findMany({ where: { status: 'approved' }, orderBy: [{ category: 'asc' }, { raisedAt: 'asc' }, { id: 'asc' }], select: { category: true, area: true, title: true, facts: true, wanted: true, fiscalYear: true, reviewedAt: true } });
  const ofYear = rows.filter((row) => row.fiscalYear === year || (row.reviewedAt !== null && fiscalYear(dayInJapan(row.reviewedAt)) === year));
  return ofYear.slice(0, mostIssues).map(({ category, area, title, facts, wanted }) => ({ category, area: area ?? '', title, facts, wanted: wanted ?? '', caseCount: 1 }));
}
