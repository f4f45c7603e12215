// Looks at the text of an uploaded diagram before any parser sees it. One pass, no copies: a hostile upload costs nothing.
import type { Refusal } from './model.js';

export interface XmlLimits {
  /** Size in UTF-8 bytes. */
  maxBytes: number;
  maxDepth: number;
  maxElements: number;
}

const maxAttributes = 200;
const usual: XmlLimits = { maxBytes: 1_000_000, maxDepth: 60, maxElements: 15_000 };

const refusal = (rule: string, message: string): Refusal => ({ rule, element: null, message });
const notXml = (message: string): Refusal => refusal('not-xml', `XML として読めません: ${message}`);
const dtd = (): Refusal => refusal('dtd-or-entity', 'DTD や実体（ENTITY）は使えません');

/** Where a tag that begins at `from` ends (its `>`); -1 if it does not, -2 if another tag begins inside it. */
function endOfTag(xml: string, from: number): number {
  let quote = '';
  for (let at = from; at < xml.length; at += 1) {
    const char = xml[at] as string;
    if (quote) {
      if (char === quote) quote = '';
      else if (char === '<') return -2;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '>') return at;
    else if (char === '<') return -2;
  }
  return -1;
}

const knownReference = /^&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});/;

/** References between `from` and `to`. The place of the next `&` is kept: looking for it anew each time would be quadratic. */
function checkReferences(scan: Scan, from: number, to: number): Refusal | null {
  const { xml } = scan;
  if (scan.ampersand < from) scan.ampersand = nextAmpersand(xml, from);
  while (scan.ampersand < to) {
    const text = xml.slice(scan.ampersand, scan.ampersand + 12);
    if (!knownReference.test(text)) return /^&[\w.:-]+(?:;|$)/.test(text) ? dtd() : notXml('& は &amp; と書きます');
    scan.ampersand = nextAmpersand(xml, scan.ampersand + 1);
  }
  return null;
}

function nextAmpersand(xml: string, from: number): number {
  const at = xml.indexOf('&', from);
  return at === -1 ? Infinity : at;
}

interface Scan {
  xml: string;
  limits: XmlLimits;
  open: string[];
  elements: number;
  /** The first `&` that has not been looked at. */
  ampersand: number;
}

const special: readonly { start: string; end: string }[] = [{ start: '<!--', end: '-->' }, { start: '<![CDATA[', end: ']]>' }, { start: '<?', end: '?>' }];

/** What stands after the name: attributes in XML's form, not too many. A parser that complains of each one costs more than it looks. */
function checkAttributes(body: string, from: number): Refusal | null {
  const attribute = /\s+[\p{L}_][\p{L}\p{N}_.:-]*\s*=\s*(?:"[^"]*"|'[^']*')/uy;
  attribute.lastIndex = from;
  let at = from;
  for (let count = 0; attribute.test(body); count += 1) {
    at = attribute.lastIndex;
    if (count >= maxAttributes) return refusal('too-large', `属性は一つの要素に ${maxAttributes} 個までです`);
  }
  return /^\s*\/?$/.test(body.slice(at, at + 100)) ? null : notXml('属性の書き方が違います');
}

function openTag(scan: Scan, body: string): Refusal | null {
  const name = /^[\p{L}_][\p{L}\p{N}_.:-]*/u.exec(body)?.[0];
  if (!name) return notXml('要素の名前がありません');
  const attributes = checkAttributes(body, name.length);
  if (attributes) return attributes;
  if (scan.elements === 0 && !/^(?:[\w.-]+:)?definitions$/.test(name)) return notXml('BPMN の図（definitions）ではありません');
  if (scan.elements > 0 && scan.open.length === 0) return notXml('根の要素が二つあります');
  scan.elements += 1;
  if (scan.elements > scan.limits.maxElements) return refusal('too-large', `要素は ${scan.limits.maxElements} 個までです`);
  if (!body.endsWith('/')) scan.open.push(name);
  return scan.open.length > scan.limits.maxDepth ? refusal('too-deep', `要素の入れ子は ${scan.limits.maxDepth} 段までです`) : null;
}

function closeTag(scan: Scan, body: string): Refusal | null {
  const name = body.slice(1).trim();
  return scan.open.pop() === name ? null : notXml(`終わりのタグ ${name.slice(0, 60)} が合いません`);
}

/** One piece of markup at `at`: the place after it, or why not. */
function markup(scan: Scan, at: number): number | Refusal {
  const { xml } = scan;
  for (const { start, end } of special) {
    if (!xml.startsWith(start, at)) continue;
    const to = xml.indexOf(end, at + start.length);
    return to === -1 ? notXml('途中で終わっています') : to + end.length;
  }
  if (xml[at + 1] === '!') return dtd();
  const end = endOfTag(xml, at + 1);
  if (end < 0) return notXml('タグが閉じていません');
  const body = xml.slice(at + 1, end);
  return checkReferences(scan, at, end) ?? (body.startsWith('/') ? closeTag(scan, body) : openTag(scan, body)) ?? end + 1;
}

/**
 * Refusals of the text itself: `too-large`, `not-xml`, `dtd-or-entity`, `too-deep`. Empty if a parser may have it.
 * @param limits default 1,000,000 bytes, 60 levels, 15,000 elements
 */
export function guardXml(xml: string, limits: Partial<XmlLimits> = {}): Refusal[] {
  const scan: Scan = { xml, limits: { ...usual, ...limits }, open: [], elements: 0, ampersand: -1 };
  if (xml.length > scan.limits.maxBytes || Buffer.byteLength(xml) > scan.limits.maxBytes) return [refusal('too-large', `図は ${scan.limits.maxBytes} バイトまでです`)];
  let at = xml.startsWith('\uFEFF') ? 1 : 0;
  if (xml.trim() === '') return [notXml('空です')];
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(xml)) return [notXml('使えない文字があります')];
  while (at < xml.length) {
    const next = xml.indexOf('<', at);
    const text = next === -1 ? xml.length : next;
    if (scan.open.length === 0 && xml.slice(at, text).trim() !== '') return [notXml('要素の外に文字があります')];
    const problem = checkReferences(scan, at, text);
    if (problem) return [problem];
    if (next === -1) break;
    const after = markup(scan, next);
    if (typeof after !== 'number') return [after];
    at = after;
  }
  if (scan.elements === 0) return [notXml('要素がありません')];
  return scan.open.length > 0 ? [notXml(`${scan.open.at(-1)} が閉じていません`)] : [];
}
