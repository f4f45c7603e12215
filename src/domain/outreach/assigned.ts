// Whose work it has become: the group that carries an outreach or a participation support reaches the case as long as it does. Those who
// hold the city's commission, and the city's own agencies, work for the city (個人情報保護法66条2項, 69条2項2号) and need no consent of their
// own; but nobody goes on reading whom the person has left out, nor anybody once everything was taken back, until it was
// judged that the support goes on (P10; docs/decisions/0017).
import type { Person, Tx } from '../../base/db.js';
import { endAccess, grantAccess, type Grant } from '../access.js';
import { consentStateOf, coveringConsent, scopeItems } from '../consents/consents.js';
import { recordDisclosure } from '../disclosures.js';

/** The groups of this kind that the person works in. */
export async function workGroupsOf(tx: Pick<Tx, 'db'>, person: Person, kind: string): Promise<string[]> {
  const found = await tx.db.$queryRawUnsafe<{ key: string }[]>(`select key from work_group where kind = $1 and key = any ($2::text[]) order by key`, kind, person.groups);
  return found.map(({ key }) => key);
}

/** Whether the person's newest consent leaves this agency out (F10 除外): then nothing of the case is opened to it. */
export async function mayBeGiven(tx: Pick<Tx, 'db'>, caseId: string, agencyCode: string): Promise<boolean> {
  const [newest] = await tx.db.$queryRawUnsafe<{ excluded: boolean }[]>(
    `select exists (select 1 from consent_agency a where a.consent_id = c.id and a.agency_code = $2 and a.answer = 'excluded')
       or exists (select 1 from consent_end e where e.consent_id = c.id and e.kind = 'narrowed' and $2 = any (e.agencies)) as excluded
     from consent c where c.case_id = $1::uuid and c.subject = 'self' and c.place_name is null order by c.recorded_at desc, c.id desc limit 1`, caseId, agencyCode);
  return newest?.excluded !== true;
}

/**
 * Everything was taken back, and the city has not decided since that the support goes on (T-P10-04b; the newest decision counts). Judgements
 * that were written down before the city's decisions were kept (`continuation`) stand as they are.
 */
async function isHeldBack(tx: Pick<Tx, 'db' | 'now'>, caseId: string): Promise<boolean> {
  if ((await consentStateOf(tx, caseId)).state !== 'withdrawn') return false;
  const [judged] = await tx.db.$queryRawUnsafe<{ decision: string }[]>(
    `select j.decision from (
       select d.decision, d.decided_at as at, d.submission_id as id from case_decision d where d.case_id = $1::uuid and d.kind = 'continuation'
       union all select s.answers->>'continuation', s.submitted_at, s.id from submission s where s.case_id = $1::uuid and s.record = 'F17.judgement' and not exists (select 1 from case_decision o where o.submission_id = s.id)) j
     where j.at >= (select max(e.at) from consent_end e where e.case_id = $1::uuid and e.kind = 'withdrawn') order by j.at desc, j.id desc limit 1`, caseId);
  return judged === undefined || !['limited', 'narrowed'].includes(judged.decision);
}

interface Holder {
  /** Of the outreach or the participation support. */
  serviceId: string;
  reader: string;
  agencyCode: string;
  /** `city`, `contractor`, or of an agency that does neither's work. */
  agencyKind: string;
}

interface Means {
  right: Pick<Grant, 'level' | 'items' | 'untilAt'>;
  legalBasis: '69-2-1' | '69-2-2' | '66-2';
  consentId: string | null;
}

/** How far the holder may see now, and on what that rests; null: nothing. */
async function meansOf(tx: Tx, caseId: string, { agencyCode, agencyKind }: Holder): Promise<Means | null> {
  if (!(await mayBeGiven(tx, caseId, agencyCode))) return null;
  const whoItIs = { level: 'identity', items: null, untilAt: null } as const;
  if (agencyKind === 'city' || agencyKind === 'contractor') {
    const right = (await isHeldBack(tx, caseId)) ? whoItIs : ({ level: 'content', items: null, untilAt: null } as const);
    return { right, legalBasis: agencyKind === 'city' ? '69-2-2' : '66-2', consentId: null };
  }
  const covering = await coveringConsent(tx, caseId, agencyCode);
  return covering ? { right: { level: 'content', items: covering.items, untilAt: covering.validUntil }, legalBasis: '69-2-1', consentId: covering.consentId } : { right: whoItIs, legalBasis: '69-2-2', consentId: null };
}

type Live = Pick<Grant, 'level' | 'items' | 'untilAt'>;
const keyOf = ({ level, items, untilAt }: Live): string => JSON.stringify([level, items ? [...items].toSorted() : null, untilAt?.getTime() ?? null]);

/** Brings the rights of one holder to what they are now, and writes down what it was given that it did not have. */
async function settleHolder(tx: Tx, caseId: string, holder: Holder, reason: string, submissionId: string | null): Promise<void> {
  const about = { caseId, basis: 'assignment', basisId: holder.serviceId, reader: holder.reader } as const;
  const live = await tx.db.$queryRawUnsafe<Live[]>(
    `select level, items, until_at as "untilAt" from case_access where case_id = $1::uuid and basis = 'assignment' and basis_id = $2::uuid and reader = $3 and ended_at is null`, caseId, holder.serviceId, holder.reader);
  const means = await meansOf(tx, caseId, holder);
  const [only] = live;
  if (means && live.length === 1 && only && keyOf(only) === keyOf(means.right)) return;
  if (live.length > 0) await endAccess(tx, about, reason);
  if (!means) return;
  await grantAccess(tx, { ...about, ...means.right });
  if (means.right.level !== 'content') return;
  const { legalBasis, consentId } = means;
  await recordDisclosure(tx, { caseId, to: { kind: 'agency', code: holder.agencyCode }, purpose: 'share', items: means.right.items?.length ? [...scopeItems].filter((item) => means.right.items!.includes(item)) : scopeItems, legalBasis, consentId, meetingId: null, submissionId });
}

/** It is the work of these groups from now on; they see the case as far as they may. */
export async function assign(tx: Tx, work: { caseId: string; serviceId: string; groups: readonly string[]; submissionId: string }): Promise<void> {
  const holders = await tx.db.$queryRawUnsafe<Holder[]>(
    `select $1::uuid as "serviceId", g.key as reader, a.code as "agencyCode", a.kind as "agencyKind" from work_group g join agency a on a.code = g.agency_code where g.key = any ($2::text[]) order by g.key`, work.serviceId, [...work.groups]);
  for (const holder of holders) await settleHolder(tx, work.caseId, holder, 'reassigned', work.submissionId);
}

/**
 * The rights of those who carry what runs for the case, brought to what the consents say now. An outreach that a 支援会議 agreed on rests
 * on no consent and stays.
 * @param reason why rights end, a code
 */
export async function settleAssignedAccess(tx: Tx, caseId: string, reason: string, submissionId: string | null): Promise<void> {
  const holders = await tx.db.$queryRawUnsafe<Holder[]>(
    `select distinct s.id as "serviceId", a.reader, y.code as "agencyCode", y.kind as "agencyKind"
     from (select id from outreach where case_id = $1::uuid and ended_at is null and start_basis = 'consented' union all select id from participation where case_id = $1::uuid and ended_at is null) s
       join case_access a on a.case_id = $1::uuid and a.basis = 'assignment' and a.basis_id = s.id join work_group g on g.key = a.reader join agency y on y.code = g.agency_code order by 1, 2`, caseId);
  for (const holder of holders) await settleHolder(tx, caseId, holder, reason, submissionId);
}
