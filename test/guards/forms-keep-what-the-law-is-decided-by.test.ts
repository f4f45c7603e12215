// Guard: policy staff may reword, reorder and add; they cannot take out of a form what the law is decided by. Every shipped form that is a
// 帳票, every field that its record needs, spoilt in every way, is refused when it is deployed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { needsOf, openRecords } from '../../src/domain/records/registry.js';
import { checkForm } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';
import { shippedForm, unmarked, type Form } from './redraw.js';

interface Component {
  key?: string;
  path?: string;
  type: string;
  values?: { label: string; value: string }[];
  components?: Component[];
  [name: string]: unknown;
}

const records = openRecords();
const needs = needsOf(records);
const shipped = readdirSync(join(root, 'processes')).flatMap((folder) => {
  try {
    return readdirSync(join(root, 'processes', folder, 'forms')).map((file) => [folder, file.replace('.json', '')] as const);
  } catch {
    return [];
  }
});
const marked = shipped.map(([folder, key]) => [`${folder}/${key}`, shippedForm(folder, key)] as const).filter(([, form]) => typeof form['record'] === 'string');

/** The form with what lies at `at` (`rows[].key`) changed. */
function spoil(form: Form, at: string, change: (one: Component) => Component | null): Form {
  const walk = (components: Component[], prefix: string): Component[] => components.flatMap<Component>((one) => {
    const inner = one.type === 'dynamiclist' ? `${prefix}${one.path ?? ''}[].` : one.path ? `${prefix}${one.path}.` : prefix;
    const here = one.type === 'dynamiclist' ? `${prefix}${one.path ?? ''}` : `${prefix}${one.key ?? ''}`;
    if (here === at && (one.key || one.type === 'dynamiclist')) return change(one) ?? [];
    return [one.components ? { ...one, components: walk(one.components, inner) } : one];
  });
  return { ...form, components: walk(form.components as Component[], '') };
}

const ways = [
  ['taken out', true, () => null],
  ['renamed', true, (one: Component) => (one.type === 'dynamiclist' ? { ...one, path: 'renamed' } : { ...one, key: 'renamed' })],
  ['made a mere tick', false, (one: Component) => ({ type: 'checkbox', key: one.key ?? one.path, label: one['label'], id: one['id'] })],
  ['made optional', false, (one: Component) => ({ ...one, validate: {} })],
  ['given another option', false, (one: Component) => ({ ...one, values: [...(one.values ?? []), { label: '別', value: 'another_way' }] })],
  ['given a renamed option', false, (one: Component) => ({ ...one, values: (one.values ?? []).map((option, index) => (index === 0 ? { ...option, value: 'renamed_option' } : option)) })],
] as const;

describe('what the law is decided by stays in its form', () => {
  test.each(marked)('%s', (name, form) => {
    const refusals = (changed: Form): string[] => checkForm(name, changed as unknown as Json, needs).map(({ rule, element, message }) => `${rule} ${element} ${message}`);
    expect(refusals(form)).toEqual([]);
    for (const need of needs.get(String(form['record'])) ?? []) {
      for (const [what, always, change] of ways) {
        let applies = false;
        const changed = spoil(form, need.at, (one) => {
          applies = always || (what === 'made optional' && need.required === true) || (what === 'made a mere tick' && !need.types.includes('checkbox')) || (what.startsWith('given') && need.options !== undefined);
          return change(one) as Component | null;
        });
        if (applies) expect([need.at, what, refusals(changed).length > 0]).toEqual([need.at, what, true]);
      }
    }
  });

  test('a mark that is none is refused; a form that never had one is no 帳票, and decides nothing (see the other guards)', () => {
    for (const [name, form] of marked.slice(0, 3)) {
      expect(checkForm(name, { ...form, record: 'F999' } as unknown as Json, needs).map(({ rule }) => rule)).toEqual(['form-record']);
      expect(checkForm(name, unmarked(form) as unknown as Json, needs)).toEqual([]);
    }
  });

  test.each(['F05.decision', 'F05.eligibility', 'F08.decision', 'F09.arrangement', 'F09.invitation', 'F09.judgement', 'F09.members', 'F10', 'F10.provided', 'F11', 'F11.sitting', 'F15.issue', 'F15.issueReview', 'F16', 'F16.review', 'F17', 'F20'])('%s says what it is decided by, and a form asks for it', (record) => {
    expect(needs.get(record)!.some(({ required }) => required)).toBe(true);
    expect(marked.some(([, form]) => form['record'] === record)).toBe(true);
  });
});
