// How names are compared, what is read from what one types, and what a household hints at.
import { describe, expect, test } from '@jest/globals';
import { daysOf, foldName, foldPhone, gramsOf, keysOf } from '../../src/domain/people/fold.js';
import { ageOf, hintsOf } from '../../src/domain/people/households.js';
import { readSought } from '../../src/domain/people/search.js';

describe('氏名の照合', () => {
  test.each([
    ['わたなべ', ['ﾜﾀﾅﾍﾞ', 'ワタナベ', 'わた なべ', 'ワタナヘ', 'ﾜﾀﾅﾍ']],
    ['渡辺', ['渡邊', '渡邉', '渡邉󠄂', '渡　邊', '渡󠄀辺']],
    ['高崎', ['髙﨑', '高﨑', '髙崎']],
    ['斎藤', ['齋藤', '斉藤', '齊藤']],
    ['辻', ['辻󠄀', '辻󠄁', ' 辻 ']],
    ['吉田', ['𠮷田']],
    ['さとう', ['サトー', 'さとお', 'ｻﾄｰ']],
    ['つづき', ['ツズキ', 'ﾂﾂﾞｷ']],
    ['じゅんこ', ['ジュンコ', 'ぢゅんこ', 'しゆんこ']],
    ['島', ['嶋', '嶌']],
    ['浜口', ['濱口', '濵口']],
    ['Smith', ['ＳＭＩＴＨ', 'smith']],
  ])('%s and its other writings are one', (name, others) => {
    expect(others.map(foldName)).toEqual(others.map(() => foldName(name)));
  });

  test('names that sound or look otherwise stay apart', () => {
    const keys = ['わたなべ', 'わたなお', 'たなべ', '渡部', '渡辺', '高橋', 'はし', 'ほし', 'つき', 'すき'].map(foldName);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('folding twice changes nothing, and what holds no letter is nothing', () => {
    for (const name of ['ﾜﾀﾅﾍﾞ', '齋藤󠄀 𠮷男', 'ヴェロニカ', 'おおいけ', 'ゔゐゑを', '佐々木']) expect(foldName(foldName(name))).toBe(foldName(name));
    expect(['', ' ', '・', '󠄀', '()'].map(foldName)).toEqual(['', '', '', '', '']);
    expect(gramsOf('')).toEqual([]);
    expect(gramsOf('𠮷田一')).toEqual(['^𠮷', '𠮷田', '田一']);
  });

  test('telephone numbers in any writing are one', () => {
    expect(['06-1234-5678', '０６（１２３４）５６７８', '+81 6 1234 5678', '06ー1234−5678'].map(foldPhone)).toEqual(Array(4).fill('0612345678'));
    expect(['', '電話なし', '12'].map(foldPhone)).toEqual([null, null, null]);
  });

  test('a date says the days that it may mean', () => {
    expect(daysOf('S18.3.2')).toEqual({ first: '1943-03-02', last: '1943-03-02' });
    expect(daysOf('昭和49年5月')).toEqual({ first: '1974-05-01', last: '1974-05-31' });
    expect(daysOf('1970年頃')).toEqual({ first: '1969-01-01', last: '1971-12-31' });
    expect(daysOf('2024-02-29頃')).toEqual({ first: '2023-02-28', last: '2025-02-28' });
    expect([daysOf(''), daysOf('いつか')]).toEqual([null, null]);
  });
});

test('what one types is read as names, a number, a date or a case', () => {
  expect(readSought('渡邊　ﾊﾅ 昭和18年3月2日')).toEqual({ parts: ['渡辺', 'はな'], whole: null, phone: null, born: { first: '1943-03-02', last: '1943-03-02' }, caseNo: null });
  expect(readSought('06-0000-1201')).toMatchObject({ phone: '0600001201', born: null, parts: [] });
  for (const typed of ['090 1234 5678', '０９０　１２３４　５６７８', '+81 90 1234 5678', '+81(0)90-1234-5678', '+81 (0) 90 1234 5678', '(090) 1234-5678']) expect(readSought(typed)).toMatchObject({ phone: '09012345678', born: null, parts: [] });
  for (const typed of ['06 6902 1234', '(06) 6902-1234', '06（6902）1234']) expect(readSought(`渡邊 ${typed} ﾊﾅ`)).toMatchObject({ phone: '0669021234', born: null, parts: ['渡辺', 'はな'] });
  for (const typed of ['昭和 18年3月2日', '昭和18年3月2日生', '昭和 18 年 3 月 2 日 生まれ', 'S18.3.2生', '1943 年 3 月 2 日', '19430302生']) expect(readSought(`${typed} はな`)).toMatchObject({ phone: null, born: { first: '1943-03-02', last: '1943-03-02' }, parts: ['はな'] });
  expect(readSought('昭和18年3月2日生 090 1234 5678')).toMatchObject({ phone: '09012345678', born: { first: '1943-03-02' }, parts: [] });
  expect(readSought('桑田 生')).toMatchObject({ phone: null, born: null, parts: ['桑田', '生'] });
  expect(readSought('1201')).toMatchObject({ phone: '1201', born: null });
  expect(readSought('19430302')).toMatchObject({ phone: null, born: { first: '1943-03-02' } });
  expect(readSought('r8-00012')).toMatchObject({ caseNo: 'R8-00012', parts: [] });
  expect(readSought(' 、 ')).toEqual({ parts: [], whole: null, phone: null, born: null, caseNo: null });
  expect(readSought('さいとう　おさむ')).toMatchObject({ parts: ['さいと', 'おさむ'], whole: 'さいとさむ' });
});

test('a name is kept as it is heard in one breath and word by word', () => {
  const keys = keysOf({ name: '斎藤 治', kana: 'さいとう　おさむ', knownAs: '', commonName: '', formerName: '', phoneHome: '', phoneMobile: '' });
  expect(keys.nameKeys).toEqual(['斎藤治', 'さいとさむ', 'さいとおさむ']);
});

test('an age is counted from the date that was said, or from the age and the day it was said on', () => {
  const of = (birthDate: string, ageApprox: number | null = null) => ageOf({ birthDate, ageApprox, ageSaidOn: ageApprox === null ? null : new Date('2024-10-01T00:00:00Z') }, '2026-05-11');
  expect([of('昭和18年5月11日'), of('昭和18年5月12日'), of('1943年頃'), of('', 80), of('')]).toEqual([83, 82, 83, 82, null]);
});

describe('8050 is hinted at', () => {
  const one = (relation: string, age: number | null, together = true) => ({ relation, age, together });
  test.each([
    ['an aged 本人 with a child of middle age', [one('subject', 83), one('child', 52)], true],
    ['a 本人 of middle age with an aged parent', [one('subject', 45), one('parent', 75)], true],
    ['an aged parent and a sibling of the 本人', [one('subject', 40), one('parent', 80), one('sibling', 47)], true],
    ['a child who lives apart', [one('subject', 83), one('child', 52, false)], false],
    ['a child of 44', [one('subject', 83), one('child', 44)], false],
    ['a parent of 74', [one('subject', 50), one('parent', 74)], false],
    ['ages that nobody knows', [one('subject', null), one('child', 52)], false],
    ['a spouse', [one('subject', 83), one('spouse', 80)], false],
  ])('%s', (_what, members, hinted) => expect(hintsOf(members)).toEqual(hinted ? ['issue8050'] : []));
});
