// What the domain waits for by itself, with real workers: a consent's last day comes whether anybody looks or not.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { fileRecord } from '../../src/actions/file-record.js';
import { openCase } from '../../src/actions/open-case.js';
import type { Person } from '../../src/base/db.js';
import { startWorkers, type Workers } from '../../workers/start.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';
import { onBothBackends, type Queued } from './backends.js';
import { setClock, type SetClock } from './scene.js';

onBothBackends('同意の期限', (open) => {
  let queued: Queued;
  let clock: SetClock;
  let app: TestApp;
  let mori: Person;
  const running: Workers[] = [];
  const others: TestApp[] = [];
  beforeEach(async () => {
    queued = await open();
    clock = setClock('2026-05-11T01:00:00Z');
    app = await testApp({ clock, env: queued.settings, deploy: ['processes/anytime', 'processes/intake_screening'] });
    mori = await personByLogin(app.database.ownerUrl, 'mori.d');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((workers) => workers.stop()));
    for (const other of others.splice(0)) await other.close();
    await app.close();
    await queued.drop();
  });
  const work = (on: TestApp = app): void => void running.push(startWorkers(on, { everyMs: 50, sendMail: async () => {} }));
  const rows = <Row extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<Row[]> => query<Row>(app.database.ownerUrl, sql, values);
  const count = async (sql: string): Promise<number> => Number((await rows<{ count: string }>(sql))[0]?.count);
  const consented = async (validUntil: string): Promise<string> => {
    const { caseNo, caseId } = await openCase(app, mori, { field: 'elder' });
    const answers = { ...sampleOf('anytime', 'consent'), consentState: 'full', householdMembers: [], scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }], validUntil };
    await fileRecord(app, mori, { formKey: 'consent', caseNo, answers });
    return caseId;
  };

  it('late is not lost: after a long weekend each consent that has run out is ended once, warned of first, with two workers at it', async () => {
    for (const day of ['令和8年6月28日', '令和8年6月29日', '令和8年6月30日', '令和8年6月30日', '令和8年7月1日', '令和9年3月31日']) await consented(day);
    expect(await count(`select count(*) from case_access where basis = 'consent' and ended_at is null`)).toBe(6);
    clock.set('2026-07-06T00:00:00Z');
    work();
    const second = await testApp({ clock, env: queued.settings, database: app.database });
    others.push(second);
    work(second);
    await waitFor('five ended', async () => (await count(`select count(*) from consent_end where kind = 'expired'`)) >= 5);
    await waitFor('nothing due is left', async () => (await count(`select count(*) from timer where kind = 'domain' and status = 'pending' and due_at <= '2026-07-06'`)) === 0);
    expect(await count(`select count(*) from consent_end`)).toBe(5);
    expect(await count(`select count(*) from case_access where basis = 'consent' and ended_at is null`)).toBe(1);
    expect(await count(`select count(*) from case_access where basis = 'consent' and end_reason = 'expired'`)).toBe(5);
    const orders = await rows<{ order: string }>(`select string_agg(a.reason, ' ' order by a.id) as order from audit_event a join timer t on t.id::text = a.resource_id where a.action = 'timer.fire' and a.reason <> 'idle' and t.kind = 'domain' group by t.case_id`);
    expect(orders.map(({ order }) => order)).toEqual(Array.from({ length: 5 }, () => 'consent_expiring consent_expires'));
  });

  it('what cannot happen rests and is looked at, and holds up nothing else', async () => {
    const caseId = await consented('令和8年6月28日');
    await rows(`insert into timer (id, kind, rule, about_id, case_id, due_at, created_at) values (gen_random_uuid(), 'domain', 'no_such_rule', gen_random_uuid(), $1, '2026-05-12T00:00:00Z', now())`, caseId);
    clock.set('2026-07-06T00:00:00Z');
    work();
    await waitFor('the consent has ended', async () => (await count(`select count(*) from consent_end where kind = 'expired'`)) === 1);
    const [failed] = await rows<{ attempts: number; last_error: string; status: string }>(`select attempts, last_error, status from timer where rule = 'no_such_rule'`);
    expect(failed).toMatchObject({ status: 'pending', last_error: 'Error' });
    expect(failed!.attempts).toBeGreaterThan(0);
  });
});
