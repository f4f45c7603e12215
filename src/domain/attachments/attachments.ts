// 添付: encrypted beside everything else in Postgres, so that a backup is one thing. Added and never changed; seen with the record
// that they are attached to, else by who reaches the case (casework.md §3.7).
import { createHash } from 'node:crypto';
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { Sealer } from '../../base/seal.js';
import type { ScopeItem } from '../consents/consents.js';
import type { AttachmentKind } from './kinds.js';

export type AttachmentCompartment = 'agency' | 'team' | 'confidential';

export interface AttachmentLine {
  id: string;
  caseId: string;
  submissionId: string | null;
  name: string;
  kind: AttachmentKind;
  bytes: number;
  sha256: string;
  compartment: AttachmentCompartment;
  /** Which kind of content it is, where it was said: with a right that names kinds it is read by that. */
  item: ScopeItem | null;
  agencyCode: string;
  uploadedById: string;
  uploadedAt: Date;
}

export interface NewAttachment {
  caseId: string;
  submissionId: string | null;
  name: string;
  kind: AttachmentKind;
  content: Buffer;
  compartment: AttachmentCompartment;
  item: ScopeItem | null;
  by: Person;
}

/** Bytes of one row of a sealed file. */
const partBytes = 1024 * 1024;
const boundTo = (id: string, caseId: string): string => `attachment|${id}|${caseId}`;

/** Keeps a file that was looked into (kinds.ts). */
export async function keepAttachment(tx: Tx, sealer: Sealer, input: NewAttachment): Promise<AttachmentLine> {
  const id = newId(tx.now.getTime());
  const { caseId, submissionId, name, kind, content, compartment, item, by } = input;
  const { keyId, wrappedKey, sealed } = sealer.seal(content, boundTo(id, caseId));
  const line = { id, caseId, submissionId, name, kind, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex'), compartment, item, agencyCode: by.agencyCode, uploadedById: by.userId, uploadedAt: tx.now };
  await tx.db.attachment.create({ data: { ...line, keyId, wrappedKey: new Uint8Array(wrappedKey) } });
  for (let from = 0, part = 0; from < sealed.length; from += partBytes, part += 1) {
    await tx.db.attachmentPart.create({ data: { attachmentId: id, part, content: new Uint8Array(sealed.subarray(from, from + partBytes)) } });
  }
  return line;
}

const columns = { id: true, caseId: true, submissionId: true, name: true, kind: true, bytes: true, sha256: true, compartment: true, item: true, agencyCode: true, uploadedById: true, uploadedAt: true } as const;

/** Of a case, newest first; as a person reads, those that they may see. */
export async function listAttachments(tx: Tx, caseId: string): Promise<AttachmentLine[]> {
  return (await tx.db.attachment.findMany({ where: { caseId }, select: columns, orderBy: [{ uploadedAt: 'desc' }, { id: 'desc' }], take: 500 })) as AttachmentLine[];
}

/** null: there is none that may be seen. @throws Error when its key is not here, or it was changed */
export async function openAttachment(tx: Tx, sealer: Sealer, id: string): Promise<(AttachmentLine & { content: Buffer }) | null> {
  const found = await tx.db.attachment.findUnique({ where: { id }, select: { ...columns, keyId: true, wrappedKey: true } });
  if (!found) return null;
  const parts = await tx.db.attachmentPart.findMany({ where: { attachmentId: id }, orderBy: { part: 'asc' }, select: { content: true } });
  const { keyId, wrappedKey, ...line } = found;
  const content = sealer.open({ keyId, wrappedKey, sealed: Buffer.concat(parts.map((part) => part.content)) }, boundTo(id, line.caseId));
  if (createHash('sha256').update(content).digest('hex') !== line.sha256) throw new Error(`attachment ${id} is not what was uploaded`);
  return { ...(line as AttachmentLine), content };
}
