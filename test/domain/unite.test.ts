// Rules by which answers of several agencies become one, or do not (src/domain/records/unite.ts).
import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/base/json.js';
import { unite, type Said } from '../../src/domain/records/unite.js';

const said = (agencyCode: string, hour: number, value: Json, asked = agencyCode): Said => ({ record: 'F03.part', agencyCode, agencyName: agencyCode, asked, submittedAt: new Date(Date.UTC(2026, 4, 11, hour)), value });
const none = { decided: [], agencies: [], earlier: [] };
const newestFirst = (...all: Said[]): Said[] => all.toSorted((one, other) => other.submittedAt.getTime() - one.submittedAt.getTime());

describe('a box', () => {
  test.each([[[true, false]], [[false, true]]])('that one ticked and the other did not (%p) is ticked', ([first, second]) => {
    expect(unite({ ...none, agencies: newestFirst(said('school', 1, first!), said('elder', 2, second!)) })).toMatchObject({ value: true, differs: false });
  });
  test('that an agency ticked stays when the same agency leaves it at a second asking', () => {
    expect(unite({ ...none, agencies: [said('school', 2, false), said('school', 1, true)] }).value).toBe(true);
  });
  test('that nobody ticked says nothing', () => expect(unite({ ...none, agencies: [said('school', 1, false)], earlier: [said('intake', 0, false)] })).toEqual({ value: undefined, differs: false, said: [] }));
  test('that whoever unites unticked stays so, until somebody ticks it after that', () => {
    const decided = [said('city', 3, false)];
    expect(unite({ ...none, decided, agencies: [said('school', 1, true)] }).value).toBeUndefined();
    expect(unite({ ...none, decided, agencies: [said('school', 4, true), said('school', 1, true)] }).value).toBe(true);
  });
});

describe('lists', () => {
  test('ticks of all stand together, none twice, in the order in which they were said', () => {
    expect(unite({ ...none, earlier: [said('intake', 0, ['isolation', 'poverty'])], agencies: newestFirst(said('school', 1, ['poverty', 'young_carer']), said('elder', 2, ['dementia'])) })).toMatchObject({ value: ['isolation', 'poverty', 'young_carer', 'dementia'], differs: false });
  });
  test('the newest list of an agency stands for it; of two groups of one agency that were asked, both', () => {
    expect(unite({ ...none, agencies: [said('school', 2, ['b']), said('school', 1, ['a'])] }).value).toEqual(['b']);
    expect(unite({ ...none, agencies: [said('school', 2, ['b'], 'grp.one'), said('school', 1, ['a'], 'grp.two')] }).value).toEqual(['a', 'b']);
  });
  test('rows that say the same are one, whatever cells nobody filled in', () => {
    const row = { agency: '高齢福祉課', period: '', content: null };
    expect(unite({ ...none, earlier: [said('intake', 0, [row])], agencies: [said('elder', 1, [{ agency: ' 高齢福祉課 ' }, { agency: '中学校' }])] }).value).toEqual([row, { agency: '中学校' }]);
  });
  test('なし gives way to what somebody found, and is not passed over in silence; of all it stands', () => {
    expect(unite({ ...none, agencies: [said('elder', 2, ['none']), said('school', 1, ['rent'])] })).toMatchObject({ value: ['rent'], differs: true, said: [{ value: ['none'] }, { value: ['rent'] }] });
    expect(unite({ ...none, agencies: [said('elder', 2, ['none']), said('school', 1, ['none'])] })).toMatchObject({ value: ['none'], differs: false });
  });
  test('a list that whoever unites emptied stays empty', () => expect(unite({ decided: [said('city', 3, [])], agencies: [said('school', 1, ['a'])], earlier: [said('intake', 0, ['b'])] }).value).toBeUndefined());
});

describe('single answers', () => {
  test('one that is said alone, or by all alike, is carried, before the sheets before it', () => {
    const earlier = [said('intake', 0, 'owned')];
    expect(unite({ ...none, earlier })).toMatchObject({ value: 'owned', differs: false });
    expect(unite({ ...none, earlier, agencies: [said('elder', 2, ''), said('school', 1, 'public')] })).toMatchObject({ value: 'public', differs: false });
    expect(unite({ ...none, agencies: [said('elder', 2, 'public '), said('school', 1, 'public')] })).toMatchObject({ differs: false });
  });
  test('two that differ are nobody’s: all are shown', () => {
    const { value, differs, said: shown } = unite({ ...none, earlier: [said('intake', 0, 'owned')], agencies: [said('elder', 2, 'public'), said('school', 1, 'owned')] });
    expect([value, differs, shown.map((one) => `${one.agencyCode} ${JSON.stringify(one.value)}`)]).toEqual([undefined, true, ['intake "owned"', 'elder "public"', 'school "owned"']]);
  });
  test('what whoever unites wrote stands; what an agency says otherwise after that is shown beside it', () => {
    const decided = [said('city', 3, 'owned')];
    expect(unite({ ...none, decided, agencies: [said('elder', 2, 'public')] })).toMatchObject({ value: 'owned', differs: false });
    expect(unite({ ...none, decided, agencies: [said('school', 5, 'owned'), said('elder', 4, 'public')] })).toMatchObject({ value: 'owned', differs: true, said: [{ agencyCode: 'city' }, { agencyCode: 'school' }, { agencyCode: 'elder', value: 'public' }] });
  });
  test('nothing was said: nothing is carried', () => expect(unite(none)).toEqual({ value: undefined, differs: false, said: [] }));
});
