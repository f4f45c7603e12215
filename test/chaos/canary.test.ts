import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { deployPaths } from '../../src/services/deploy.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor, freeTexts } from '../support/answers.js';
import { testApp } from '../support/app.js';
import { seedTestCity } from '../support/city.js';
import { freshDatabase, query, type TestDatabase } from '../support/database.js';
import { hasRedis, ownRedis, type OwnRedis } from '../support/redis.js';
import { testSmtp, type TestSmtp } from '../support/smtp.js';
import { waitFor } from '../support/wait-for.js';
import { openApi, openWorker, signIn, type Api, type OfficeOptions, type Program, type Staff } from './office.js';

// What staff might write of a person. If it is ever found outside the records that are meant to hold it, a name has leaked.
const canary = '辻󠄀村𠮷子カナリア';
/** And what they might write of them where a reason is asked for. */
const reason = '髙橋花子メジロ';

let database: TestDatabase;
let smtp: TestSmtp;
let redis: OwnRedis | null = null;
let monitor: Redis | null = null;
const commands: string[] = [];
let output = '';
let api: Api;
const programs: Program[] = [];

/** How far the workers' clock must run ahead to be ten days on, at ten in the morning of a business day. */
function offsetToOfficeHours(): number {
  const now = Date.now();
  const at = new Date(now + 10 * 86_400_000);
  at.setUTCHours(1, 0, 0, 0);
  while ([0, 6].includes(at.getUTCDay())) at.setUTCDate(at.getUTCDate() + 1);
  return at.getTime() - now;
}

beforeAll(async () => {
  database = await freshDatabase();
  await seedTestCity(database.ownerUrl);
  const app = await testApp({ database });
  await deployPaths(app, ['processes']);
  await app.close();
  smtp = await testSmtp();
  redis = hasRedis() ? await ownRedis() : null;
  if (redis) {
    const asking = new Redis(redis.url);
    monitor = await asking.monitor();
    asking.disconnect();
    monitor.on('monitor', (_time: string, args: string[]) => void commands.push(args.join(' ')));
  }
  const options: OfficeOptions = { database, redisUrl: redis?.url ?? null, smtpUrl: smtp.url, onOutput: (text) => void (output += text) };
  api = await openApi(options);
  programs.push(api, openWorker(options, { CLOCK_OFFSET_MS: `${offsetToOfficeHours()}` }));
  if (redis) programs.push(openWorker({ ...options, redisUrl: null }));
}, 180_000);

afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  monitor?.disconnect();
  await redis?.drop();
  await smtp?.stop();
  await database?.drop();
}, 180_000);

interface Listed {
  id: string;
  version: number;
  elementId: string;
}

async function taskOf(staff: Staff, caseNo: string, elementId: string): Promise<Listed> {
  return waitFor(elementId, async () => {
    const { body } = await staff.ask('GET', `/api/tasks?view=all&case=${caseNo}`);
    return (body['tasks'] as Listed[]).find((task) => task.elementId === elementId);
  });
}

/** Every reason that anybody is asked for about a case: why it is handed on, suspended, resumed, and its variables edited. */
async function givenReasons(mori: Staff, taskId: string, caseNo: string): Promise<void> {
  const keeper = await signIn([api.address], 'kato.m');
  const coordinator = await signIn([api.address], 'sato.h');
  const members = (await mori.ask('GET', '/api/directory/groups/grp.intake.elder/members')).body['members'] as { userId: string; name: string }[];
  const other = members.find(({ name }) => !name.startsWith('森'))!;
  expect((await mori.ask('POST', `/api/tasks/${taskId}/claim`, {})).status).toBe(200);
  expect((await mori.ask('POST', `/api/tasks/${taskId}/delegate`, { toUserId: other.userId, reason })).status).toBe(200);
  const [instance] = (await coordinator.ask('GET', `/api/instances?case=${caseNo}`)).body['instances'] as { id: string }[];
  for (const verb of ['suspend', 'resume']) expect((await keeper.ask('POST', `/api/instances/${instance!.id}/${verb}`, { reason })).status).toBe(200);
  expect((await keeper.ask('PATCH', `/api/instances/${instance!.id}/variables`, { variables: { note: true }, reason })).status).toBe(200);
  expect((await keeper.ask('PATCH', `/api/instances/${instance!.id}/variables`, { variables: { note: reason }, reason })).status).toBe(422);
}

it('what staff write about a person is in no process variable, queue, log or mail', async () => {
  const mori = await signIn([api.address], 'mori.d');
  const opened = await mori.ask('POST', '/api/cases', { field: 'elder', channel: 'phone' });
  expect(opened.status).toBe(201);
  const caseNo = String(opened.body['caseNo']);
  const first = await taskOf(mori, caseNo, 'receive_consultation');
  // written where it belongs
  const { schema } = (await mori.ask('GET', `/api/tasks/${first.id}`)).body['form'] as { schema: Json };
  const texts = Object.fromEntries(freeTexts(schema).map((key) => [key, canary]));
  const done = await mori.ask('POST', `/api/tasks/${first.id}/complete`, { version: first.version, answers: answersFor('intake_screening', 'receive_consultation', schema, texts) });
  expect(done.status).toBe(200);
  const next = await taskOf(mori, caseNo, 'assess_urgency');
  expect((await mori.ask('PUT', `/api/tasks/${next.id}/draft`, { answers: { memo: canary } })).status).toBeLessThan(300);
  expect((await mori.ask('POST', `/api/tasks/${next.id}/comments`, { body: canary })).status).toBeLessThan(300);
  expect((await mori.ask('POST', `/api/tasks/${next.id}/due`, { dueAt: '2026-12-01T08:15:00Z', reason: canary, version: next.version })).status).toBeLessThan(300);
  await givenReasons(mori, next.id, caseNo);
  // written where it does not belong: refused, and not repeated in a log
  const wrong = [
    ['POST', `/api/tasks/${next.id}/complete`, { version: next.version + 1, answers: { urgency: canary } }],
    ['POST', `/api/tasks/${next.id}/complete`, { version: next.version + 1, answers: { [canary]: 'x' } }],
    ['POST', '/api/cases', { field: canary }],
    ['GET', `/api/tasks?view=${encodeURIComponent(canary)}`, undefined],
    ['GET', `/api/cases/${encodeURIComponent(canary)}`, undefined],
    ['POST', '/api/session', { login: canary, password: canary }],
  ] as const;
  for (const [method, path, body] of wrong) expect((await mori.ask(method, path, body)).status).toBeGreaterThanOrEqual(400);
  await mori.ask('GET', `/api/tasks?view=all&text=${encodeURIComponent(canary)}`);

  // the clock of the workers is ten days on: reminders, escalations and their mails come
  await waitFor('a mail about the case', () => smtp.mails.some((mail) => (mail.text ?? '').includes(caseNo)), { timeoutMs: 60_000 });

  const tables = await query<{ name: string }>(database.ownerUrl, `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('public', 'bullmq')`);
  const meant = ['public.submission', 'public.draft', 'public.task_comment', 'public.due_change', 'public.client_person', 'public.client_change', 'public.household', 'public.household_member'];
  const searched = tables.map(({ name }) => name).filter((name) => !meant.includes(name));
  for (const name of ['public.process_instance', 'public.history_event', 'public.outbox', 'public.mail', 'public.job', 'public.message']) expect(searched).toContain(name);
  const leaks: string[] = [];
  for (const name of searched) {
    const [row] = await query<{ n: number }>(database.ownerUrl, `select count(*)::int as n from ${name} t where position($1 in t::text) > 0 or position($2 in t::text) > 0`, [canary, JSON.stringify(canary).slice(1, -1)]);
    if (row!.n > 0) leaks.push(name);
  }
  expect(leaks).toEqual([]);
  // reasons stand with what they are for, and nowhere else
  const atHome = ['public.task', 'public.history_event', 'public.due_change', 'public.incident'];
  const strayed: string[] = [];
  for (const { name } of tables.filter((table) => !atHome.includes(table.name))) {
    const [row] = await query<{ n: number }>(database.ownerUrl, `select count(*)::int as n from ${name} t where position($1 in t::text) > 0`, [reason]);
    if (row!.n > 0) strayed.push(name);
  }
  expect(strayed).toEqual([]);
  expect((await query(database.ownerUrl, `select 1 from task where delegate_reason = $1`, [reason])).length).toBe(1);
  const [kept] = await query<{ n: number }>(database.ownerUrl, `select count(*)::int as n from submission where position($1 in answers::text) > 0`, [canary]);
  expect(kept!.n).toBe(1); // it was really there to be leaked

  const everywhere = { redis: commands.join('\n'), log: output, mails: smtp.mails.map((mail) => JSON.stringify([mail.subject, mail.text, mail.html, mail.headerLines])).join('\n') };
  if (redis) expect(commands.length).toBeGreaterThan(20);
  expect(output.length).toBeGreaterThan(500);
  for (const text of Object.values(everywhere)) {
    for (const form of [canary, reason, 'メジロ', encodeURIComponent(canary), JSON.stringify(canary).slice(1, -1), 'カナリア', encodeURIComponent('カナリア')]) expect(text.includes(form)).toBe(false);
  }
}, 240_000);
