// Forms on the server: what may be deployed, and what may be answered.
import { describe, expect, test } from '@jest/globals';
import { checkForm, validateAnswers } from '../../src/engine/forms.js';

const form = (...components: Record<string, unknown>[]): { type: string; components: Record<string, unknown>[] } => ({ type: 'default', components });
const rulesOf = (...components: Record<string, unknown>[]): string[] => checkForm('screening', form(...components)).map((refusal) => refusal.rule);

const options = [{ label: '本人', value: 'self' }, { label: '家族', value: 'family' }];
const screening = form(
  { type: 'text', text: '### スクリーニング' },
  { type: 'radio', key: 'result', label: '結果', values: options, validate: { required: true }, properties: { variable: 'screeningResult' } },
  { type: 'textarea', key: 'reason', label: '理由', validate: { maxLength: 20 }, conditional: { hide: '=result = "self"' } },
  { type: 'number', key: 'age', label: '年齢', validate: { min: 0, max: 120 }, decimalDigits: 0, properties: { variable: 'age' } },
  { type: 'checkbox', key: 'urgent', label: '緊急', properties: { variable: 'urgent' } },
  { type: 'taglist', key: 'topics', label: '課題', values: [{ label: '住まい', value: 'housing' }, { label: '仕事', value: 'work' }], properties: { variable: 'topics' } },
  { type: 'datetime', key: 'visitOn', subtype: 'date', dateLabel: '訪問日', properties: { variable: 'visitOn' } },
  { type: 'group', label: '世帯', path: 'household', components: [{ type: 'textfield', key: 'note', label: '覚え' }] },
  { type: 'dynamiclist', path: 'members', isRepeating: true, components: [{ type: 'textfield', key: 'name', label: '氏名', validate: { required: true, pattern: '^[^0-9]+$' } }] },
);
const pointers = (answers: unknown): Record<string, string> =>
  Object.fromEntries(validateAnswers(screening, answers).errors.map(({ pointer, detail }) => [pointer, detail]));

describe('a form when it is deployed', () => {
  test('a form of listed components with closed options passes', () => {
    expect(checkForm('screening', screening)).toEqual([]);
  });

  test('each thing that a form may not do is refused by its rule', () => {
    expect(rulesOf({ type: 'html', content: '<b>x</b>' })).toEqual(['form-component']);
    expect(rulesOf({ type: 'text', text: '<script>alert(1)</script>' })).toEqual(['form-html']);
    expect(rulesOf({ type: 'expression', key: 'x', expression: '=1' })).toEqual(['form-component']);
    expect(rulesOf({ type: 'toString', key: 'x' })).toEqual(['form-component']);
    expect(rulesOf({ type: 'select', key: 'x', valuesKey: 'people' })).toEqual(['form-options', 'form-options']);
    expect(rulesOf({ type: 'textfield', key: 'x', label: '=secret' })).toEqual(['form-expression']);
    expect(rulesOf({ type: 'number', key: 'x', validate: { min: '=age' } })).toEqual(['form-expression']);
    expect(rulesOf({ type: 'textfield', key: 'x', conditional: { hide: '=a and' } })).toEqual(['feel-syntax']);
    expect(rulesOf({ type: 'textfield', key: 'x', conditional: { hide: '=matches(a, "^(a+)+$")' } })).toEqual(['feel-runaway']);
    expect(rulesOf({ type: 'textfield', key: 'x', readonly: '=for i in 1..99999999 return i' })).toEqual(['feel-runaway']);
    expect(rulesOf({ type: 'textfield', key: 'x', validate: { pattern: '^(a+)+$' } })).toEqual(['form-pattern']);
    expect(rulesOf({ type: 'textfield', key: '__proto__' })).toEqual(['form-forbidden-key']);
    expect(rulesOf({ type: 'textfield', key: 'a.constructor.b' })).toEqual(['form-forbidden-key']);
    expect(rulesOf({ type: 'textfield', key: 'a' }, { type: 'number', key: 'a' })).toEqual(['form-duplicate-key']);
    expect(rulesOf({ type: 'textfield', key: 'a' }, { type: 'number', key: 'a.b' })).toEqual(['form-duplicate-key']);
    expect(rulesOf({ type: 'textarea', key: 'a', validate: { maxLength: 99_999_999 } })).toEqual(['form-attribute']);
    expect(rulesOf({ type: 'textfield', key: 'a', onChange: 'x' })).toEqual(['form-attribute']);
    expect(checkForm('broken', 'x').map((refusal) => refusal.rule)).toEqual(['form-schema']);
  });

  test('free text cannot become a process variable', () => {
    expect(rulesOf({ type: 'textarea', key: 'note', properties: { variable: 'note' } })).toEqual(['form-free-text-variable']);
    expect(rulesOf({ type: 'textfield', key: 'note', properties: { variable: 'note' } })).toEqual(['form-free-text-variable']);
    expect(rulesOf({ type: 'dynamiclist', path: 'rows', isRepeating: true, components: [{ type: 'number', key: 'n', properties: { variable: 'n' } }] })).toEqual(['form-variable']);
  });
});

describe('the answers to a form', () => {
  test('good answers come back whole, and only the marked ones reach the process', () => {
    const { data, errors, variables } = validateAnswers(screening, {
      result: 'family', reason: '長女より', age: 80, urgent: true, topics: ['work'], visitOn: '2026-12-01', household: { note: '' }, members: [{ name: '花子' }],
    });
    expect(errors).toEqual([]);
    expect(data).toEqual({ result: 'family', reason: '長女より', age: 80, urgent: true, topics: ['work'], visitOn: '2026-12-01', household: { note: '' }, members: [{ name: '花子' }] });
    expect(variables).toEqual({ screeningResult: 'family', age: 80, urgent: true, topics: ['work'], visitOn: '2026-12-01' });
  });

  test('each wrong answer is named by a pointer and a Japanese sentence', () => {
    expect(pointers({ result: 'neighbour' })).toEqual({ '/result': '選択肢から選んでください。' });
    expect(pointers({})).toEqual({ '/result': '入力してください。' });
    expect(pointers({ result: 'family', reason: 'あ'.repeat(21) })).toEqual({ '/reason': '20文字以内で入力してください。' });
    expect(pointers({ result: 'self', age: '80' })).toEqual({ '/age': '数値で入力してください。' });
    expect(pointers({ result: 'self', age: 121 })).toEqual({ '/age': '120以下の値を入力してください。' });
    expect(pointers({ result: 'self', age: 1.5 })).toEqual({ '/age': '整数で入力してください。' });
    expect(pointers({ result: 'self', urgent: 'yes' })).toEqual({ '/urgent': 'はい（true）か、いいえ（false）で答えてください。' });
    expect(pointers({ result: 'self', topics: ['work', 'secret'] })).toEqual({ '/topics': '選択肢から選んでください。' });
    expect(pointers({ result: 'self', visitOn: '2026-02-30' })).toEqual({ '/visitOn': '日付（例 2026-11-23）で入力してください。' });
    expect(pointers({ result: 'self', members: [{ name: '太郎' }, { name: '1' }] })).toEqual({ '/members/1/name': '決められた形式で入力してください。' });
    expect(pointers({ result: 'self', household: { note: 'a\u0000b' } })).toEqual({ '/household/note': '使えない文字が含まれています。' });
    expect(pointers('x')).toEqual({ '': '項目と答えの組で送ってください。' });
  });

  test('a key that the form does not have is refused, wherever it stands', () => {
    expect(pointers({ result: 'self', salary: 1 })).toEqual({ '/salary': 'この様式にない項目です。' });
    expect(pointers({ result: 'self', 'a/b~c': 1 })).toEqual({ '/a~1b~0c': 'この様式にない項目です。' });
    expect(pointers({ result: 'self', members: [{ name: '太郎', role: 'x' }] })).toEqual({ '/members/0/role': 'この様式にない項目です。' });
    expect(pointers(JSON.parse('{"result":"self","__proto__":{"admin":true}}'))).toEqual({ '/__proto__': 'この様式にない項目です。' });
    expect(pointers({ result: 'self', constructor: {} })).toEqual({ '/constructor': 'この様式にない項目です。' });
  });

  test('a field that the other answers hide may not be answered', () => {
    expect(pointers({ result: 'self', reason: '理由' })).toEqual({ '/reason': 'ほかの答えにより表示されない項目です。' });
    const { data, errors } = validateAnswers(screening, { result: 'self', reason: '' });
    expect(errors).toEqual([]);
    expect(data).not.toHaveProperty('reason');
  });

  test('a locked field is never taken from the answers', () => {
    const locked = form({ type: 'select', key: 'a', values: options, disabled: true, properties: { variable: 'a' } }, { type: 'number', key: 'b', readonly: '=true' });
    expect(validateAnswers(locked, { a: 'self', b: 3 })).toEqual({ data: {}, errors: [], variables: {} });
  });

  test('two hundred and one rows are too many', () => {
    const rows = Array.from({ length: 201 }, () => ({ name: '太郎' }));
    expect(pointers({ result: 'self', members: rows })).toEqual({ '/members': '200行までです。' });
    expect(pointers({ result: 'self', members: rows.slice(1) })).toEqual({});
  });
});
