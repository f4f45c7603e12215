// Excel files that come from elsewhere, as plain cells; and templates that go out. A file is unpacked within bounds before anything
// reads it: what claims to be small and is not ends here.
import { inflateRawSync } from 'node:zlib';
import type ExcelJS from 'exceljs';

export interface Cell {
  /** `C5` */
  address: string;
  column: number;
  /** What stands in it. A date is the local time on the sheet, read as UTC. */
  value: string | number | boolean | Date;
  /** Why nothing can be taken from it: a formula, an error of the sheet's. */
  problem: 'formula' | 'error' | null;
}

export interface Sheet {
  name: string;
  /** Rows that hold anything, from the first; `number` counts from 1. */
  rows: { number: number; cells: Cell[] }[];
}

/** `not_excel`: no .xlsx; `too_much`: unpacks to more than may be read; `protected`: it is encrypted. */
export type WorkbookFault = 'not_excel' | 'too_much' | 'protected';

export class WorkbookRefused extends Error {
  readonly fault: WorkbookFault;

  constructor(fault: WorkbookFault) {
    super(fault);
    this.fault = fault;
  }
}

const mostUnpacked = 16 * 1024 * 1024;
const mostEntries = 200;
const mostRows = 2_000;
const mostColumns = 500;
/** An encrypted workbook is no zip but an OLE file. */
const ole = Buffer.from('d0cf11e0a1b11ae1', 'hex');

/** Unpacks every entry, only to count: the sizes that a zip claims are whatever its maker wrote. @throws WorkbookRefused */
function mustUnpackSmall(file: Buffer): void {
  if (file.subarray(0, 8).equals(ole)) throw new WorkbookRefused('protected');
  const end = file.lastIndexOf(Buffer.from('504b0506', 'hex'));
  if (file.readUInt32BE(0) !== 0x504b0304 || end < 0 || end + 22 > file.length) throw new WorkbookRefused('not_excel');
  const entries = file.readUInt16LE(end + 10);
  if (entries > mostEntries) throw new WorkbookRefused('too_much');
  let at = file.readUInt32LE(end + 16);
  let left = mostUnpacked;
  const known = new Set<string>();
  for (let index = 0; index < entries; index += 1) {
    if (at + 46 > file.length || file.readUInt32LE(at) !== 0x02014b50) throw new WorkbookRefused('not_excel');
    const [method, packed, nameLength] = [file.readUInt16LE(at + 10), file.readUInt32LE(at + 20), file.readUInt16LE(at + 28)];
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    if (known.has(name)) throw new WorkbookRefused('not_excel');
    known.add(name);
    left -= unpackedSize(file, file.readUInt32LE(at + 42), method, packed, left);
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  if (!known.has('xl/workbook.xml')) throw new WorkbookRefused('not_excel');
}

function unpackedSize(file: Buffer, local: number, method: number, packed: number, left: number): number {
  if (local + 30 > file.length || file.readUInt32LE(local) !== 0x04034b50) throw new WorkbookRefused('not_excel');
  const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
  if (start + packed > file.length) throw new WorkbookRefused('not_excel');
  if (method === 0) {
    if (packed > left) throw new WorkbookRefused('too_much');
    return packed;
  }
  if (method !== 8) throw new WorkbookRefused('not_excel');
  try {
    return inflateRawSync(file.subarray(start, start + packed), { maxOutputLength: Math.max(left, 1) }).length;
  } catch (error) {
    throw new WorkbookRefused((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_much' : 'not_excel');
  }
}

function plain(value: ExcelJS.CellValue): Pick<Cell, 'value' | 'problem'> | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value instanceof Date) return { value, problem: null };
  if ('error' in value) return { value: String(value.error), problem: 'error' };
  if ('formula' in value || 'sharedFormula' in value) return { value: '', problem: 'formula' };
  if ('richText' in value) return { value: value.richText.map(({ text }) => text).join(''), problem: null };
  if ('text' in value) return plain(value.text as ExcelJS.CellValue);
  return { value: '', problem: 'error' };
}

/** The library is large, and most that starts never opens a workbook. */
const newBook = async (): Promise<ExcelJS.Workbook> => new (await import('exceljs')).default.Workbook();

/**
 * The cells of all visible sheets. Nothing is calculated, no macro and no link is followed.
 * @throws WorkbookRefused
 */
export async function readWorkbook(file: Buffer): Promise<Sheet[]> {
  if (file.length < 22) throw new WorkbookRefused('not_excel');
  mustUnpackSmall(file);
  const book = await newBook();
  try {
    await book.xlsx.load(file as unknown as ArrayBuffer); // its types know the Buffer of an older Node
  } catch {
    throw new WorkbookRefused('not_excel');
  }
  return book.worksheets.filter(({ state }) => state === 'visible').map((sheet) => {
    if (sheet.rowCount > mostRows + 1_000_000 || sheet.actualRowCount > mostRows || sheet.actualColumnCount > mostColumns) throw new WorkbookRefused('too_much');
    const rows: Sheet['rows'] = [];
    sheet.eachRow((row) => {
      const cells: Cell[] = [];
      row.eachCell((cell, column) => {
        // a merged cell stands where it begins
        const found = cell.isMerged && cell.master.address !== cell.address ? null : plain(cell.value);
        if (found && !(typeof found.value === 'string' && found.value.trim() === '' && found.problem === null)) cells.push({ address: cell.address, column, ...found });
      });
      if (cells.length > 0) rows.push({ number: row.number, cells });
    });
    return { name: sheet.name, rows };
  });
}

export interface TemplateColumn {
  title: string;
  required: boolean;
  /** How it is written. */
  how: string;
  /** What may be chosen. */
  options: readonly string[];
}

/** An empty workbook: a sheet for each name with its columns, and one that says how each is written. */
export async function writeTemplate(sheets: readonly { name: string; columns: readonly TemplateColumn[] }[]): Promise<Buffer> {
  const book = await newBook();
  for (const { name, columns } of sheets) {
    const sheet = book.addWorksheet(name, { views: [{ state: 'frozen', ySplit: 1 }] });
    sheet.columns = columns.map(({ title }) => ({ header: title, width: Math.min(40, Math.max(14, title.length * 2)), style: { numFmt: '@' } }));
    const header = sheet.getRow(1);
    header.font = { bold: true };
    columns.forEach(({ required, options }, index) => {
      if (required) header.getCell(index + 1).fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFFFF2CC' } };
      const list = `"${options.join(',')}"`;
      if (options.length === 0 || list.length > 255 || options.some((one) => one.includes(',') || one.includes('"'))) return;
      for (let row = 2; row <= 200; row += 1) sheet.getCell(row, index + 1).dataValidation = { type: 'list', allowBlank: true, formulae: [list], showErrorMessage: false };
    });
    const words = book.addWorksheet(`書き方（${name}）`);
    words.columns = [{ header: '見出し', width: 40 }, { header: '必須', width: 8 }, { header: '書き方', width: 100 }];
    for (const { title, required, how } of columns) words.addRow([title, required ? '必須' : '', how]);
  }
  return Buffer.from(await book.xlsx.writeBuffer());
}
