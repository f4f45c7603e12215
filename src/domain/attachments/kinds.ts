// What a file really is, by its bytes and not by its name, and whether it may be kept: an allow-list, no macros, no bombs
// (casework.md §3.7). Pictures lose what the camera wrote into them: where and when they were taken.
import { extname } from 'node:path';
import { withoutTraces } from './pictures.js';
import { refuse } from './refuse.js';
import { mustBeOffice } from './zip.js';

export const attachmentKinds = ['pdf', 'jpg', 'png', 'docx', 'xlsx', 'txt'] as const;
export type AttachmentKind = (typeof attachmentKinds)[number];
/** 20 MB. */
export const mostBytes = 20 * 1024 * 1024;

const kindOfName: Readonly<Record<string, AttachmentKind>> = { '.pdf': 'pdf', '.jpg': 'jpg', '.jpeg': 'jpg', '.png': 'png', '.docx': 'docx', '.xlsx': 'xlsx', '.txt': 'txt' };

/** A name as it is kept: its last part, without what no name has (control characters, directions of writing). @throws Problem attachment_refused */
export function cleanName(given: string): string {
  const name = given.normalize('NFC').split(/[\\/]/).at(-1)!.trim();
  if (name === '' || Array.from(name).length > 200 || /[\p{Cc}\p{Cf}]/u.test(name)) refuse('name');
  return name;
}

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, at) => bytes[at] === byte);
const magics: Readonly<Record<Exclude<AttachmentKind, 'txt'>, readonly number[]>> = {
  pdf: [0x25, 0x50, 0x44, 0x46, 0x2d], jpg: [0xff, 0xd8, 0xff], png: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], docx: [0x50, 0x4b, 0x03, 0x04], xlsx: [0x50, 0x4b, 0x03, 0x04],
};

function isText(bytes: Uint8Array): boolean {
  for (const encoding of ['utf-8', 'shift_jis']) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      return !/[^\P{Cc}\t\r\n\f]/u.test(text);
    } catch {
      // not this one
    }
  }
  return false;
}

/** What a PDF can do by itself: scripts, programs to start, files inside. */
const activePdf = /\/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA)\b/;

/**
 * Looks into a file.
 * @returns its kind and the bytes to keep (a picture's without its traces)
 * @throws Problem attachment_refused with the reason
 */
export async function examine(name: string, bytes: Buffer): Promise<{ kind: AttachmentKind; bytes: Buffer }> {
  if (bytes.length === 0) refuse('empty');
  if (bytes.length > mostBytes) refuse('too_large');
  const kind = kindOfName[extname(name).toLowerCase()];
  if (!kind) refuse('kind');
  if (kind === 'txt') return isText(bytes) ? { kind, bytes } : refuse('content');
  if (!startsWith(bytes, magics[kind])) refuse('content');
  if (kind === 'pdf') {
    if (activePdf.test(bytes.toString('latin1').replaceAll(/#([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))) refuse('script');
    return { kind, bytes };
  }
  if (kind === 'docx' || kind === 'xlsx') {
    await mustBeOffice(bytes, kind);
    return { kind, bytes };
  }
  const kept = withoutTraces(kind, bytes);
  return kept ? { kind, bytes: kept } : refuse('broken');
}
