// Random staff do random lawful things, and after each of them nobody is told what no basis bears, no step and no
// case is left to nobody, and nothing that was decided or written down has changed. The same choices again: CASEWORK_SEED=7 bin/test
// test/property/casework; longer: CASEWORK_STEPS=5000. Every run takes ways of its own all the same, for ids are new each time.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { readAs, type Person } from '../../src/base/db.js';
import { testApp, type TestApp } from '../support/app.js';
import { openWatch, type Watch } from './casework-invariants.js';
import { openOffice, type Deed, type Office } from './casework.js';

const seed = Number(process.env['CASEWORK_SEED'] ?? 20_261_124);
const steps = Number(process.env['CASEWORK_STEPS'] ?? 1_000);
const compareEvery = 100;
/** The rights are held to what they follow from after each step; that Postgres reads by them and no further, after every so many. */
const peekEvery = 4;
/** Enough to see what is wrong. */
const mostFaults = 12;

let app: TestApp;
let client: pg.Client;
let office: Office;
let watch: Watch;

beforeAll(async () => {
  let at = new Date('2026-05-11T10:00:00+09:00');
  const clock = { now: () => at, set: (next: Date) => void (at = next) };
  app = await testApp({ clock, deploy: ['processes'] });
  client = new pg.Client(app.database.ownerUrl);
  await client.connect();
  office = await openOffice({ app, client, seed, clock });
  watch = await openWatch(client);
}, 120_000);
afterAll(async () => {
  await client?.end();
  await app?.close();
});

const readable = `select s.id, s.compartment, s.case_id as "caseId", s.sitting_id as "sittingId", exists (select 1 from task t where t.id = s.task_id) as "byTask",
  s.record, s.submitted_by_id = app_user_id() as own, exists (select 1 from referral r where r.submission_id = s.id or (s.record = 'F12.supplement' and r.case_id = s.case_id and r.status = 'sent' and r.sent_at <= s.submitted_at)) as "bySlip" from submission s where s.case_id is not null and s.compartment <> 'office'`;
/** The sittings of a 支援会議 in which this person sits and is pledged, everybody else too, within the window. */
const inside = `select s.id from sitting s join meeting t on t.id = s.meeting_id and t.kind = 'confidential' join sitting_member m on m.sitting_id = s.id and m.removed_at is null
  where (m.user_id = $1 or (m.user_id is null and m.group_key = any ($2))) and s.invited_at <= $3 and (s.access_until is null or s.access_until > $3 or (t.closed_at is null and m.role in ('chair', 'secretary')))
    and exists (select 1 from pledge p where p.sitting_id = s.id and p.user_id = $1 and p.recorded_at <= $3)
    and not exists (select 1 from sitting_member o where o.sitting_id = s.id and o.removed_at is null and not exists (select 1 from pledge p where p.sitting_id = s.id and p.user_id is not null
      and (p.user_id = o.user_id or (o.user_id is null and exists (select 1 from membership g where g.user_id = p.user_id and g.group_key = o.group_key)))))`;
const reached = `select distinct case_id as id from case_access where reader = any ($1) and level = 'content' and ended_at is null and from_at <= $2 and (until_at is null or until_at > $2)`;

interface Read {
  id: string;
  compartment: string;
  record: string | null;
  caseId: string;
  sittingId: string | null;
  byTask: boolean;
  bySlip: boolean;
  own: boolean;
}

/** What this person reads and should not. */
async function peek(person: Person): Promise<{ faults: string[]; secrets: number }> {
  const reads = await readAs(app.db, person, (tx) => tx.db.$queryRawUnsafe<Read[]>(readable));
  const ids = async (sql: string, values: unknown[]): Promise<Set<string>> => new Set((await client.query<{ id: string }>(sql, values)).rows.map(({ id }) => id));
  const sittings = await ids(inside, [person.userId, person.groups, office.now()]);
  const cases = await ids(reached, [[...person.groups, person.userId, `agency:${person.agencyCode}`], office.now()]);
  const secrets = reads.filter(({ compartment }) => compartment === 'confidential');
  // that an agency asks for a 支援会議 is read by whoever convenes one for the city, and by who asked (their own)
  const convenes = person.agencyCode === 'welfare_policy' && person.roles.some((role) => role === 'chair' || role === 'meetingConvenor');
  const outside = secrets.filter(({ sittingId, record, own }) => !(record === 'F16.request' && sittingId === null && (convenes || own)) && (sittingId === null || !sittings.has(sittingId)));
  const strangers = reads.filter(({ compartment, caseId, byTask, bySlip }) => compartment !== 'confidential' && !byTask && !bySlip && !cases.has(caseId));
  return { faults: [...outside.map(({ id, record }) => `${person.name} outside reads the secret ${record ?? 'a form'} ${id}`), ...strangers.map(({ id, record, caseId }) => `${person.name} reads ${record ?? 'a form'} ${id} of ${caseId} without a right`)], secrets: secrets.length };
}

const tellOf = ({ move, what, refused }: Deed): string => `${move} ${what}${refused === null ? '' : ` (${refused})`}`;

test(`${steps} random steps`, async () => {
  const told: string[] = [];
  const faults = new Map<string, string>();
  const done = new Map<string, number>();
  let secrets = 0;
  const note = (at: number, found: readonly string[]): void => {
    for (const fault of found) if (!faults.has(fault)) faults.set(fault, `seed ${seed}, step ${at}, ${told.slice(-3).join(' ← ')}: ${fault}`);
  };
  await watch.look(office.now(), false);
  for (let at = 1; at <= steps && faults.size < mostFaults; at += 1) {
    const before = office.homes.length;
    const deed = await office.step().catch((error: unknown): never => {
      throw new Error(`seed ${seed}, step ${at}, after ${told.slice(-3).join(', ')}`, { cause: error });
    });
    told.push(`${office.homes.length > before ? office.homes.at(-1)!.caseNo : ''}${tellOf(deed)}`);
    const kind = `${deed.refused === null ? '' : 'not '}${deed.move} ${deed.what} ${deed.refused ?? ''}`;
    done.set(kind, (done.get(kind) ?? 0) + 1);
    let found = (await watch.look(office.now(), deed.refused !== null)).filter((fault) => !faults.has(fault));
    for (let looks = 0; found.length > 0 && looks < 20; looks += 1) {
      await pause(100);
      found = await watch.stillThere(office.now(), found);
    }
    note(at, found);
    if (at % peekEvery === 0) {
      const seen = await peek(office.chance.pick(office.people));
      secrets += seen.secrets;
      note(at, seen.faults);
    }
    if (at % compareEvery === 0) note(at, await watch.compare());
  }
  if (process.env['CASEWORK_SEED']) process.stderr.write(`${[...done].toSorted(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`).join('\n')}\n${JSON.stringify(Object.fromEntries(watch.counts()))}\n`);
  expect([...faults.values()]).toEqual([]);
  // and it went far enough to have met the rules that it checks
  const met = (table: string): number => watch.counts().get(table) ?? 0;
  expect(met('consent')).toBeGreaterThan(steps / 100);
  expect(met('disclosure')).toBeGreaterThan(steps / 50);
  if (steps >= 1_000) expect(secrets).toBeGreaterThan(0);
}, 900_000);
