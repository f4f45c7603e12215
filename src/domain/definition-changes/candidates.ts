// What a change of P13 would deploy, to the letter: kept with the change before it is tried, approved as it is, deployed as it is, once.
import { createHash } from 'node:crypto';
import type { Calendar } from '../../base/calendar.js';
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { canonicalJson, type Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';

/** A process with all of its forms (by form key), or one standing form. */
export interface Content {
  kind: 'process' | 'form';
  key: string;
  /** null: a standing form. */
  xml: string | null;
  forms: Record<string, Json>;
}

export interface Candidate extends Content {
  id: string;
  changeId: string;
  sha256: string;
  /** What deploying it would do to what runs, as it stood when it was given. */
  effect: Json;
  givenById: string;
  givenAt: Date;
}

interface Target {
  status: string;
  targetKind: string;
  targetKey: string;
  drafters: string[];
  deployedAt: Date | null;
}

/**
 * Keeps what was checked as what the change would deploy; whoever gives it had a hand in the draft from then on.
 * @throws Problem not_found; change_tried: what was tried is not exchanged; change_differs: of another process or form
 */
export async function keepCandidate(tx: Tx, changeId: string, content: Content, effect: Json, by: string): Promise<{ id: string; sha256: string }> {
  const [change] = await tx.db.$queryRawUnsafe<Target[]>(`select status, target_kind as "targetKind", process_key as "targetKey", drafters, deployed_at as "deployedAt" from definition_change where id = $1::uuid for update`, changeId);
  if (!change) throw new Problem('not_found');
  if (change.status !== 'drafted' && change.status !== 'returned') throw new Problem('change_tried', { extra: { status: change.status } });
  if (change.targetKind !== content.kind || change.targetKey !== content.key) {
    throw new Problem('change_differs', { detail: '改定案に書かれた手順・様式とは別のものです。改定案と、送った図・様式の名前（key）を確かめてください。', extra: { expected: { kind: change.targetKind, key: change.targetKey }, sent: { kind: content.kind, key: content.key } } });
  }
  const id = newId(tx.now.getTime());
  const sha256 = createHash('sha256').update(`${content.xml ?? ''}\n${canonicalJson(content.forms)}`).digest('hex');
  await tx.db.$executeRawUnsafe(
    `insert into definition_candidate (id, change_id, kind, key, sha256, xml, forms, effect, given_by_id, given_at) values ($1::uuid, $2::uuid, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9::uuid, $10::timestamptz)`,
    id, changeId, content.kind, content.key, sha256, content.xml, JSON.stringify(content.forms), JSON.stringify(effect), by, tx.now,
  );
  await tx.db.definitionChange.update({ where: { id: changeId }, data: { candidateId: id, drafters: [...new Set([...change.drafters, by])] } });
  return { id, sha256 };
}

/** The newest candidate of a change; null when none was given. */
export async function candidateOf(tx: Tx, changeId: string): Promise<Candidate | null> {
  const [found] = await tx.db.$queryRawUnsafe<Candidate[]>(
    `select k.id, k.change_id as "changeId", k.kind, k.key, k.sha256, k.xml, k.forms, k.effect, k.given_by_id as "givenById", k.given_at as "givenAt"
     from definition_change c join definition_candidate k on k.id = c.candidate_id where c.id = $1::uuid`,
    changeId,
  );
  return found ?? null;
}

interface Approval {
  id: string;
  /** ISO day; null: approved, not published. */
  effectiveOn: string | null;
  deployed: boolean;
  same: boolean;
}

/**
 * The approved change by which exactly this may be deployed now. Held until the transaction ends, so that nobody else uses it.
 * @throws Problem change_not_approved, change_not_yet_effective, change_differs, change_used
 */
export async function approvalFor(tx: Tx, calendar: Calendar, content: Content): Promise<string> {
  const approvals = await tx.db.$queryRawUnsafe<Approval[]>(
    `select c.id, case when c.status in ('published', 'told') then c.effective_on::text end as "effectiveOn", c.deployed_at is not null as deployed, k.xml is not distinct from $3 and k.forms = $4::jsonb as same
     from definition_change c join definition_candidate k on k.id = c.candidate_id
     where c.target_kind = $1 and c.process_key = $2 and c.status in ('approved', 'published', 'told') order by c.approved_at desc, c.id desc for update of c`,
    content.kind, content.key, content.xml, JSON.stringify(content.forms),
  );
  const today = calendar.onDate(tx.now);
  const open = approvals.filter(({ deployed }) => !deployed);
  const mine = open.filter(({ same }) => same);
  const now = mine.find(({ effectiveOn }) => effectiveOn !== null && effectiveOn <= today);
  if (now) return now.id;
  const later = mine.flatMap(({ effectiveOn }) => effectiveOn ?? []).toSorted()[0];
  if (later !== undefined) throw new Problem('change_not_yet_effective', { extra: { effectiveOn: later } });
  if (mine.length > 0) throw new Problem('change_not_approved', { detail: '改定は承認されていますが、施行日が決まっていません。施行日を設定して公開してください。' });
  if (open.length > 0) throw new Problem('change_differs');
  if (approvals.some(({ same }) => same)) throw new Problem('change_used');
  throw new Problem('change_not_approved');
}

/** The change has become this version: its approval is used. */
export async function markDeployed(tx: Tx, changeId: string, version: number): Promise<void> {
  await tx.db.definitionChange.update({ where: { id: changeId }, data: { version, deployedAt: tx.now } });
}
