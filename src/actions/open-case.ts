import type { App } from '../app.js';
import type { Actor, Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { agencyReader, grantAccess } from '../domain/access.js';
import { findAgency, intakeGroupFor } from '../domain/agencies.js';
import { authorize } from '../domain/authorize.js';
import { openCase as insertCase, type Channel, type Field } from '../domain/cases.js';
import { publishMessage } from '../engine/messages.js';
import type { Variables } from '../engine/model.js';
import { summariseOpened, type TaskSummary } from '../engine/task-summary.js';
import { act, type Ask, type Doing } from './act.js';

export interface ConsultationInput extends Ask {
  /** `worry`: no consultation, but somebody of whom people are worried and who has not asked (P03). */
  kind?: 'consultation' | 'worry' | undefined;
  field: Field;
  /** How it came. */
  channel?: Channel | null | undefined;
  urgent?: boolean | undefined;
  /** The agency that takes it; the person's own when nothing is said. */
  agencyCode?: string | undefined;
}

export interface OpenedCase {
  caseId: string;
  caseNo: string;
  instanceId: string;
  /** The tasks that wait now. */
  next: TaskSummary[];
}

/**
 * Takes a consultation, or a report of a worry: opens the case under its number and starts the process that is drawn for it
 * (message `consultation_received` or `worry_reported`, with the case number as business key). Any agency may report a worry.
 * @throws Problem forbidden; invalid when the agency takes no consultations; no_catcher when no process starts with it
 */
export async function openCase(app: App, actor: Actor, input: ConsultationInput): Promise<OpenedCase> {
  const agencyCode = input.agencyCode ?? (actor.kind === 'person' ? actor.agencyCode : '');
  const { kind = 'consultation', field, channel = null, urgent = false } = input;
  const action = kind === 'worry' ? 'case.report' : 'case.open';
  return act(app, actor, {
    action,
    resource: { type: 'case', id: null },
    ask: input,
    request: { kind, field, channel, urgent, agencyCode },
    async work(tx, doing) {
      const basis = authorize(actor, action);
      const opened = await takeConsultation(app, tx, doing, { kind, field, channel, urgent, agencyCode });
      return { answer: opened, basis, resourceId: opened.caseId };
    },
  });
}

/** The same in a transaction that is under way, for whoever may do it. @throws Problem invalid, no_catcher */
export async function takeConsultation(app: App, tx: Tx, doing: Doing, input: Registering & { kind: 'consultation' | 'worry' }): Promise<OpenedCase> {
  const { kind, field, urgent, agencyCode } = input;
  const { opened, intakeGroup } = await registerCase(app, tx, input);
  return startWith(app, tx, doing, opened, kind === 'worry' ? 'worry_reported' : 'consultation_received', { field, agencyCode, intakeGroup, ...(kind === 'worry' ? { urgency: urgent ? 'urgent' : 'none' } : {}) });
}

export interface Registering {
  field: Field;
  channel: Channel | null;
  urgent: boolean;
  agencyCode: string;
}

/** Opens the case and lets its agency see it; nothing is started yet. @throws Problem invalid */
export async function registerCase(app: App, tx: Tx, { field, channel, urgent, agencyCode }: Registering): Promise<{ opened: { id: string; caseNo: string }; intakeGroup: string }> {
  const agency = await findAgency(tx, agencyCode);
  const intakeGroup = agency ? await intakeGroupFor(tx, agencyCode, field) : null;
  if (!agency || intakeGroup === null) throw new Problem('invalid', { errors: [{ pointer: '/agencyCode', detail: '相談を受け付ける機関を選んでください。' }] });
  const opened = await insertCase(tx, { field, channel, urgent, agencyCode }, app.calendar.onDate(tx.now), tx.actor.kind === 'person' ? tx.actor.userId : null);
  await grantAccess(tx, { caseId: opened.id, reader: agencyReader(agencyCode), level: 'content', basis: 'intake', basisId: null });
  return { opened, intakeGroup };
}

/** Starts the process that is drawn for the message, about this case. @throws Problem no_catcher */
export async function startWith(app: App, tx: Tx, doing: Doing, opened: { id: string; caseNo: string }, name: string, variables: Variables): Promise<OpenedCase> {
  const message = { name, correlationKey: opened.caseNo, businessKey: opened.caseNo, variables: { caseId: opened.id, ...variables }, expiresAt: tx.now };
  const published = await publishMessage(tx, app.engine, message, doing.deferred);
  if (published.outcome !== 'started') throw new Problem('no_catcher');
  doing.after(published.effects);
  const next = published.tasks.map((task) => summariseOpened(task, tx.now));
  return { caseId: opened.id, caseNo: opened.caseNo, instanceId: published.instanceId, next };
}
