// Dates as people at a window say them.
import { describe, expect, test } from '@jest/globals';
import { ageOn, inWareki, readDate } from '../../src/base/wareki.js';

const iso = (text: string): string | null => readDate(text)?.iso ?? null;

describe('a date that somebody said', () => {
  test.each([
    ['昭和45年3月2日', '1970-03-02'], ['S45.3.2', '1970-03-02'], ['Ｓ４５／３／２', '1970-03-02'], ['昭45-3-2', '1970-03-02'],
    ['令和8年4月14日', '2026-04-14'], ['R8.4.14', '2026-04-14'], ['平成元年1月8日', '1989-01-08'], ['大正15年12月24日', '1926-12-24'],
    ['1970-03-02', '1970-03-02'], ['1970年3月2日', '1970-03-02'], ['19700302', '1970-03-02'], ['1970/3', '1970-03'],
    ['昭和45年', '1970'], ['昭和45年頃', '1970'], ['約1970年', '1970'], ['令和6年2月29日', '2024-02-29'], ['㍼45年', '1970'],
    ['R7.4.1', '2025-04-01'], ['令和７年４月１日', '2025-04-01'], ['２０２５－０４', '2025-04'], ['昭和64年1月7日', '1989-01-07'], ['平成31年4月30日', '2019-04-30'], ['令和元年5月1日', '2019-05-01'],
    ['大正元年7月30日', '1912-07-30'], ['大正15年12月25日', '1926-12-25'], ['昭和元年12月25日', '1926-12-25'], ['明治45年7月30日', '1912-07-30'],
  ])('%s is read', (said, expected) => expect(iso(said)).toBe(expected));

  test.each(['', '昨日', '昭和65年', '平成元年1月7日', '令和7年2月29日', '1970-13-01', '昭和0年', '45.3.2', '19700231', '2026年4月14日の午後', '令和0年', '令和0年4月1日', '令和元年4月30日', '平成31年5月1日', '昭和64年1月8日', '昭和元年12月24日', '明治45年7月31日', '2023-02-29', '令和7年4月31日', '0045-03-02', '20250', '春ごろ'])('%s is none', (said) => expect(readDate(said)).toBeNull());

  test('about stays about, and the last year of an era may be said by month', () => {
    expect(readDate('昭和45年頃')).toEqual({ iso: '1970', precision: 'year', about: true });
    expect(readDate('昭和64年1月')).toEqual({ iso: '1989-01', precision: 'month', about: false });
  });

  test.each([
    ['2025年春ごろ', '2025', 'year'], ['昭和20年頃', '1945', 'year'], ['令和6年の末', '2024', 'year'], ['昭和20年8月中旬', '1945-08', 'month'], ['推定1970年3月2日', '1970-03-02', 'day'], ['約２０年', null, null], ['昭和45年3月頃', '1970-03', 'month'],
  ])('%s is read as about then', (said, expected, precision) => expect(readDate(said)).toEqual(expected === null ? null : { iso: expected, precision, about: true }));

  test('the way back, and ages', () => {
    expect(['2026-04-14', '1989-01-08', '1970-03-02', '2019-05-01'].map(inWareki)).toEqual(['令和8年4月14日', '平成元年1月8日', '昭和45年3月2日', '令和元年5月1日']);
    expect(ageOn(readDate('昭和45年3月2日')!, '2026-03-01')).toBe(55);
    expect(ageOn(readDate('昭和45年3月2日')!, '2026-03-02')).toBe(56);
    expect(ageOn(readDate('2030')!, '2026-03-02')).toBeNull();
  });
});
