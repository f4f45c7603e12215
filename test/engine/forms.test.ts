// Forms on the server: what may be deployed, and what may be answered.
import { describe, expect, test } from '@jest/globals';
import { checkForm, namesChosen, optionListsOf, toBeShown, validateAnswers, withOptions } from '../../src/engine/forms.js';
import { columnsOf, takeCell } from '../../src/engine/forms/sheet.js';
import type { Json } from '../../src/engine/model.js';

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

  const text = (more: Record<string, unknown>) => ({ type: 'textfield', key: 'x', ...more });
  const list = (more: Record<string, unknown>) => ({ type: 'dynamiclist', path: 'rows', components: [{ type: 'textfield', key: 'x' }], ...more });
  test.each<[string, Record<string, unknown>, string]>([
    // checks that form-js or a hand could write and that would check nothing
    ['min of a text', text({ validate: { min: 1 } }), '検査 min は textfield の答えでは確かめられません'],
    ['max of a text', text({ validate: { max: 1 } }), '検査 max は textfield の答えでは確かめられません'],
    ['minLength of a number', { type: 'number', key: 'x', validate: { minLength: 1 } }, '検査 minLength は number の答えでは確かめられません'],
    ['pattern of a number', { type: 'number', key: 'x', validate: { pattern: '^1$' } }, '検査 pattern は number の答えでは確かめられません'],
    ['maxLength of a choice', { type: 'select', key: 'x', values: options, validate: { maxLength: 1 } }, '検査 maxLength は select の答えでは確かめられません'],
    ['min of a date', { type: 'datetime', key: 'x', subtype: 'date', validate: { min: 1 } }, '検査 min は datetime の答えでは確かめられません'],
    ['min of a list', list({ validate: { min: 1 } }), '検査 min は dynamiclist の答えでは確かめられません'],
    ['an unknown check', text({ validate: { custom: true } }), '検査 custom は使えません'],
    ['a check of the wrong type', text({ validate: { required: 'yes' } }), '検査 required の型が違います'],
    ['a check by expression', text({ validate: { maxLength: '=n' } }), '検査 maxLength に式は書けません'],
    ['a telephone check of form-js', text({ validate: { validationType: 'phone' } }), 'validationType は email だけです（電話番号は properties.format か pattern で書いてください）'],
    ['a pattern that does not compile', text({ validate: { pattern: '(' } }), 'pattern: '],
    ['days that have passed', { type: 'datetime', key: 'x', subtype: 'date', disallowPassedDates: true }, 'datetime に disallowPassedDates は使えません'],
    // answers that no one could give
    ['min above max', { type: 'number', key: 'x', validate: { min: 2, max: 1 } }, 'min が max より大きく、どの答えも通りません'],
    ['minLength above the longest', text({ validate: { minLength: 501 } }), 'minLength が入力できる長さを超え、どの答えも通りません'],
    ['required and read-only', text({ readonly: true, validate: { required: true } }), '書き込めない項目を必須にはできません'],
    ['required and disabled', text({ disabled: true, validate: { required: true } }), '書き込めない項目を必須にはできません'],
    // conditions that nobody can decide
    ['hidden by a field that is not there', text({ conditional: { hide: '=kidn = "other"' } }), '表示しない条件に出てくる項目 kidn がこの様式にありません'],
    ['hidden in a row by a field that is not there', list({ components: [{ type: 'textfield', key: 'x', conditional: { hide: '=parent.kind = whose' } }] }), '表示しない条件に出てくる項目 whose がこの様式にありません'],
    ['locked by a field that is not there', text({ readonly: '=gone = true' }), '読み取り専用の条件に出てくる項目 gone がこの様式にありません'],
    ['a condition other than hide', text({ conditional: { show: '=x = 1' } }), '条件は conditional.hide だけが使えます'],
    ['a condition without =', text({ conditional: { hide: 'x = 1' } }), '表示しない条件は = で始まる FEEL の式で書いてください'],
    // options from elsewhere
    ['options by expression', { type: 'select', key: 'x', valuesExpression: '=people' }, 'select に valuesExpression は使えません'],
    ['options by key', { type: 'taglist', key: 'x', valuesKey: 'people' }, 'taglist に valuesKey は使えません'],
    ['no options', { type: 'radio', key: 'x', values: [] }, '選択肢を values に並べるか、一覧の名前を properties.options に書いてください（データや式から作ることはできません）'],
    ['a list of options of a text', text({ properties: { options: 'agencies' } }), 'options は、選択肢から選ぶ項目だけに使えます'],
    ['a list of options that is no name', { type: 'select', key: 'x', properties: { options: '=agencies' } }, 'options は一覧の名前（例 agencies、groups.leads）で書いてください'],
    ['an option twice', { type: 'radio', key: 'x', values: [{ value: 'a' }, { value: 'a' }] }, '選択肢 a が二つあります'],
    // parts of form-js that show or load what the server does not know
    ...['html', 'iframe', 'image', 'table', 'documentPreview', 'filepicker', 'button', 'expression', 'default', 'constructor'].map((type): [string, Record<string, unknown>, string] => [type, { type, key: 'x' }, `部品 ${type} は使えません`]),
    ['markup in a text', { type: 'text', text: '<iframe src=x>' }, 'text に HTML は書けません'],
    ['a template in a text', { type: 'text', text: '{{name}}' }, 'text に式は書けません'],
    ['a list that does not repeat', list({ isRepeating: false }), 'dynamiclist の isRepeating は true です'],
    ['a list that nobody may lengthen', list({ allowAddRemove: false }), '行を足せない一覧は、サーバーで確かめられません（allowAddRemove は true です）'],
    ['a step that is no number', { type: 'number', key: 'x', increment: 'some' }, 'increment の値が違います'],
    ['too many decimals', { type: 'number', key: 'x', decimalDigits: 99 }, 'decimalDigits の値が違います'],
    ['an unknown kind of day', { type: 'datetime', key: 'x', subtype: 'week' }, 'subtype の値が違います'],
    ['an unknown format', text({ properties: { format: 'mynumber' } }), 'format は date・kana・phone・postalCode で、textfield だけに使えます'],
    ['a format of a number', { type: 'number', key: 'x', properties: { format: 'phone' } }, 'format は date・kana・phone・postalCode で、textfield だけに使えます'],
    ['an unknown property', text({ properties: { color: 'red' } }), 'properties に color は使えません'],
    ['a flag that is not true', text({ properties: { sensitive: 'yes' } }), 'properties の sensitive は "true" だけです'],
    ['carried into a row', list({ components: [text({ properties: { from: 'F01.kana' } })] }), 'from は行の中では使えません'],
  ])('what the server cannot enforce is refused, in Japanese: %s', (_what, component, message) => {
    const refusals = checkForm('screening', form(component));
    expect(refusals.map((one) => one.message)).toContainEqual(expect.stringContaining(`様式 screening: ${message}`));
    expect(refusals.every(({ rule }) => /^(?:form|feel)-/.test(rule))).toBe(true);
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
    expect(pointers({ result: 'self', visitOn: '2026-02-30' })).toEqual({ '/visitOn': '年月日（例 2026-11-23、令和8年11月23日）で入力してください。' });
    expect(pointers({ result: 'self', members: [{ name: '太郎' }, { name: '1' }] })).toEqual({ '/members/1/name': '決められた形式で入力してください。' });
    expect(pointers({ result: 'self', household: { note: 'a\u0000b' } })).toEqual({ '/household/note': '使えない文字が含まれています。' });
    expect(pointers('x')).toEqual({ '': '項目と答えの組で送ってください。' });
  });

  test('a list that must have a row has one, spaces are no answer, and a day may be said in 和暦', () => {
    const asked = form(
      { type: 'dynamiclist', path: 'rows', validate: { required: true }, conditional: { hide: '=none = true' }, components: [{ type: 'textfield', key: 'x', validate: { required: true } }] },
      { type: 'checkbox', key: 'none' }, { type: 'textfield', key: 'name', validate: { required: true } }, { type: 'datetime', key: 'on', subtype: 'date' }, { type: 'datetime', key: 'at', subtype: 'datetime' },
    );
    const said = (answers: object) => validateAnswers(asked, { name: '辻󠄀', rows: [{ x: '1' }], ...answers });
    const wrong = (answers: object) => said(answers).errors.map(({ pointer }) => pointer);
    expect(checkForm('asked', asked)).toEqual([]);
    expect(said({ rows: [] }).errors).toEqual([{ pointer: '/rows', detail: '1行以上入力してください。' }]);
    expect([wrong({ rows: undefined }), wrong({ rows: [], none: true }), wrong({ rows: [{ x: ' ' }] }), wrong({ name: '　 ' })]).toEqual([['/rows'], [], ['/rows/0/x'], ['/name']]);
    expect(said({ on: '令和7年4月1日', at: 'R7.4.1 09:30' }).data).toMatchObject({ on: '2025-04-01', at: '2025-04-01T09:30' });
    for (const time of ['９：３０', '9:30', '9時30分', '午前9時半', '午前９時３０分', '09:30']) for (const day of ['令和7年4月1日 ', '2025-04-01T', 'R7.4.1　']) expect(said({ at: `${day}${time}` }).data).toMatchObject({ at: '2025-04-01T09:30' });
    expect(said({ at: '令和7年4月1日午後2時' }).data).toMatchObject({ at: '2025-04-01T14:00' });
    for (const time of ['25:00', '9:3', '9時60分', '930', '午後13時', '9時頃']) expect(said({ at: `2025-04-01 ${time}` }).errors).toMatchObject([{ pointer: '/at' }]);
    expect(said({ on: '２０２５年４月１日', at: '2025-04-01T09:30+09:00' }).data).toMatchObject({ on: '2025-04-01', at: '2025-04-01T09:30+09:00' });
    for (const on of ['令和0年1月1日', '昭和64年1月8日', '平成31年5月1日', '2025-04', '2025年春ごろ', '2025-02-29', '令和7年4月1日頃', 'あした']) expect([on, wrong({ on, at: `${on} 10:00` })]).toEqual([on, ['/on', '/at']]);
  });

  test('a day that was only said about is refused with why this one must be exact; what is no day, with how a day is written', () => {
    const asked = form({ type: 'datetime', key: 'due', subtype: 'date', properties: { exact: '回答の期限だからです。' } }, { type: 'datetime', key: 'at', subtype: 'datetime', properties: { exact: 'この時から数えるためです。' } }, { type: 'datetime', key: 'on', subtype: 'date' });
    const details = (answers: object) => validateAnswers(asked, answers).errors.map(({ detail }) => detail);
    expect(checkForm('asked', asked)).toEqual([]);
    const [day, time] = ['年月日（例 2026-11-23、令和8年11月23日）で入力してください。', '日時（例 2026-11-23T09:30、令和8年11月23日 09:30）で入力してください。'];
    expect(details({ due: '2025-04', at: '昭和20年頃', on: '令和8年5月11日頃' })).toEqual([`おおよその日では受け付けられません。回答の期限だからです。${day}`, `おおよその日では受け付けられません。この時から数えるためです。${time}`, `おおよその日では受け付けられません。この日から期限や期間を数えるためです。${day}`]);
    expect(details({ due: 'あした', at: '令和8年5月11日', on: '2026-02-30' })).toEqual([day, time, day]);
    for (const exact of ['', 'わけ', 'a\nb。', '長'.repeat(201)]) expect(rulesOf({ type: 'datetime', key: 'due', subtype: 'date', properties: { exact } })).toEqual(['form-attribute']);
    expect(rulesOf({ type: 'textfield', key: 'due', properties: { format: 'date', exact: '期限だからです。' } })).toEqual(['form-attribute']);
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

describe('options that are given from outside', () => {
  const clinic = { label: '診療所', value: 'clinic' };
  const lists = new Map([['places', { options: [{ label: '学校（一覧）', value: 'school' }, clinic], gone: [{ label: 'むかし医院', value: 'old' }] }]]);
  const asks = form(
    { type: 'select', key: 'place', label: '場所', properties: { options: 'places' }, values: [{ label: '学校', value: 'school' }] },
    { type: 'select', key: 'own', label: '所属', properties: { options: 'places', from: 'me.agencyCode' } },
    { type: 'dynamiclist', path: 'told', label: '伝えた先', isRepeating: true, components: [{ type: 'checklist', key: 'to', label: '先', properties: { options: 'places' } }] },
  ) as unknown as Json;
  const filled = withOptions(asks, lists);
  const valuesOf = (schema: Json): unknown => (schema as unknown as { components: { values: unknown }[] }).components[0]!.values;

  test('a form may name a list that is known, and no other; the deployed form itself is never changed', () => {
    expect(checkForm('f', asks, undefined, new Set(['places']))).toEqual([]);
    expect(checkForm('f', asks, undefined, new Set(['others'])).map(({ rule, element }) => [rule, element])).toEqual([['form-options', 'place'], ['form-options', 'own'], ['form-options', 'to']]);
    expect(optionListsOf(asks)).toEqual(['places']);
    expect(JSON.stringify(asks)).not.toContain('clinic');
    expect(() => withOptions(asks, new Map())).toThrow('places');
  });

  test('the list comes first, then what the form adds, which goes before an option of the same value', () => {
    expect(valuesOf(filled)).toEqual([clinic, { label: '学校', value: 'school' }]);
    expect(validateAnswers(filled, { place: 'clinic', told: [{ to: ['school', 'clinic'] }] }).errors).toEqual([]);
    expect(validateAnswers(asks, { place: 'clinic' }).errors).toHaveLength(1);
  });

  test('what is gone is refused by its name, in a row too; a fact of whoever fills it in stands', () => {
    const refused = '「むかし医院」は、いまは選べません。ほかから選んでください。';
    expect(validateAnswers(filled, { place: 'old', told: [{ to: ['clinic', 'old'] }] }).errors).toEqual([{ pointer: '/place', detail: refused }, { pointer: '/told/0/to', detail: refused }]);
    expect(validateAnswers(filled, { own: 'old' }).errors).toEqual([{ pointer: '/own', detail: refused }]);
    expect(validateAnswers(filled, { own: 'old' }, { own: 'old' })).toMatchObject({ errors: [], data: { own: 'old' } });
    expect(validateAnswers(filled, { place: 'old' }, { place: 'old' }).errors).toHaveLength(1);
    expect(validateAnswers(filled, { place: 'nothing' }).errors).toEqual([{ pointer: '/place', detail: '選択肢から選んでください。' }]);
  });

  test('a cell of a sheet that names it is refused by its name too', () => {
    const [place] = columnsOf(filled);
    const cell = (value: string) => takeCell(place!, { address: 'A2', column: 1, value, problem: null });
    expect([place!.options, cell('診療所'), cell('学校')]).toEqual([['診療所', '学校'], { value: 'clinic' }, { value: 'school' }]);
    expect(cell('むかし医院')).toEqual({ wrong: '「むかし医院」は、いまは選べません。ほかから選んでください。' });
    expect(cell('どこか')).toEqual({ wrong: '「どこか」という選択肢はありません。' });
  });

  test('it is shown only where what lies in the form has it, and says so; what was chosen has its name', () => {
    expect(valuesOf(toBeShown(asks, lists, {}))).toEqual([clinic, { label: '学校', value: 'school' }]);
    expect(valuesOf(toBeShown(asks, lists, [{ place: 'old' }]))).toContainEqual({ label: 'むかし医院（いまは選べない）', value: 'old' });
    expect(namesChosen(filled, { place: 'old', told: [{ to: [] }, { to: ['clinic', 'unknown'] }] })).toEqual({ '/place': 'むかし医院', '/told/1/to/0': '診療所' });
  });
});
