// Office files are ZIP archives. Every entry is really unpacked, up to a limit: what an archive says of its sizes may be a lie.
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { refuse } from './refuse.js';

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);
const mostEntries = 2_000;
/** Unpacked, all together. */
const mostUnpacked = 100 * 1024 * 1024;
/** How many times larger than the archive an honest document may be. */
const mostRatio = 200;
const macros = /(^|\/)(vbaProject\.bin|vbaData\.xml|activeX\/|macrosheets\/|dialogsheets\/)|\.(bin\.exe|exe|dll|js|vbs|bat|cmd|ps1|hta|scr)$/i;
const macroType = /macroEnabled|vnd\.ms-office\.vbaProject|vnd\.ms-office\.activeX/i;

interface Entry {
  name: string;
  method: number;
  packed: number;
  unpacked: number;
  at: number;
}

/** The entries of the central directory; null where it cannot be read (encrypted, ZIP64, cut off). */
function entriesOf(zip: Buffer): Entry[] | null {
  const from = Math.max(0, zip.length - 65_557);
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < from || end + 22 > zip.length) return null;
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  if (count > mostEntries) refuse('bomb');
  const entries: Entry[] = [];
  for (let n = 0; n < count; n += 1) {
    if (at + 46 > end || zip.readUInt32LE(at) !== 0x02014b50) return null;
    const flags = zip.readUInt16LE(at + 8);
    const nameLength = zip.readUInt16LE(at + 28);
    const entry = { method: zip.readUInt16LE(at + 10), packed: zip.readUInt32LE(at + 20), unpacked: zip.readUInt32LE(at + 24), at: zip.readUInt32LE(at + 42), name: zip.toString('utf8', at + 46, at + 46 + nameLength) };
    if ((flags & 1) === 1 || entry.packed === 0xffffffff || (entry.method !== 0 && entry.method !== 8)) return null;
    entries.push(entry);
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

async function unpack(zip: Buffer, entry: Entry, room: number): Promise<Buffer> {
  if (entry.at + 30 > zip.length || zip.readUInt32LE(entry.at) !== 0x04034b50) refuse('broken');
  const from = entry.at + 30 + zip.readUInt16LE(entry.at + 26) + zip.readUInt16LE(entry.at + 28);
  const packed = zip.subarray(from, from + entry.packed);
  if (packed.length !== entry.packed) refuse('broken');
  if (entry.method === 0) return packed;
  try {
    return await inflate(packed, { maxOutputLength: Math.max(1, Math.min(room, entry.unpacked + 1)) });
  } catch (error) {
    return refuse((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'bomb' : 'broken');
  }
}

/** @throws Problem attachment_refused when it is no such document, holds macros or programs, or is a bomb */
export async function mustBeOffice(zip: Buffer, kind: 'docx' | 'xlsx'): Promise<void> {
  const entries = entriesOf(zip) ?? refuse('broken');
  const names = new Set(entries.map(({ name }) => name));
  if (!names.has('[Content_Types].xml') || !names.has(kind === 'docx' ? 'word/document.xml' : 'xl/workbook.xml')) refuse('content');
  if (names.size !== entries.length || entries.some(({ name }) => name.startsWith('/') || name.split('/').includes('..'))) refuse('broken');
  if (entries.some(({ name }) => macros.test(name))) refuse('macro');
  const limit = Math.min(mostUnpacked, zip.length * mostRatio);
  if (entries.reduce((sum, { unpacked }) => sum + unpacked, 0) > limit) refuse('bomb');
  let room = limit;
  for (const entry of entries) {
    const content = await unpack(zip, entry, room);
    if (content.length !== entry.unpacked) refuse('bomb');
    room -= content.length;
    if (entry.name === '[Content_Types].xml' && macroType.test(content.toString('utf8'))) refuse('macro');
  }
}
