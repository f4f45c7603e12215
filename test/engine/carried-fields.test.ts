// What is carried into a form and what the form then hides.
import { expect, test } from '@jest/globals';
import { shownCarried } from '../../src/engine/forms.js';

const from = { from: 'F03.x' };
const form = {
  components: [
    { type: 'radio', key: 'kind', values: [{ value: 'a' }, { value: 'b' }] },
    { type: 'checkbox', key: 'carer', properties: from },
    { type: 'textfield', key: 'cared', properties: from, conditional: { hide: '=kind = "b" or carer != true' } },
    { type: 'textfield', key: 'waits', properties: from, conditional: { hide: '=kind != "a"' } },
    { type: 'group', conditional: { hide: '=cared = ""' }, components: [{ type: 'textfield', key: 'deep', properties: from }, { type: 'group', path: 'inner', components: [{ type: 'dynamiclist', path: 'list', properties: from, components: [{ type: 'textfield', key: 'what' }] }] }] },
    { type: 'textfield', key: 'word', properties: from, conditional: { hide: '=kind != "carer"' } },
  ],
};

test('a field that other carried answers hide gets nothing, and what hangs on it neither', () => {
  const all = { cared: '弟', deep: 'x', 'inner.list': [{ what: 'y' }] };
  expect(shownCarried(form, { carer: true, ...all })).toEqual({ carer: true, ...all });
  expect(shownCarried(form, { carer: false, ...all })).toEqual({ carer: false });
  expect(shownCarried(form, all)).toEqual({});
});

test('a field that waits for an answer that nobody carries keeps what is carried', () => {
  expect(shownCarried(form, { waits: 'x', word: 'y' })).toEqual({ waits: 'x', word: 'y' });
});

test('what another sheet says and this form does not offer is not laid into it; of a list that the city keeps, whoever checks says so', () => {
  const offered = { components: [
    { type: 'select', key: 'result', values: [{ value: 'suitable' }, { value: 'no_plan' }], properties: from },
    { type: 'checklist', key: 'some', values: [{ value: 'a' }, { value: 'b' }], properties: from },
    { type: 'select', key: 'agency', properties: { ...from, options: 'agencies' } },
    { type: 'textfield', key: 'word', properties: from },
  ] };
  expect(shownCarried(offered, { result: 'close', some: ['a', 'c'], agency: 'gone', word: 'close' })).toEqual({ some: ['a'], agency: 'gone', word: 'close' });
  expect(shownCarried(offered, { result: 'suitable' })).toEqual({ result: 'suitable' });
});
