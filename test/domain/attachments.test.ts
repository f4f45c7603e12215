// What may be attached, and how it lies in the database.
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { openSealer } from '../../src/base/seal.js';
import { cleanName, examine, mostBytes } from '../../src/domain/attachments/kinds.js';

interface Part {
  name: string;
  content: Buffer;
  /** What the archive says of its size, where that is a lie. */
  said?: number;
}

function zipOf(parts: readonly Part[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, content, said } of parts) {
    const packed = deflateRawSync(content);
    const label = Buffer.from(name, 'utf8');
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(said ?? content.length, 22);
    local.writeUInt16LE(label.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(said ?? content.length, 24);
    entry.writeUInt16LE(label.length, 28);
    entry.writeUInt32LE(at, 42);
    locals.push(local, label, packed);
    central.push(entry, label);
    at += 30 + label.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...central, end]);
}

const types = { name: '[Content_Types].xml', content: Buffer.from('<Types/>') };
const text = (size: number, seed = 'つなぎ'): Buffer => Buffer.from(Array.from({ length: size }, (_one, at) => `${seed}${(at * 2_654_435_761) % 4_294_967_296}`).join(' '));
const word: Part[] = [types, { name: 'word/document.xml', content: text(200) }];
const reasonOf = (name: string, bytes: Buffer): Promise<string> => examine(name, bytes).then(({ kind }) => kind, (e: { code: string; extra: { reason: string } }) => `${e.code} ${e.extra.reason}`);

const segment = (marker: number, content: string): Buffer => Buffer.concat([Buffer.from([0xff, marker, 0, content.length + 2]), Buffer.from(content, 'latin1')]);
const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8]), segment(0xe0, 'JFIF\0'), segment(0xe1, 'Exif\0\0GPS 34.7 135.6'), segment(0xdb, 'table'), Buffer.from([0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9])]);
const chunk = (type: string, content: string): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length);
  return Buffer.concat([size, Buffer.from(type + content, 'latin1'), Buffer.alloc(4)]);
};
const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', 'x'.repeat(13)), chunk('eXIf', 'GPS 34.7'), chunk('IDAT', 'pixels'), chunk('IEND', '')]);
const pdf = (more = ''): Buffer => Buffer.from(`%PDF-1.7\n1 0 obj << /Type /Catalog ${more} >> endobj\n%%EOF`, 'latin1');

describe('attachments', () => {
  test('what is on the list is taken, by its bytes', async () => {
    expect(await reasonOf('同意書.pdf', pdf())).toBe('pdf');
    expect(await reasonOf('写真.JPG', jpeg)).toBe('jpg');
    expect(await reasonOf('図.png', png)).toBe('png');
    expect(await reasonOf('様式.docx', zipOf(word))).toBe('docx');
    expect(await reasonOf('一覧.xlsx', zipOf([types, { name: 'xl/workbook.xml', content: text(50) }]))).toBe('xlsx');
    expect(await reasonOf('メモ.txt', Buffer.from('𠮷田さん 辻󠄀さん\r\n', 'utf8'))).toBe('txt');
    expect(await reasonOf('古いメモ.txt', Buffer.from([0x83, 0x81, 0x83, 0x82]))).toBe('txt'); // メモ in Shift_JIS
  });

  test.each<[string, string, Buffer, string]>([
    ['nothing', 'a.pdf', Buffer.alloc(0), 'empty'],
    ['more than 20 MB', 'a.txt', Buffer.alloc(mostBytes + 1, 'a'), 'too_large'],
    ['a kind that is not listed', 'a.exe', Buffer.from('MZ'), 'kind'],
    ['a kind with macros', 'a.docm', zipOf(word), 'kind'],
    ['a program that calls itself a PDF', 'a.pdf', Buffer.from('MZ\x90'), 'content'],
    ['a page that calls itself a text', 'a.txt', Buffer.from([0x00, 0x01, 0x02]), 'content'],
    ['a PDF that runs a script', 'a.pdf', pdf('/OpenAction << /S /JavaScript /JS (x) >>'), 'script'],
    ['a PDF whose script is written otherwise', 'a.pdf', pdf('/OpenAction << /S /J#61vaScript >>'), 'script'],
    ['a PDF that starts a program', 'a.pdf', pdf('/S /Launch'), 'script'],
    ['a document with macros', 'a.docx', zipOf([...word, { name: 'word/vbaProject.bin', content: text(5) }]), 'macro'],
    ['a document that says it has macros', 'a.docx', zipOf([{ name: '[Content_Types].xml', content: Buffer.from('application/vnd.ms-word.document.macroEnabled.main+xml') }, word[1]!]), 'macro'],
    ['a program in a document', 'a.docx', zipOf([...word, { name: 'word/x.exe', content: text(5) }]), 'macro'],
    ['an archive that is no document', 'a.docx', zipOf([{ name: 'a.txt', content: text(5) }]), 'content'],
    ['a sheet that calls itself a document', 'a.docx', zipOf([types, { name: 'xl/workbook.xml', content: text(5) }]), 'content'],
    ['a bomb that says so', 'a.docx', zipOf([...word, { name: 'word/big.xml', content: Buffer.alloc(8_000_000) }]), 'bomb'],
    ['a bomb that lies', 'a.docx', zipOf([...word, { name: 'word/big.xml', content: Buffer.alloc(8_000_000), said: 10 }]), 'bomb'],
    ['an archive that is cut off', 'a.docx', zipOf(word).subarray(0, -10), 'broken'],
    ['two entries of one name', 'a.docx', zipOf([...word, word[1]!]), 'broken'],
    ['a way out of the folder', 'a.docx', zipOf([...word, { name: '../x.xml', content: text(5) }]), 'broken'],
    ['half a picture', 'a.jpg', jpeg.subarray(0, 14), 'broken'],
    ['half another', 'a.png', png.subarray(0, 30), 'broken'],
  ])('%s is refused', async (_what, name, bytes, reason) => {
    expect(await reasonOf(name, bytes)).toBe(`attachment_refused ${reason}`);
  });

  test('a picture forgets where it was taken, and stays the picture', async () => {
    for (const [name, bytes] of [['a.jpg', jpeg], ['a.png', png]] as const) {
      const kept = (await examine(name, bytes)).bytes.toString('latin1');
      expect(kept).not.toContain('GPS');
      expect(kept).toContain(name === 'a.jpg' ? 'table' : 'pixels');
      expect((await examine(name, Buffer.from(kept, 'latin1'))).bytes.toString('latin1')).toBe(kept);
    }
  });

  test('a name is its last part, with old and rare characters, and without tricks', () => {
    expect(cleanName('C:\\Users\\x\\𠮷田󠄀の同意書.pdf')).toBe('𠮷田󠄀の同意書.pdf');
    for (const name of ['', '  ', 'a\u0000.pdf', 'a\u202Efdp.exe', 'x'.repeat(201)]) expect(() => cleanName(name)).toThrow(expect.objectContaining({ code: 'attachment_refused' }));
  });

  test('sealed bytes open only where they belong, unchanged, with a key that is there', () => {
    const [one, two] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];
    const plain = Buffer.from('同意書');
    const sealed = openSealer(one).seal(plain, 'a|case');
    expect(sealed.sealed.includes(plain)).toBe(false);
    expect(openSealer(one).open(sealed, 'a|case')).toEqual(plain);
    expect(() => openSealer(one).open(sealed, 'a|other case')).toThrow();
    const changed = Buffer.from(sealed.sealed);
    changed[30]! ^= 1;
    expect(() => openSealer(one).open({ ...sealed, sealed: changed }, 'a|case')).toThrow();
    expect(() => openSealer(two).open(sealed, 'a|case')).toThrow('no key');
    expect(openSealer(two, [one]).open(sealed, 'a|case')).toEqual(plain); // the key was changed since
    expect(openSealer(two, [one]).seal(plain, 'x').keyId).not.toBe(sealed.keyId);
    expect(() => openSealer(Buffer.alloc(16).toString('base64'))).toThrow('32 bytes');
  });
});
