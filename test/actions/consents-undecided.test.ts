// Between yes and no: who is thinking it over is asked again; who can no longer judge is decided about, and not by nobody.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fileRecord, type FiledRecord } from '../../src/actions/file-record.js';
import { fireDomainTimer } from '../../src/actions/fire-domain-timer.js';
import { openCase } from '../../src/actions/open-case.js';
import { transact, type Person } from '../../src/base/db.js';
import { consentStateOf, coveringConsent } from '../../src/domain/consents/consents.js';
import { listFlags } from '../../src/domain/flags/flags.js';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const system = { kind: 'system', name: 'test' } as const;

describe('検討中と判断困難', () => {
  let app: TestApp;
  const start = new Date('2026-05-11T10:00:00+09:00');
  let now = start;
  let mori: Person;
  let caseNo: string;
  let caseId: string;
  beforeAll(async () => {
    app = await testApp({ deploy: ['processes'], clock: { now: () => now } });
    mori = await personByLogin(app.database.ownerUrl, 'mori.d');
  }, 120_000);
  afterAll(() => app.close());
  beforeEach(async () => {
    now = start;
    ({ caseNo, caseId } = await openCase(app, mori, { field: 'elder' }));
  });

  const rows = <Row extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<Row[]> => query<Row>(app.database.ownerUrl, sql, values);
  const given = ['types', 'scopeAgencies', 'scopeItems', 'householdMembers', 'method', 'witness', 'noticeVersion', 'validFrom', 'validUntil', 'file'];
  const consent = (said: Answers): Promise<FiledRecord> => {
    now = new Date(now.getTime() + 1_000);
    const whole = { ...sampleOf('anytime', 'consent'), householdMembers: [], ...said };
    const without = said['consentState'] === 'full' ? [] : given;
    return fileRecord(app, mori, { formKey: 'consent', caseNo, answers: Object.fromEntries(Object.entries(whole).filter(([key]) => !without.includes(key))) });
  };
  const agreed = { consentState: 'full', scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }, { agency: 'shakyo', answer: 'agreed' }] };
  const state = () => transact(app.db, system, (tx) => consentStateOf(tx, caseId));
  const told = (rule: string): Promise<number> => rows<{ n: number }>(`select count(*)::int as n from notification where business_key = $1 and rule = $2`, caseNo, rule).then(([row]) => row!.n);
  const timers = (rule: string): Promise<{ id: string; at: Date }[]> => rows(`select id, due_at as at from timer where rule = $1 and case_id = $2 and status = 'pending'`, rule, caseId);
  const flags = () => transact(app.db, system, (tx) => listFlags(tx, caseId));
  const tasks = (): Promise<string[]> => rows<{ status: string }>(`select status from task where business_key = $1 and element_id = 'decide_consent_use' order by id`, caseNo).then((found) => found.map(({ status }) => status));
  const passes = async (rule: string): Promise<void> => {
    const [timer] = await timers(rule);
    now = timer!.at;
    await fireDomainTimer(app, system, { timerId: timer!.id });
  };

  test('who was explained to and is thinking it over is in that state, with what was said, and is asked again on the day', async () => {
    expect((await state()).state).toBe('unexplained');
    const wrongs: [Answers, string][] = [[{ askAgainOn: null }, '/answers/askAgainOn'], [{ askAgainOn: '令和8年5月11日' }, '/answers/askAgainOn'], [{ askAgainOn: '令和8年5月' }, '/answers/askAgainOn'], [{ askAgainOn: '令和8年6月1日', explained: [] }, '/answers/explained']];
    for (const [wrong, pointer] of wrongs) {
      await expect(consent({ consentState: 'considering', ...wrong })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer }] });
    }
    await consent({ consentState: 'considering', askAgainOn: '令和8年6月1日', explained: ['purpose', 'withdrawal'] });
    expect((await state()).state).toBe('considering');
    expect(await rows(`select state, explained, explained_on is not null as dated, valid_from from consent where case_id = $1`, caseId)).toEqual([{ state: 'considering', explained: ['purpose', 'withdrawal'], dated: true, valid_from: null }]);
    expect((await timers('consent_ask_again')).map(({ at }) => at.toISOString())).toEqual(['2026-05-31T23:45:00.000Z']); // 8:45 in Japan
    await passes('consent_ask_again');
    expect(await told('consent_ask_again')).toBeGreaterThan(0);
  });

  test('who has answered meanwhile is not asked again', async () => {
    await consent({ consentState: 'considering', askAgainOn: '令和8年6月1日' });
    await consent(agreed);
    await passes('consent_ask_again');
    expect([await told('consent_ask_again'), (await state()).state]).toEqual([0, 'full']);
  });

  test('who can no longer judge: what they agreed to stays as it was given, those who decide are told, and a flag stands until it is', async () => {
    await consent(agreed);
    const filed = await consent({ consentState: 'incapable' });
    expect(filed.warnings).toMatchObject([{ code: 'consent_still_holds' }]);
    expect((await state()).state).toBe('full');
    expect(await transact(app.db, system, (tx) => coveringConsent(tx, caseId, 'elderly_welfare'))).not.toBeNull();
    expect(await told('consent_incapable')).toBeGreaterThan(0);
    const [flag] = await flags();
    expect(flag).toMatchObject({ message: expect.stringContaining('成年後見'), reviewOn: '2026-05-25', resolvedAt: null });
    expect([await tasks(), (await timers('capacity_undecided')).length]).toEqual([['open'], 0]);
    // said twice it is one question
    await consent({ consentState: 'incapable' });
    expect([(await flags()).length, await tasks()]).toEqual([1, ['open']]);
  });

  test('a member of the household who can no longer judge is asked about like anybody', async () => {
    const member = { name: '門田 花子', answer: 'agreed' };
    await consent({ ...agreed, householdMembers: [member] });
    expect(await tasks()).toEqual([]);
    await consent({ ...agreed, householdMembers: [{ ...member, answer: 'incapable' }] });
    expect([await tasks(), (await state()).state]).toEqual([['open'], 'full']);
  });

  test('on a closed case nobody has a task: those who decide are told, and told again; opened again, one has it', async () => {
    await consent(agreed);
    await rows(`update support_case set status = 'closed', closed_at = $2 where id = $1`, caseId, now);
    await consent({ consentState: 'incapable' });
    expect(await tasks()).toEqual([]);
    await passes('capacity_undecided');
    const once = await told('capacity_undecided');
    expect([once > 0, (await timers('capacity_undecided')).length, await tasks()]).toEqual([true, 1, []]);
    await rows(`update support_case set status = 'open', closed_at = null where id = $1`, caseId);
    await passes('capacity_undecided');
    expect([(await told('capacity_undecided')) > once, (await timers('capacity_undecided')).length, await tasks()]).toEqual([true, 0, ['open']]);
  });

  test('whoever resolved the flag by hand has decided', async () => {
    await consent(agreed);
    await rows(`update support_case set status = 'closed', closed_at = $2 where id = $1`, caseId, now);
    await consent({ consentState: 'incapable' });
    const [flag] = await flags();
    await fileRecord(app, mori, { formKey: 'flag_change', caseNo, answers: { flagId: flag!.id, flagChange: 'resolve', reason: '成年後見の申立てを支援会議で決めた' } });
    await passes('capacity_undecided');
    expect([await told('capacity_undecided'), (await timers('capacity_undecided')).length]).toEqual([0, 0]);
  });

  test('who never agreed and cannot judge is 判断困難, and nothing is there to decide about', async () => {
    const filed = await consent({ consentState: 'incapable' });
    expect([filed.warnings, (await state()).state, await told('consent_incapable'), await tasks()]).toEqual([[], 'incapable', 0, []]);
  });
});
