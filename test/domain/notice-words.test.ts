import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { noticeText } from '../../src/domain/notice-words.js';

test('a notice says in words what its rule says in code', () => {
  expect(noticeText('due-1BD')).toBe('期限まであと1営業日です');
  expect(noticeText('due-24h')).toBe('期限まであと24時間です');
  expect(noticeText('escalate:3BD>manager')).toBe('期限を3営業日過ぎました');
  expect(noticeText('a_rule_of_another_city')).toBe('お知らせがあります');
});

test('every rule that a shipped diagram gives has its sentence', () => {
  const listed = readFileSync('processes/HANDLERS.md', 'utf8').split('`rule` of `notify_groups`:')[1]!;
  const rules = [...listed.matchAll(/`([a-z_]+)`/g)].map((match) => match[1]!);
  expect(rules.length).toBeGreaterThan(5);
  expect(rules.filter((rule) => noticeText(rule) === 'お知らせがあります')).toEqual([]);
});
