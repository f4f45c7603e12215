// What meetings compute, without a database: which fields an item of a consent lets be told, and which date is the best.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../src/base/json.js';
import { scopeItems, type ScopeItem } from '../../src/domain/consents/consents.js';
import { extractOf } from '../../src/domain/records/items.js';
import { rankSlots, slotAnswers, type Slot } from '../../src/domain/meetings/schedule.js';
import { openRecords } from '../../src/domain/records/registry.js';

const intake = { name: '門田 ハナ子', kana: 'かどた はなこ', phoneHome: '', worries: ['care'], householdType: 'parent_adult_child', household: [{ name: '門田 健', relation: 'child', cohabit: true, healthNote: '通院中', consentStatus: 'full' }, { name: '門田 静子', relation: 'sibling', consentStatus: 'considering' }], added: '市が足した欄' };

describe('what a consent lets be told', () => {
  test('each item its own fields, nothing empty, nothing that a city has added', () => {
    expect(extractOf('F01', intake, ['basic'])).toEqual([{ item: 'basic', answers: { name: '門田 ハナ子', kana: 'かどた はなこ' } }]);
    expect(extractOf('F01', intake, ['progress'])).toEqual([{ item: 'progress', answers: { worries: ['care'] } }]);
    expect(extractOf('F01', intake, ['health', 'money'])).toEqual([]);
    expect(JSON.stringify(extractOf('F01', intake, scopeItems))).not.toContain('市が足した欄');
  });

  test('members of the household who have no consent of their own are third parties: only how they stand to the person', () => {
    const [nobody] = extractOf('F01', intake, ['family']);
    expect(nobody!.answers['household']).toEqual([{ relation: 'child', cohabit: true }, { relation: 'sibling' }]);
    const [family] = extractOf('F01', intake, ['family'], [{ name: '門田　静子', items: ['basic'] }, { name: '門田 健', items: ['progress'] }]);
    expect(family!.answers['household']).toEqual([{ relation: 'child', cohabit: true }, { name: '門田 静子', relation: 'sibling', consentStatus: 'considering' }]);
  });

  test('what is noted of the health of somebody of the household takes two: 健康・障害 of the person, and of that member', () => {
    const noted = (items: ScopeItem[], own: ScopeItem[]): unknown => (extractOf('F01', intake, items, [{ name: '門田 健', items: own }])[0]!.answers['household'] as Json[])[0];
    expect(noted(['family'], ['basic', 'health'])).not.toHaveProperty('healthNote');
    expect(noted(['family', 'health'], ['basic'])).toEqual({ name: '門田 健', relation: 'child', cohabit: true, consentStatus: 'full' });
    expect(noted(['family', 'health'], ['family', 'health'])).toHaveProperty('healthNote', '通院中');
  });

  test('a record that no item names is never told', () => {
    for (const record of ['F10', 'F11.sitting', 'F13', 'F16', 'F16.report', 'F17', 'F19', 'F90']) expect(extractOf(record, { facts: 'x', content: 'x', name: 'x' }, scopeItems)).toEqual([]);
  });

  test('more items never tell less, and an item tells nothing of another', () => {
    const answers: Record<string, Json> = Object.fromEntries('name household health debt summary content longGoal direction sharedInfo purpose'.split(' ').map((key) => [key, 'x']));
    const records = ['F01', 'F02', 'F03', 'F04', 'F05', 'F08', 'F09.minutes', 'F09.request'];
    fc.assert(fc.property(fc.constantFrom(...records), fc.subarray([...scopeItems]), fc.subarray([...scopeItems]), (record, some, more) => {
      const told = (items: readonly ScopeItem[]): string[] => extractOf(record, answers, items).map(({ item, answers: said }) => `${item}:${Object.keys(said).join()}`);
      const both = [...new Set([...some, ...more])];
      return told(some).every((one) => told(both).includes(one)) && told(some).every((one) => (some as string[]).includes(one.split(':')[0]!));
    }));
  });
});

const seats = [{ id: 'a', role: 'chair' as const }, { id: 'b', role: 'secretary' as const }, { id: 'c', role: 'member' as const }, { id: 'd', role: 'member' as const }];
const rules = { quorum: { share: 0.5, roles: ['chair'] } };
const slot = (id: string, startsAt: string, replies: Record<string, (typeof slotAnswers)[number]>): Slot => ({ id, startsAt: new Date(startsAt), replies: Object.entries(replies).map(([memberId, answer]) => ({ memberId, answer })) });

describe('the best date', () => {
  test('without the chair there is no quorum, however many others can come', () => {
    const [best, other] = rankSlots([slot('others', '2026-06-01', { b: 'yes', c: 'yes', d: 'yes' }), slot('chair', '2026-06-02', { a: 'yes', b: 'yes' })], seats, rules);
    expect(best).toMatchObject({ slotId: 'chair', quorate: true, yes: 2, unanswered: 2 });
    expect(other).toMatchObject({ slotId: 'others', quorate: false, yes: 3 });
  });

  test('of equal dates the one that more could arrange, then the earlier', () => {
    const ranked = rankSlots([slot('late', '2026-06-03', { a: 'yes', b: 'yes' }), slot('early', '2026-06-01', { a: 'yes', b: 'yes' }), slot('maybe', '2026-06-05', { a: 'yes', b: 'yes', c: 'maybe' })], seats, rules);
    expect(ranked.map(({ slotId }) => slotId)).toEqual(['maybe', 'early', 'late']);
  });

  test('who has lost their seat is not counted, and every seat is counted once', () => {
    const answers = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'gone'), fc.constantFrom(...slotAnswers));
    fc.assert(fc.property(fc.array(answers, { maxLength: 6 }), (all) => {
      const ranked = rankSlots(all.map((replies, at) => slot(String(at), `2026-06-0${at + 1}`, replies)), seats, rules);
      return ranked.length === all.length && ranked.every(({ yes, maybe, no, unanswered }) => yes + maybe + no + unanswered === seats.length) && ranked.every((one, at) => at === 0 || Number(ranked[at - 1]!.quorate) >= Number(one.quorate));
    }));
  });
});

test('every part of F09 and F16 is kept where its meeting says, never by its form', () => {
  const kinds = [...openRecords().values()].filter(({ key }) => /^F(09|16)(\.|$)/.test(key));
  expect(kinds.map(({ key }) => key).sort()).toEqual(['F09.arrangement', 'F09.confirmation', 'F09.decisionChange', 'F09.decisionReport', 'F09.decisions', 'F09.handouts', 'F09.invitation', 'F09.judgement', 'F09.members', 'F09.minutes', 'F09.prepSheet', 'F09.questionnaire', 'F09.reply', 'F09.request', 'F09.watch', 'F16', 'F16.report', 'F16.request', 'F16.review']);
  expect(kinds.filter(({ place }) => !place).map(({ key }) => key)).toEqual([]);
});
