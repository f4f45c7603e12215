// That the watch of the random office sees what it is there to see: each fault that it names is made by hand in the tables, past every
// guard, and taken back again.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { openCase } from '../../src/actions/open-case.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { openWatch } from './casework-invariants.js';

let app: TestApp;
let client: pg.Client;
let opened: { caseId: string; caseNo: string };
const now = new Date('2026-05-11T10:00:00+09:00');

beforeAll(async () => {
  app = await testApp({ clock: { now: () => now }, deploy: ['processes'] });
  opened = await openCase(app, await personByLogin(app.database.ownerUrl, 'mori.d'), { field: 'elder', channel: 'phone' });
  client = new pg.Client(app.database.ownerUrl);
  await client.connect();
}, 120_000);
afterAll(async () => {
  await client?.end();
  await app?.close();
});

const right = (basis: string, reader = 'agency:silver_centre', items = 'null'): string =>
  `insert into case_access (id, case_id, reader, level, basis, basis_id, items, from_at) select gen_random_uuid(), id, '${reader}', 'content', '${basis}', gen_random_uuid(), ${items}, '2026-05-11T00:00:00+09:00' from support_case`;
const told = (ground: string, to: string, consent = 'null'): string =>
  `insert into disclosure (id, case_id, to_kind, to_code, purpose, items, legal_basis, consent_id, at, agency_code) select gen_random_uuid(), id, 'agency', '${to}', 'share', '{basic}', '${ground}', ${consent}, '2026-05-11T09:00:00+09:00', 'chiiki_houkatsu' from support_case`;
/** A consent that was taken back, under which somebody had been told. */
const takenBack = [
  `insert into submission (id, task_id, case_id, record, form_key, form_sha256, answers, submitted_at) select '0190aaaa-0000-7000-8000-0000000000f1', gen_random_uuid(), id, 'F17', 'x', 'x', '{}', '2026-05-11T09:59:00+09:00' from support_case`,
  `insert into consent (id, case_id, submission_id, subject, state, legal_basis, recorded_at, agency_code) select '0190aaaa-0000-7000-8000-0000000000f2', id, gen_random_uuid(), 'self', 'refused', '69-2-1', '2026-05-11T08:00:00+09:00', 'chiiki_houkatsu' from support_case`,
  `insert into consent_end (id, consent_id, case_id, kind, submission_id, at) select gen_random_uuid(), '0190aaaa-0000-7000-8000-0000000000f2', id, 'withdrawn', '0190aaaa-0000-7000-8000-0000000000f1', '2026-05-11T10:00:00+09:00' from support_case`,
  told('69-2-1', 'elderly_welfare', `'0190aaaa-0000-7000-8000-0000000000f2'`),
];

test.each([
  ['right of nobody', [right('assignment')]],
  ['right of a window that did not take the case', [right('intake')]],
  ['right without its emergency', [right('emergency')]],
  ['right without its closure', [right('handover')]],
  ['right without its consent', [right('consent', 'agency:silver_centre', `'{basic}'`)]],
  ['right without its slip', [right('referral', 'grp.sectionLead.elderly_welfare', `'{basic}'`)]],
  ['right without its plan', [right('plan', 'agency:silver_centre', `'{basic}'`)]],
  ['right without its seat', [right('meeting', 'agency:silver_centre', `'{basic}'`)]],
  ['right to everything by consent', [right('consent')]],
  ['share without a record', [told('69-2-4', 'elderly_welfare')]],
  ['told on a ground that does not fit', [told('69-2-2', 'shakyo')]],
  ['share without consent', [told('69-2-1', 'elderly_welfare', 'gen_random_uuid()')]],
  ['step without an owner', [`update task set candidate_groups = '{grp.nobody}' where status = 'open'`]],
  ['open step of a process that is over', [`update process_instance set status = 'ended'`]],
  ['orphan', [`update task set status = 'cancelled'`, `update process_instance set status = 'cancelled'`]],
  ['orphan', [`update process_instance set status = 'suspended'`, `insert into clock_pause (id, business_key, root_id, reason, paused_at) select gen_random_uuid(), c.case_no, i.id, 'suspended', now() from support_case c join process_instance i on i.business_key = c.case_no`]],
  ['closed, and yet', [`update support_case set status = 'closed'`]],
  ['asked of who is out', [...takenBack, `update task set item = '"x"', candidate_groups = '{grp.sectionLead.elderly_welfare}' where status = 'open'`, `update process_instance set definition_id = (select id from process_definition where key = 'outreach')`]],
  ['sitting that nobody is covered for', [
    ...takenBack, `insert into meeting (id, kind, agency_code, opened_at) values ('0190aaaa-0000-7000-8000-0000000000f3', 'plan', 'welfare_policy', '2026-05-11T08:00:00+09:00')`,
    `insert into meeting_case (meeting_id, case_id, added_at) select '0190aaaa-0000-7000-8000-0000000000f3', id, '2026-05-11T08:00:00+09:00' from support_case`,
    `insert into sitting (id, meeting_id, no, status, opened_at, invited_at) values (gen_random_uuid(), '0190aaaa-0000-7000-8000-0000000000f3', 1, 'invited', '2026-05-11T08:00:00+09:00', '2026-05-11T09:00:00+09:00')`,
  ]],
  ['waits for nothing', [`update task set status = 'cancelled'`]],
] as const)('it sees: %s', async (fault, statements) => {
  const watch = await openWatch(client); // it remembers what it saw, also what is then taken back
  expect(await watch.look(now, false)).toEqual([]);
  await client.query('begin');
  try {
    await client.query(`set local session_replication_role = replica`);
    for (const statement of statements) await client.query(statement);
    expect(await watch.look(now, false)).toEqual(expect.arrayContaining([expect.stringContaining(fault)]));
  } finally {
    await client.query('rollback');
  }
});

test('it sees that a row of what never changes is gone, or is another one', async () => {
  const watch = await openWatch(client);
  await watch.compare();
  await watch.look(now, false);
  await client.query('begin');
  try {
    await client.query(`set local session_replication_role = replica`);
    await client.query(`update history_event set type = 'other'`);
    expect(await watch.compare()).toContainEqual('a row of history_event changed');
    await client.query(`delete from audit_event`);
    expect(await watch.look(now, false)).toContainEqual('rows are gone from audit_event');
  } finally {
    await client.query('rollback');
  }
  expect(opened.caseNo).toMatch(/^R8-/);
});
