// Hostile uploads are turned away by their text alone.
import { expect, test } from '@jest/globals';
import { guardXml } from '../../../src/engine/xml-guard.js';
import { bpmn, only, user } from '../support/diagram.js';

const rulesOf = (xml: string): string[] => guardXml(xml).map(({ rule }) => rule);
const good = bpmn(only(user('t')));

test('an ordinary diagram passes', () => {
  expect(guardXml(good)).toEqual([]);
  expect(guardXml(`\uFEFF${good}\n`)).toEqual([]);
  expect(guardXml(good.replace('<bpmn:startEvent', '<!-- a < b & c --><bpmn:startEvent name="相談 &amp; 受付 &#x3042;"'))).toEqual([]);
});

test('what is not XML, or not BPMN, is refused', () => {
  for (const xml of ['', '   ', 'hello', '{"a":1}', '<a', '<definitions>', '<definitions></other>', '<definitions/><definitions/>', '<html/>', '<definitions>a & b</definitions>', 'x<definitions/>', '<definitions/>x', '<definitions a="<"/>', '<definitions a/>', '<definitions a=b/>', '<definitions>\u0000</definitions>', '<definitions><!-- </definitions>']) {
    expect([xml, rulesOf(xml)]).toEqual([xml, ['not-xml']]);
  }
});

test('a DTD, an entity and a billion laughs are refused before any parser sees them', () => {
  const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from({ length: 9 }, (_, n) => `<!ENTITY lol${n + 1} "${`&lol${n || ''};`.repeat(10)}">`).join('')}]><definitions>&lol9;</definitions>`;
  expect(rulesOf(laughs)).toEqual(['dtd-or-entity']);
  expect(rulesOf('<!DOCTYPE definitions SYSTEM "file:///etc/passwd"><definitions/>')).toEqual(['dtd-or-entity']);
  expect(rulesOf(good.replace('id="t"', 'id="t" name="&xxe;"'))).toEqual(['dtd-or-entity']);
  expect(rulesOf(`<definitions>&xxe;</definitions>`)).toEqual(['dtd-or-entity']);
});

test('five megabytes, a hundred levels and a hundred thousand elements are too much', () => {
  expect(rulesOf(`<definitions>${' '.repeat(5_000_000)}</definitions>`)).toEqual(['too-large']);
  expect(rulesOf(`<definitions>${'あ'.repeat(400_000)}</definitions>`)).toEqual(['too-large']);
  expect(rulesOf(`<definitions>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</definitions>`)).toEqual(['too-deep']);
  expect(rulesOf(`<definitions>${'<a/>'.repeat(100_000)}</definitions>`)).toEqual(['too-large']);
  expect(rulesOf(`<definitions ${Array.from({ length: 300 }, (_, n) => `a${n}="1"`).join(' ')}/>`)).toEqual(['too-large']);
  expect(guardXml(good, { maxBytes: 10 }).map(({ rule }) => rule)).toEqual(['too-large']);
});
