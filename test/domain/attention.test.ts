// Cases that somebody should look at.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commentTask } from '../../src/actions/comment-task.js';
import { pauseCaseClock } from '../../src/actions/pause-clock.js';
import { resumeClock } from '../../src/actions/resume-clock.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import { readAs, transact, type Person } from '../../src/base/db.js';
import { grantAccess } from '../../src/domain/access.js';
import { findAttention } from '../../src/domain/attention.js';
import { openCase } from '../../src/domain/cases.js';
import { beginBreak, endBreak } from '../../src/domain/exits/exits.js';
import { complete, testClock } from '../engine/store/setup.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { catchMessage, catchTimer, deploy, diagram, end, flows, keeper, message, openTask, service, startBy, task } from '../support/diagrams.js';

const works = diagram('works', `${startBy('works')}${task('work')}${end()}${flows('start>work', 'work>end')}`, message('works'));
const waits = diagram('waits', `${startBy('waits')}${catchTimer('later', 'P1Y')}${end()}${flows('start>later', 'later>end')}`, message('waits'));
const hopes = diagram('hopes', `${startBy('hopes')}${catchMessage('hear', 'news', '=caseId')}${end()}${flows('start>hear', 'hear>end')}`, `${message('hopes')}${message('news')}`);
const forgets = diagram('forgets', `${startBy('forgets')}${service('hold', 'hold_processes', { caseId: '=caseId', reason: '="emergency"' })}${end()}${flows('start>hold', 'hold>end')}`, message('forgets'));

describe('気にかけたいケース', () => {
  let app: TestApp;
  let mori: Person;
  let sato: Person;
  const clock = testClock();
  const url = (): string => app.database.ownerUrl;
  beforeAll(async () => {
    app = await testApp({ clock });
    [mori, sato] = [await personByLogin(url(), 'mori.d'), await personByLogin(url(), 'sato.h')];
    for (const xml of [works, waits, hopes, forgets]) await deploy(app, xml);
    // made by the group `plans`
    await query(url(), `create table if not exists case_role (id uuid, case_id uuid, role text, agency_code text, group_key text, from_at timestamptz, until_at timestamptz)`);
  });
  afterAll(() => app.close());

  async function aCase(process: string | null, status = 'open'): Promise<{ caseNo: string; caseId: string }> {
    const { caseNo, id: caseId } = await transact(app.db, keeper, async (tx) => {
      const made = await openCase(tx, { field: 'elder', channel: 'phone', agencyCode: mori.agencyCode, urgent: false }, '2026-11-24', null);
      await grantAccess(tx, { caseId: made.id, reader: `agency:${mori.agencyCode}`, level: 'content', basis: 'intake', basisId: null });
      return made;
    });
    await query(url(), 'update support_case set status = $2 where id = $1', [caseId, status]);
    if (process !== null) await publishMessage(app, keeper, { name: process, businessKey: caseNo, variables: { caseId } });
    return { caseNo, caseId };
  }
  const found = async (person: Person, caseNo: string, silentDays = 30): Promise<string[] | undefined> => (await readAs(app.db, person, (tx) => findAttention(tx, app.calendar.onDate(tx.now), silentDays))).find((line) => line.caseNo === caseNo)?.kinds;

  test('without next action: no open task, no timer, no pause; waiting for a message alone is not one', async () => {
    expect(await found(sato, (await aCase('works')).caseNo)).toBeUndefined();
    expect(await found(sato, (await aCase('waits')).caseNo)).toBeUndefined();
    expect(await found(sato, (await aCase('hopes')).caseNo)).toEqual(['no_next_action']);
    const { caseNo } = await aCase(null);
    expect(await found(sato, caseNo)).toEqual(['no_next_action']);
    await query(url(), `insert into case_access (id, case_id, reader, level, basis, from_at) select gen_random_uuid(), id, 'agency:' || $2, 'content', 'assignment', $3::timestamptz from support_case where case_no = $1`, [caseNo, sato.agencyCode, clock.now()]);
    await pauseCaseClock(app, sato, { caseNo, reason: 'in_hospital', resumeOn: '2026-12-24' });
    expect(await found(sato, caseNo)).toEqual(['paused']);
    const ended = await aCase('works');
    await complete(app, mori, ended.caseNo, 'work');
    expect(await found(sato, ended.caseNo)).toEqual(['no_next_action']);
    await query(url(), `update support_case set status = 'closed' where id = $1`, [ended.caseId]);
    expect(await found(sato, ended.caseNo)).toBeUndefined();
  });

  test('supported without 主担当: until somebody leads, and again when nobody does any more', async () => {
    const { caseNo, caseId } = await aCase('works', 'supporting');
    expect(await found(sato, caseNo)).toEqual(['no_lead']);
    await query(url(), `insert into case_role (id, case_id, role, agency_code, group_key, from_at) values (gen_random_uuid(), $1, 'lead', $2, 'grp.intake.elder', $3)`, [caseId, mori.agencyCode, clock.now()]);
    expect(await found(sato, caseNo)).toBeUndefined();
    await query(url(), `update case_role set until_at = from_at + interval '1 second', end_reason = 'succeeded' where case_id = $1`, [caseId]).catch(() => query(url(), `update case_role set until_at = from_at where case_id = $1`, [caseId]));
    expect(await found(sato, caseNo)).toEqual(['no_lead']);
  });

  test('silent for as many days as the city says: an answered form or a comment is a word, and a case whose clock stands is not called silent', async () => {
    const { caseNo } = await aCase('works');
    const { id } = await openTask(url(), caseNo, 'work');
    clock.forward(29 * 86_400_000);
    expect(await found(sato, caseNo)).toBeUndefined();
    clock.forward(2 * 86_400_000);
    expect(await found(sato, caseNo)).toEqual(['silent']);
    expect(await found(sato, caseNo, 60)).toBeUndefined();
    await commentTask(app, mori, { taskId: id, body: '電話をかけたが不在' });
    expect(await found(sato, caseNo)).toBeUndefined();
    clock.forward(31 * 86_400_000);
    expect(await found(sato, caseNo)).toEqual(['silent']);
    await query(url(), `insert into case_access (id, case_id, reader, level, basis, from_at) select gen_random_uuid(), id, 'agency:' || $2, 'content', 'assignment', $3::timestamptz from support_case where case_no = $1`, [caseNo, sato.agencyCode, clock.now()]);
    const { pauseId } = await pauseCaseClock(app, sato, { caseNo, reason: 'in_hospital', resumeOn: app.calendar.onDate(new Date(clock.now().getTime() + 20 * 86_400_000)) });
    expect(await found(sato, caseNo)).toEqual(['paused']);
    await resumeClock(app, sato, { pauseId });
    expect(await found(sato, caseNo)).toEqual(['silent']);
  });

  test.each(['on_hold', 'interrupted'] as const)('a case that rests (%s) is not called silent until its day has passed, nor when it rests until somebody begins again', async (kind) => {
    const { caseNo, caseId } = await aCase('works');
    clock.forward(40 * 86_400_000);
    expect(await found(sato, caseNo)).toEqual(['silent']);
    const rests = (untilAt: Date | null): Promise<void> => transact(app.db, keeper, (tx) => beginBreak(tx, { caseId, exitId: null, kind, untilAt }));
    const goesOn = (): Promise<void> => transact(app.db, keeper, (tx) => endBreak(tx, caseId, 'resumed'));
    await rests(new Date(clock.now().getTime() + 60 * 86_400_000));
    expect(await found(sato, caseNo)).toBeUndefined();
    clock.forward(59 * 86_400_000);
    expect(await found(sato, caseNo)).toBeUndefined();
    clock.forward(2 * 86_400_000);
    expect(await found(sato, caseNo)).toEqual(['silent']);
    await goesOn();
    await rests(null);
    clock.forward(90 * 86_400_000);
    expect(await found(sato, caseNo)).toBeUndefined();
    await goesOn();
    expect(await found(sato, caseNo)).toEqual(['silent']);
  });

  test('held by a process that has ended is named, for nothing else would let it go on', async () => {
    const { caseNo, caseId } = await aCase('works');
    await publishMessage(app, keeper, { name: 'forgets', businessKey: caseNo, variables: { caseId } });
    expect(await found(sato, caseNo)).toEqual(['held']);
  });

  test('each sees those that are theirs to know: who coordinates all, an agency its own, policy staff none', async () => {
    const { caseNo } = await aCase(null);
    expect(await found(mori, caseNo)).toEqual(['no_next_action']);
    expect(await found(await personByLogin(url(), 'fujita.h'), caseNo)).toBeUndefined();
    expect(await readAs(app.db, await personByLogin(url(), 'kato.m'), (tx) => findAttention(tx, app.calendar.onDate(tx.now), 1))).toEqual([]);
  });
});
