import type { App } from '../app.js';
import { transact, type Actor, type System, type Tx } from '../base/db.js';
import { errorLine } from '../base/error-facts.js';
import { Outage, Problem } from '../base/problem.js';
import { caseNoOf, lockCase } from '../domain/cases.js';
import { authorize } from '../domain/authorize.js';
import { effectiveRule, tellRefused } from '../domain/definition-changes/definition-changes.js';
import { timerRules } from '../domain/timer-rules.js';
import { parkedUntil, restMs, restTimer } from '../engine/timers.js';
import { act, engineActor } from './act.js';
import { deployChange } from './deploy-change.js';
import { tellProcesses } from './keep-answers.js';

const mostAttempts = 5;

interface Waiting {
  id: string;
  rule: string;
  aboutId: string;
  /** null: about no case. */
  caseId: string | null;
}

export interface FiredDomainTimer {
  /** idle: it has happened, was called off, or is not due. parked: it failed too often, somebody must look (`last_error`). */
  outcome: 'fired' | 'idle' | 'resting' | 'parked';
  /** An older one of the same case went first: ask again for this one. */
  again: boolean;
}

/**
 * Lets happen what the domain waited for (a consent's last day, an answer that is due), with all that follows, in one transaction.
 * What is due for one case happens in due order, however late; doing it again changes nothing. What fails is tried again later.
 * @throws Outage when the database is away
 */
export async function fireDomainTimer(app: App, actor: Actor, input: { timerId: string }): Promise<FiredDomainTimer> {
  const basis = authorize(actor, 'timer.fire');
  const { timerId } = input;
  let chosen: Waiting | null = null;
  try {
    const refused = await deployEffective(app, timerId);
    return await act<FiredDomainTimer>(app, actor, {
      action: 'timer.fire',
      resource: { type: 'timer', id: timerId },
      ask: {},
      async work(tx, doing) {
        chosen = await takeOldest(tx, timerId);
        if (!chosen) return { answer: { outcome: 'idle', again: false }, basis, reason: 'idle' };
        if (chosen.rule === effectiveRule) {
          if (refused) await tellRefused(tx, chosen.aboutId);
          return { answer: { outcome: 'fired', again: false }, basis, resourceId: chosen.id, reason: refused?.code ?? effectiveRule };
        }
        const rule = timerRules.get(chosen.rule);
        if (!rule) throw new Error(`no rule ${chosen.rule}`);
        const told = await rule(tx, chosen.aboutId, app.calendar);
        if (told && told.length > 0) await tellProcesses(app, tx, doing, { caseId: chosen.caseId, caseNo: chosen.caseId === null ? null : await caseNoOf(tx, chosen.caseId) }, told);
        return { answer: { outcome: 'fired', again: chosen.id !== timerId }, basis, resourceId: chosen.id, reason: chosen.rule };
      },
    });
  } catch (error) {
    const failed = chosen as Waiting | null;
    if (error instanceof Outage || !failed) throw error;
    return { outcome: await keepFailure(app, failed.id, error), again: failed.id !== timerId };
  }
}

const publication: System = { kind: 'system', name: 'publication' };

/**
 * Deploys a published change whose day has come (P13), in the transaction of the deployment itself; done again it changes nothing, so a
 * timer that was not marked after it is no harm.
 * @returns why it was refused: something has changed since it was checked (another process starts with its message, a group is gone)
 */
async function deployEffective(app: App, timerId: string): Promise<Problem | null> {
  const due = await transact(app.db, engineActor, (tx) => tx.db.timer.findFirst({ where: { id: timerId, kind: 'domain', rule: effectiveRule, status: 'pending', dueAt: { lte: tx.now } }, select: { aboutId: true } }));
  if (!due?.aboutId) return null;
  try {
    await deployChange(app, publication, { changeId: due.aboutId });
    return null;
  } catch (error) {
    // a person has deployed it before, on that very day
    if (error instanceof Problem) return error.code === 'change_used' ? null : error;
    throw error;
  }
}

/** The oldest due timer of the same case, marked as fired; the case is locked first, as everybody does who then calls a timer off. */
async function takeOldest(tx: Tx, timerId: string): Promise<Waiting | null> {
  const [asked] = await tx.db.$queryRawUnsafe<Waiting[]>(`select id, rule, about_id as "aboutId", case_id as "caseId" from timer where id = $1::uuid and kind = 'domain' and status = 'pending' and due_at <= $2::timestamptz`, timerId, tx.now);
  if (!asked) return null;
  if (asked.caseId === null) return takeAlone(tx, timerId);
  await lockCase(tx, asked.caseId);
  const [taken] = await tx.db.$queryRawUnsafe<Waiting[]>(
    `update timer set status = 'fired', fired_at = $2::timestamptz, claimed_until = null where status = 'pending' and id = (
       select id from timer where case_id = $1::uuid and kind = 'domain' and status = 'pending' and due_at <= $2::timestamptz
         and (attempts = 0 or claimed_until is null or claimed_until <= $2::timestamptz or id = $3::uuid)
       order by due_at, id limit 1)
       and exists (select 1 from timer where id = $3::uuid and status = 'pending')
     returning id, rule, about_id as "aboutId", case_id as "caseId"`,
    asked.caseId,
    tx.now,
    timerId,
  );
  return taken ?? null;
}

/** One that is about no case waits for no other. */
async function takeAlone(tx: Tx, timerId: string): Promise<Waiting | null> {
  const [taken] = await tx.db.$queryRawUnsafe<Waiting[]>(`update timer set status = 'fired', fired_at = $2::timestamptz, claimed_until = null where id = $1::uuid and status = 'pending' returning id, rule, about_id as "aboutId", null as "caseId"`, timerId, tx.now);
  return taken ?? null;
}

async function keepFailure(app: App, timerId: string, error: unknown): Promise<'resting' | 'parked'> {
  return transact(app.db, engineActor, async (tx) => {
    const found = await tx.db.timer.findUnique({ where: { id: timerId }, select: { attempts: true } });
    const attempts = (found?.attempts ?? 0) + 1;
    const parked = attempts >= mostAttempts;
    await restTimer(tx, timerId, parked ? parkedUntil : new Date(tx.now.getTime() + restMs(attempts)), errorLine(error));
    return parked ? 'parked' : 'resting';
  });
}
