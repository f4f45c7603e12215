// The consent that is signed on the sheet of the window (F01): the members of the household are registered by the same sheet, and each
// answers for themself, as a person and not as a name.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/base/json.js';
import type { Answers } from '../../src/services/samples.js';
import { query } from '../support/database.js';
import { openTwo, type Two } from './two-instances.js';
import { person, sheet, takeSheet, type Signed } from './window.js';

let two: Two;
let mori: Signed;
beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/intake_screening', 'processes/anytime'] });
  mori = (await two.as('mori.d')) as Signed;
}, 180_000);
afterAll(() => two.close());

const member = (name: string, relation: string, birthDate: string): Answers => ({ ...(sheet['household'] as Answers[])[0]!, name, kana: 'たちばな みのり', relation, birthDate, knownPersonId: '', duplicateChecked: 'someone_else', consentStatus: null });
const answersOf = (household: Answers[], householdMembers: Answers[], name: string): Answers => ({ ...person({ name, kana: 'たちばな いちろう' }), household: household as unknown as Json, consent: { ...(sheet['consent'] as Answers), householdMembers: householdMembers as unknown as Json } as unknown as Json });
const mother = member('橘 みのり', 'parent', '昭和20年1月2日');
const daughter = member('橘 みのり', 'child', '平成2年3月4日');
const kept = (caseId: string) => query<{ relation: string | null; name: string; state: string }>(two.app.database.ownerUrl, `select m.relation, c.member_name as name, c.state from consent c left join household_member m on m.case_id = c.case_id and m.client_id = c.member_id where c.case_id = $1 and c.subject = 'member' order by m.relation desc`, [caseId]);
async function refused(said: Answers): Promise<{ pointer: string; detail: string }[]> {
  const opened = (await mori.post('/api/cases', { field: 'elder', channel: 'phone' }).expect(201)).body as { caseNo: string; caseId: string; next: { id: string; version: number }[] };
  const answer = await mori.post(`/api/tasks/${opened.next[0]!.id}/complete`, { version: opened.next[0]!.version, answers: said });
  expect(answer.status).toBe(422);
  expect(await query(two.app.database.ownerUrl, `select 1 from consent where case_id = $1 union select 1 from household_member where case_id = $1`, [opened.caseId])).toEqual([]);
  return answer.body.errors as { pointer: string; detail: string }[];
}

describe('the household on the sheet answers each for themself', () => {
  test('a name that one of them has is that person, by their number, also written with other spaces', async () => {
    const { caseId } = await takeSheet(two, mori, 'elder', answersOf([mother, member('橘 健', 'sibling', '昭和50年5月6日')], [{ name: '橘　健', answer: 'agreed' }, { name: '橘 みのり', answer: 'refused' }], '橘 一郎'));
    expect(await kept(caseId)).toEqual([{ relation: 'sibling', name: '橘　健', state: 'full' }, { relation: 'parent', name: '橘 みのり', state: 'refused' }]);
  });

  test('two of one name: refused at the row until it is said which; nothing is kept then', async () => {
    const both = [mother, daughter];
    for (const relation of [null, 'sibling']) {
      const [wrong, ...more] = await refused(answersOf(both, [{ name: '橘 みのり', relation, answer: 'agreed' }], '橘 二郎'));
      expect([wrong, more]).toEqual([{ pointer: '/answers/consent/householdMembers/0/relation', detail: expect.stringContaining('続柄') }, []]);
    }
    expect(await refused(answersOf([mother, { ...daughter, relation: 'parent' }], [{ name: '橘 みのり', relation: 'parent', answer: 'agreed' }], '橘 三郎'))).toMatchObject([{ pointer: '/answers/consent/householdMembers/0/relation' }]);
  });

  test('said which, each answer is theirs; said twice of one it is refused', async () => {
    const both = [mother, daughter];
    const answers = [{ name: '橘 みのり', relation: 'child', answer: 'refused' }, { name: '橘 みのり', relation: 'parent', answer: 'agreed' }];
    const { caseId } = await takeSheet(two, mori, 'elder', answersOf(both, answers, '橘 四郎'));
    expect(await kept(caseId)).toEqual([{ relation: 'parent', name: '橘 みのり', state: 'full' }, { relation: 'child', name: '橘 みのり', state: 'refused' }]);
    expect(await refused(answersOf(both, [answers[0]!, answers[0]!], '橘 五郎'))).toMatchObject([{ pointer: '/answers/consent/householdMembers/1/name' }]);
  });

  test('who does not belong to the household is kept by name, and is nobody of it', async () => {
    const { caseId } = await takeSheet(two, mori, 'elder', answersOf([mother], [{ name: '別所 実', answer: 'agreed' }], '橘 六郎'));
    expect(await kept(caseId)).toEqual([{ relation: null, name: '別所 実', state: 'full' }]);
  });
});
