// Guard: whoever sees a case by a right that names kinds of content (F10 共有する情報の範囲) reads of every sheet what is of these kinds, and
// nothing beside it, by whatever door. A table of what each item opens, through the API on two instances.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { newId } from '../../src/base/id.js';
import { agencyReader, endAccess, grantAccess } from '../../src/domain/access.js';
import { scopeItems, type ScopeItem } from '../../src/domain/consents/consents.js';
import { itemsIn } from '../../src/domain/records/items.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf, type Answers } from '../support/answers.js';
import { query } from '../support/database.js';
import { openTwo, type Two } from '../http/two-instances.js';
import { sheet, takeSheet, type Signed, type Taken } from '../http/window.js';
import { everythingShown } from './redraw.js';

const system = { kind: 'system', name: 'test' } as const;
const silver = agencyReader('silver_centre');
let two: Two;
let mori: Signed;
let okamoto: Signed;
let taken: Taken;
/** The sheets of the case, by record. */
const ids = new Map<string, string>();
const sql = <Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> => query<Row>(two.app.database.ownerUrl, text, values);

async function keep(record: string, answers: Answers, agency = 'chiiki_houkatsu'): Promise<string> {
  const id = newId(Date.now());
  await sql(`insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, record, compartment, agency_code) values ($1, $2, 'x', 'x', $3, now(), $4, 'team', $5)`, [id, taken.caseId, JSON.stringify(answers), record, agency]);
  return id;
}
const mayRead = (items: readonly ScopeItem[] | 'all' | null): Promise<void> => transact(two.app.db, system, async (tx) => {
  await endAccess(tx, { caseId: taken.caseId, basis: 'assignment', reader: silver }, 'test');
  if (items) await grantAccess(tx, { caseId: taken.caseId, reader: silver, level: 'content', basis: 'assignment', basisId: null, items: items === 'all' ? null : items });
});
const answersOf = async (record: string): Promise<Answers | null> => {
  const { status, body } = await okamoto.get(`/api/records/${ids.get(record)!}`);
  return status === 404 ? null : (body.answers as Answers);
};

/** What each item opens of each sheet that has anything of it: every key that is there, and no other. */
const opens: Readonly<Record<ScopeItem, Readonly<Record<string, string>>>> = {
  basic: {
    F01: 'name kana commonName formerName sex birthDate address postalCode residenceStatus phoneHome phoneMobile safeContact',
    F03: 'name kana commonName formerName sex birthDate address postalCode phoneHome phoneMobile',
  },
  family: { F01: 'household householdType', F03: 'household cohabit cohabitCount apartFamily marital children familyComplaint familyNote familyTimeline caredPerson youngCarer communityTies', F05: 'householdSummary' },
  health: { F03: 'health clinic medicine insurance disabilityBook supportClass selfSupportMedical careLevel dementiaSign careManager school childService' },
  money: { F03: 'housing housingRisk income householdIncome benefits taxExempt arrears debt welfare work workForm lastWorkSince education license' },
  progress: {
    F01: 'worries mainWorry worryDetail', F03: 'mainComplaint strengths issues issueOwner selfCognition willingness riskScore summary', F04: 'noteAt targetPerson method purpose content nextAction nextActionDue',
    F12: 'fromWorker receivingGroup sentOn reason alreadyDone consent slipUrgency replyDue', F13: 'trigger foundAt foundBy dangerSigns situation whereNow suspectedTrack', F93: 'exitKind occurredOn howKnown detail',
  },
  meeting: { 'F09.minutes': 'sharedInfo factsByAgency discussion direction watchOver urgentRule nextOn planResult resourceGap dissent' },
};
const isSaid = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);
const samples: Readonly<Record<string, () => Answers>> = {
  F03: () => sampleOf('coordination_main', 'organise_assessment'), F04: () => sampleOf('anytime', 'case_note'), F05: () => sampleOf('coordination_main', 'draft_plan'), 'F09.minutes': () => sampleOf('meeting', 'draft_minutes'),
  F12: () => sampleOf('anytime', 'referral'), F13: () => sampleOf('anytime', 'emergency'), F93: () => sampleOf('anytime', 'exit_notice'),
};
const everySheet = ['F01', ...Object.keys(samples)];
const written = (record: string): Answers => (record === 'F01' ? sheet : { ...samples[record]!(), ...(record === 'F03' ? { household: sheet['household']! } : {}) });

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/intake_screening', 'processes/anytime'] });
  [mori, okamoto] = await Promise.all([two.as('mori.d'), two.as('okamoto.s')]) as [Signed, Signed];
  taken = await takeSheet(two, mori, 'elder', sheet);
  const [intake] = await sql<{ id: string }>(`select id from submission where case_id = $1 and record = 'F01'`, [taken.caseId]);
  ids.set('F01', intake!.id);
  for (const record of Object.keys(samples)) ids.set(record, await keep(record, written(record)));
}, 180_000);
afterAll(() => two.close());

describe('each item opens its own fields', () => {
  test.each(scopeItems)('GUARD %s alone', async (item) => {
    await mayRead([item]);
    const listed = ((await okamoto.get(`/api/cases/${taken.caseNo}/records`).expect(200)).body.records as { record: string }[]).map(({ record }) => record);
    for (const record of everySheet) {
      const answers = await answersOf(record);
      const expected = opens[item][record]?.split(' ').filter((key) => isSaid(written(record)[key])) ?? [];
      // the plan's own fields are many: of it, what another item opens is not there
      if (record === 'F05' && item === 'progress') {
        expect(Object.keys(answers!)).toEqual(expect.arrayContaining(['background', 'longGoal', 'planGoals', 'roles']));
        for (const key of ['name', 'birthDate', 'address', 'householdSummary']) expect(answers).not.toHaveProperty(key);
        continue;
      }
      expect([item, record, Object.keys(answers ?? {}).toSorted()]).toEqual([item, record, expected.toSorted()]);
      // a sheet that has nothing of the item is not there at all, nor in the list
      if (!opens[item][record]) expect([item, record, answers, listed.includes(record)]).toEqual([item, record, null, false]);
    }
  });

  test('GUARD 基本情報 alone: who it is, and not a word of the worries, the family, health or money, through any page', async () => {
    await mayRead(['basic']);
    const shown = await everythingShown({ as: (login: string) => two.as(login) } as never, 'okamoto.s', taken.caseNo);
    expect(shown).toContain('豊野 ハナ');
    const f03 = written('F03');
    for (const word of ['昼夜逆転', '和雄', '惠子', '豊野 勇', ...[sheet['worryDetail'], f03['clinic'], f03['summary'], f03['familyNote']] as string[]]) expect([word, shown.includes(word)]).toEqual([word, false]);
    const { body } = await okamoto.get(`/api/forms/case_note?case=${taken.caseNo}`).expect(200);
    for (const word of ['昼夜逆転', '和雄', '惠子']) expect(JSON.stringify(body.carried)).not.toContain(word);
  });

  test('several items open what each of them opens, whatever they come by', async () => {
    await mayRead(['basic', 'money']);
    await transact(two.app.db, system, (tx) => grantAccess(tx, { caseId: taken.caseId, reader: silver, level: 'content', basis: 'handover', basisId: null, items: ['progress'] }));
    expect(await answersOf('F01')).toMatchObject({ name: sheet['name'], worryDetail: sheet['worryDetail'] });
    const answers = (await answersOf('F03'))!;
    for (const key of ['debt', 'summary']) expect(answers).toHaveProperty(key);
    for (const key of ['clinic', 'household', 'familyNote']) expect(answers).not.toHaveProperty(key);
    await transact(two.app.db, system, (tx) => endAccess(tx, { caseId: taken.caseId, basis: 'handover', reader: silver }, 'test'));
  });

  test('a right that names no kinds opens the sheet whole; no right, nothing; an empty list of kinds, nothing either', async () => {
    await mayRead('all');
    expect(await answersOf('F03')).toEqual(written('F03'));
    await mayRead([]);
    expect(await answersOf('F01')).toBeNull();
    await mayRead(null);
    expect(await answersOf('F01')).toBeNull();
  });

  test('what an agency wrote itself it reads whole, however little the consent names', async () => {
    const own = await keep('F03.part', { health: '通院している', debt: 'なし' }, 'silver_centre');
    await mayRead(['basic']);
    expect((await okamoto.get(`/api/records/${own}`).expect(200)).body.answers).toEqual({ health: '通院している', debt: 'なし' });
    await mayRead(null);
    await okamoto.get(`/api/records/${own}`).expect(404);
  });

  test('what a city has added to a form is of no kind', async () => {
    ids.set('F04.added', await keep('F04', { content: '本文', added: '市が足した欄' }));
    await mayRead([...scopeItems]);
    expect(await answersOf('F04.added')).toEqual({ content: '本文' });
  });
});

describe('the household', () => {
  const memberAgrees = async (name: string, items: string[], agency = 'silver_centre'): Promise<void> => {
    const { body, status } = await mori.post(`/api/cases/${taken.caseNo}/records`, {
      formKey: 'consent', answers: { ...sampleOf('anytime', 'consent'), subject: 'member', memberName: name, consentState: 'full', types: ['share'], scopeItems: items, scopeAgencies: [{ agency, answer: 'agreed' }], householdMembers: [] },
    });
    expect([status, body.errors]).toEqual([201, undefined]);
  };
  const rows = async (record: string): Promise<Answers[]> => (await answersOf(record))!['household'] as Answers[];

  test('GUARD members who did not agree themselves are how they stand to the person, on every sheet; who agreed is there as far as they agreed', async () => {
    await mayRead(['family', 'health']);
    for (const record of ['F01', 'F03']) for (const row of await rows(record)) expect(Object.keys(row).toSorted()).toEqual(['cohabit', 'relation']);
    await memberAgrees('豊野 和雄', ['basic', 'family'], 'self_reliance');
    expect(JSON.stringify(await rows('F01'))).not.toContain('和雄');
    await memberAgrees('豊野 和雄', ['basic', 'family']);
    const [son, ...others] = await rows('F01');
    expect(son).toMatchObject({ name: '豊野 和雄', relation: 'child' });
    expect(son).not.toHaveProperty('healthNote');
    for (const row of others) expect(row).not.toHaveProperty('name');
    await memberAgrees('豊野 和雄', ['basic', 'family', 'health']);
    expect((await rows('F01'))[0]).toMatchObject({ healthNote: '昼夜逆転。受診歴なし' });
    await mayRead(['family']);
    expect((await rows('F01'))[0]).not.toHaveProperty('healthNote');
    await mayRead(['basic']);
    expect(await answersOf('F01')).not.toHaveProperty('household');
  });
});

test('which sheets have something of which item is the same in the code and in the database, for every record there is', async () => {
  const records = [...two.app.records.keys(), 'F01.more', 'F9', ''];
  const rows = await sql<{ record: string; items: string[] }>(`select r as record, record_items(r) as items from unnest($1::text[]) r`, [records]);
  expect(Object.fromEntries(rows.map(({ record, items }) => [record, items.toSorted()]))).toEqual(Object.fromEntries(records.map((record) => [record, itemsIn(record).toSorted()])));
});
