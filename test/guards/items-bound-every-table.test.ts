// Guard: what is made of the sheets of a case is bounded by the kinds of content that a right names, like the sheets. A table that is new
// and lets every right to content read it fails here until it stands in one of these lists, with its kind or with the reason.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { agencyReader, endAccess, grantAccess } from '../../src/domain/access.js';
import { scopeItems, type ScopeItem } from '../../src/domain/consents/consents.js';
import { sampleOf, type Answers } from '../support/answers.js';
import { query } from '../support/database.js';
import { openTwo, type Two } from '../http/two-instances.js';
import { sheet, takeSheet, type Signed, type Taken } from '../http/window.js';

const system = { kind: 'system', name: 'test' } as const;
const silver = agencyReader('silver_centre');
let two: Two;
let mori: Signed;
let okamoto: Signed;
let taken: Taken;
const sql = <Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> => query<Row>(two.app.database.ownerUrl, text, values);
const mayRead = (items: readonly ScopeItem[] | 'all'): Promise<void> => transact(two.app.db, system, async (tx) => {
  await endAccess(tx, { caseId: taken.caseId, basis: 'assignment', reader: silver }, 'test');
  await grantAccess(tx, { caseId: taken.caseId, reader: silver, level: 'content', basis: 'assignment', basisId: null, items: items === 'all' ? null : items });
});

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/intake_screening', 'processes/anytime'] });
  [mori, okamoto] = await Promise.all([two.as('mori.d'), two.as('okamoto.s')]) as [Signed, Signed];
  taken = await takeSheet(two, mori, 'elder', sheet);
}, 180_000);
afterAll(() => two.close());

describe('every policy', () => {
  /** Policies that let every right to content in, and why that is no hole. */
  const unbounded: Readonly<Record<string, string>> = {
    'submission.reacher_reads': 'bounded by within_consent, and answer by answer by answer_bounds',
    'submission.no_consent_reads': 'F02 to those who judge what may be done without consent; answer by answer by answer_bounds',
    'support_case.reacher_reads': 'that there is a case, its number and step',
    'referral.person_reads': 'beside 支援経過: the slips of one\'s own agency',
    'consent.person_reads': 'those that name the reader\'s agency, or all by an unbounded right',
    'disclosure.person_reads': 'what was told to the reader\'s agency or by it, or all by an unbounded right',
    'attachment.person_reads': 'what the reader\'s own agency attached',
  };
  /** Functions that ask for the content of a case as a whole, and why. */
  const functions: Readonly<Record<string, string>> = {
    carried_submissions: 'gives what withinBounds then bounds',
    carried_identity: 'asks carry_bounds beside it',
    carried_decision: 'what was decided, to whoever holds the task that carries it out',
    conversion_items: 'names of fields and how often, no word of an answer; to coordinators and the chair',
  };

  test('GUARD that lets a right to content in without asking for its kinds stands in the list with its reason', async () => {
    const found = await sql<{ name: string }>(`select tablename || '.' || policyname as name from pg_policies where schemaname = 'public' and qual ~ 'case_reach\\(' order by 1`);
    expect(found.map(({ name }) => name)).toEqual(Object.keys(unbounded).toSorted());
    const asking = await sql<{ name: string }>(`select distinct p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and p.prosrc ~ 'case_reach\\([^)]*''content''' order by 1`);
    expect(asking.map(({ name }) => name)).toEqual(Object.keys(functions).toSorted());
  });

  /** Each table that people read and that is about one case: what it is of. The same table stands in docs/GUARDS.md. */
  const kinds: Readonly<Record<string, string>> = {
    submission: 'field by field (records/items.ts)', attachment: 'as was said of it, else its sheet', case_access: 'own rights',
    household: 'family', household_member: 'family', case_note: 'its sheet', note_confirmation: 'its note',
    flag: 'health or progress', flag_event: 'its flag',
    participation: 'progress', participation_search: 'progress', participation_trial: 'progress', participation_match: 'progress', participation_follow_up: 'progress', participation_gap: 'progress', outreach: 'progress', outreach_stage: 'its outreach', outreach_attempt: 'its outreach',
    emergency: 'progress', emergency_step: 'progress', case_exit: 'progress', case_break: 'progress', case_succession: 'progress', imported_case: 'progress', referral: 'progress',
    plan: 'progress', case_role: 'progress', role_report: 'progress', evaluation: 'progress', handover: 'progress', closure: 'progress', closure_check: 'progress', case_decision: 'progress', community_issue_source: 'progress',
    consent: 'who is named', consent_end: 'its consent', consent_evidence: 'its consent', disclosure: 'who was told', disclosure_request: 'none', disclosure_reply: 'none',
    meeting_case: 'who sits there', timer: 'its task', import_row: 'who brought it',
  };
  test('GUARD is on a table whose kind of content is said', async () => {
    const tables = await sql<{ name: string }>(
      `select distinct p.tablename as name from pg_policies p join information_schema.columns c on c.table_schema = 'public' and c.table_name = p.tablename and c.column_name = 'case_id'
       where p.schemaname = 'public' and p.cmd in ('SELECT', 'ALL') and p.policyname not in ('engine_all') order by 1`);
    expect(tables.map(({ name }) => name).filter((name) => kinds[name] === undefined)).toEqual([]);
    const asked = await sql<{ name: string; item: string }>(`select tablename as name, (regexp_match(qual, 'case_reach_item\\(case_id, ''([a-z]+)'''))[1] as item from pg_policies where qual ~ 'case_reach_item\\(case_id, ''' order by 1`);
    for (const { name, item } of asked) expect([name, kinds[name]]).toEqual([name, item]);
  });
});

describe('what each item opens', () => {
  const file = async (text: string, of: string): Promise<string> => {
    const { body, status } = await mori.post(`/api/cases/${taken.caseNo}/attachments${of}`).set('Content-Type', 'application/octet-stream').set('Content-Disposition', 'attachment; filename="note.txt"').send(Buffer.from(text) as unknown as string);
    expect([status, body.errors]).toEqual([201, undefined]);
    return (body as { id: string }).id;
  };
  const files: Record<string, string> = {};
  const flags: Record<string, string> = {};

  beforeAll(async () => {
    const [intake] = await sql<{ id: string }>(`select id from submission where case_id = $1 and record = 'F01'`, [taken.caseId]);
    const note = await mori.post(`/api/cases/${taken.caseNo}/records`, { formKey: 'case_note', answers: sampleOf('anytime', 'case_note') }).expect(201);
    files['none'] = await file('診断書', '');
    files['health'] = await file('診断書の写し', '?item=health');
    files['intake'] = await file('申込票の裏', `?record=${intake!.id}`);
    files['intake as basic'] = await file('保険証', `?record=${intake!.id}&item=basic`);
    files['note'] = await file('訪問の写真の説明', `?record=${note.body.submissionId}`);
    for (const [kind, message] of [['medical', '精神科を中断中'], ['contact', '電話は夕方だけ']] as const) {
      const { body } = await mori.post(`/api/cases/${taken.caseNo}/records`, { formKey: 'flag', answers: { ...sampleOf('anytime', 'flag'), flagKind: kind, message } }).expect(201);
      flags[kind] = body.made.flagId as string;
    }
    await sql(`insert into participation (id, case_id, purposes, criteria, started_at) values (gen_random_uuid(), $1, '{work}', '{}', now())`, [taken.caseId]);
    await sql(`insert into emergency (id, case_id, raised_at, raised_agency, track, closed_at, outcome) values (gen_random_uuid(), $1, now(), 'chiiki_houkatsu', 'life', now(), 'resolved')`, [taken.caseId]);
    await sql(`insert into case_exit (id, case_id, kind, noticed_at) values (gen_random_uuid(), $1, 'hold', now())`, [taken.caseId]);
  });

  const listed = async (page: string, key: string): Promise<number> => ((await okamoto.get(`/api/cases/${taken.caseNo}/${page}`).expect(200)).body[key] as unknown[]).length;
  const openFiles = async (): Promise<string[]> => {
    const open: string[] = [];
    const ids = ((await okamoto.get(`/api/cases/${taken.caseNo}/attachments`).expect(200)).body.attachments as { id: string }[]).map(({ id }) => id);
    for (const [name, id] of Object.entries(files)) {
      const { status } = await okamoto.get(`/api/attachments/${id}`);
      expect([name, status === 200]).toEqual([name, ids.includes(id)]);
      if (status === 200) open.push(name);
    }
    return open;
  };
  const openFlags = async (): Promise<string[]> => ((await okamoto.get(`/api/cases/${taken.caseNo}/flags`).expect(200)).body.flags as { kind: string }[]).map(({ kind }) => kind).toSorted();
  const rows = (table: string): Promise<number> => transact(two.app.db, system, async (tx) => {
    await tx.db.$queryRawUnsafe(`select set_config('app.scope', 'person', true), set_config('app.user_id', $1, true), set_config('app.roles', '{sectionLead}', true), set_config('app.groups', '{grp.sectionLead.silver_centre}', true), set_config('app.agency', 'silver_centre', true)`, okamoto.userId);
    return Number((await tx.db.$queryRawUnsafe<{ n: bigint }[]>(`select count(*) as n from ${table} where case_id = $1::uuid`, taken.caseId))[0]!.n);
  });

  test.each<[string, ScopeItem[] | 'all', string[], string[], number]>([
    ['基本情報', ['basic'], ['intake as basic'], [], 0],
    ['家族状況', ['family'], [], [], 0],
    ['健康・障害', ['health'], ['health'], ['medical'], 0],
    ['収入・債務', ['money'], [], [], 0],
    ['支援経過', ['progress'], ['note'], ['contact'], 1],
    ['会議記録', ['meeting'], [], [], 0],
    ['all that a sheet has', ['basic', 'family', 'progress'], ['intake', 'intake as basic', 'note'], ['contact'], 1],
    ['all items', [...scopeItems], ['health', 'intake', 'intake as basic', 'note'], ['contact', 'medical'], 1],
    ['a right that names none', 'all', ['none', 'health', 'intake', 'intake as basic', 'note'], ['contact', 'medical'], 1],
  ])('GUARD %s', async (_name, items, expectedFiles, expectedFlags, progress) => {
    await mayRead(items);
    expect((await openFiles()).toSorted()).toEqual(expectedFiles.toSorted());
    expect(await openFlags()).toEqual(expectedFlags);
    expect(await rows('flag')).toBe(expectedFlags.length);
    for (const table of ['participation', 'emergency', 'case_exit']) expect([table, await rows(table)]).toEqual([table, progress]);
    // of the consents of this case (the person's, and that of a member) none names this agency
    expect(await listed('consents', 'consents')).toBe(items === 'all' ? 2 : 0);
  });

  test('GUARD of the consents an agency sees those that name it, and of what was told to others nothing', async () => {
    const given = async (said: Answers): Promise<void> => void (await mori.post(`/api/cases/${taken.caseNo}/records`, { formKey: 'consent', answers: { ...sampleOf('anytime', 'consent'), consentState: 'full', types: ['share'], scopeItems: ['basic', 'progress'], householdMembers: [], ...said } }).expect(201));
    await given({ subject: 'member', memberName: '豊野 和雄', scopeAgencies: [{ agency: 'self_reliance', answer: 'agreed' }] });
    await given({ subject: 'member', memberName: '西田 惠子', consentState: 'partial', scopeAgencies: [{ agency: 'silver_centre', answer: 'agreed' }, { agency: 'self_reliance', answer: 'excluded' }] });
    await mayRead(['basic']);
    const { body } = await okamoto.get(`/api/cases/${taken.caseNo}/consents`).expect(200);
    expect((body.consents as { memberName: string }[]).map(({ memberName }) => memberName)).toEqual(['西田 惠子']);
    const told = ((await okamoto.get(`/api/cases/${taken.caseNo}/disclosures`).expect(200)).body.disclosures as { toCode: string }[]).map(({ toCode }) => toCode);
    expect(told.filter((code) => code !== 'silver_centre')).toEqual([]);
    expect(await rows('disclosure_request')).toBe(0);
    await mayRead('all');
    expect((await okamoto.get(`/api/cases/${taken.caseNo}/consents`).expect(200)).body.consents.length).toBeGreaterThan(2);
  });
});
