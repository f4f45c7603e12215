import { createHash } from 'node:crypto';
import type { App } from '../app.js';
import { readAs, type Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { mustReach } from '../domain/access.js';
import { keepAttachment, type AttachmentCompartment, type AttachmentLine } from '../domain/attachments/attachments.js';
import { cleanName, examine } from '../domain/attachments/kinds.js';
import { authorize } from '../domain/authorize.js';
import { caseIdOf } from '../domain/cases.js';
import type { ScopeItem } from '../domain/consents/consents.js';
import { findSubmission } from '../domain/submissions.js';
import { act, type Ask } from './act.js';

export interface AttachInput extends Ask {
  caseNo: string;
  name: string;
  bytes: Buffer;
  /** The record that it belongs to: it is then seen by whoever sees that. */
  submissionId: string | null;
  /** Without a record: the case team, or the own agency alone. */
  compartment: 'agency' | 'team';
  /** Which kind of content it is (F10); null: not said, and then it is read as its record is, or by unbounded rights alone. */
  item?: ScopeItem | null;
}

/**
 * Attaches a file to a case, once it has been looked into.
 * @throws Problem not_found (the case or the record is not theirs to know), attachment_refused
 */
export async function attachFile(app: App, person: Person, input: AttachInput): Promise<AttachmentLine> {
  authorize(person, 'attachment.add');
  const { caseNo, submissionId, item = null } = input;
  // whether it is theirs to know first, so that what a refusal says of a file says nothing of a case
  const compartment = await readAs(app.db, person, async (tx): Promise<AttachmentCompartment> => {
    const caseId = await caseIdOf(tx, caseNo);
    if (caseId === null) throw new Problem('not_found');
    if (submissionId === null) await mustReach(tx, person, caseId, 'content');
    const record = submissionId === null ? null : await findSubmission(tx, submissionId);
    if (submissionId !== null && record?.caseId !== caseId) throw new Problem('not_found');
    return record && record.compartment !== 'office' ? record.compartment : input.compartment;
  });
  const name = cleanName(input.name);
  const { kind, bytes: content } = await examine(name, input.bytes);
  return act(app, person, {
    action: 'attachment.add',
    resource: { type: 'attachment', id: null },
    ask: input,
    request: { caseNo, submissionId, compartment, ...(item === null ? {} : { item }), name, sha256: createHash('sha256').update(input.bytes).digest('hex') },
    async work(tx) {
      const caseId = await caseIdOf(tx, caseNo);
      if (caseId === null) throw new Problem('not_found');
      const basis = submissionId === null ? `access:${(await mustReach(tx, person, caseId, 'content')).basis}` : 'record';
      const kept = await keepAttachment(tx, app.sealer, { caseId, submissionId, name, kind, content, compartment, item, by: person });
      return { answer: kept, basis, resourceId: kept.id };
    },
  });
}
