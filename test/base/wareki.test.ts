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
  ])('%s is read', (said, expected) => expect(iso(said)).toBe(expected));

  test.each(['', '昨日', '昭和65年', '平成元年1月7日', '令和7年2月29日', '1970-13-01', '昭和0年', '45.3.2', '19700231', '2026年4月14日の午後'])('%s is none', (said) => expect(readDate(said)).toBeNull());

  test('about stays about, and the last year of an era may be said by month', () => {
    expect(readDate('昭和45年頃')).toEqual({ iso: '1970', precision: 'year', about: true });
    expect(readDate('昭和64年1月')).toEqual({ iso: '1989-01', precision: 'month', about: false });
  });

  test('the way back, and ages', () => {
    expect(['2026-04-14', '1989-01-08', '1970-03-02', '2019-05-01'].map(inWareki)).toEqual(['令和8年4月14日', '平成元年1月8日', '昭和45年3月2日', '令和元年5月1日']);
    expect(ageOn(readDate('昭和45年3月2日')!, '2026-03-01')).toBe(55);
    expect(ageOn(readDate('昭和45年3月2日')!, '2026-03-02')).toBe(56);
    expect(ageOn(readDate('2030')!, '2026-03-02')).toBeNull();
  });
});
