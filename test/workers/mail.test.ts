import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { claimMails, listDueMails } from '../../src/actions/claim-mails.js';
import { fireReminder } from '../../src/actions/fire-reminder.js';
import { queueDigest } from '../../src/actions/queue-digest.js';
import { mostMailAttempts } from '../../src/actions/mark-mail.js';
import { transact } from '../../src/base/db.js';
import { parkedMails } from '../../src/domain/notifications.js';
import { testSmtp, type TestSmtp } from '../support/smtp.js';
import { waitFor } from '../support/wait-for.js';
import { onBothBackends, type Queued } from './backends.js';
import { openScene, type Scene } from './scene.js';

const system = { kind: 'system', name: 'test' } as const;

onBothBackends('メール', (open) => {
  let queued: Queued;
  let smtp: TestSmtp;
  let scene: Scene;
  beforeEach(async () => {
    queued = await open();
    smtp = await testSmtp();
    scene = await openScene('2026-11-24T01:00:00Z', { ...queued.settings, SMTP_URL: smtp.url }); // Tuesday 10:00 in Japan
  });
  afterEach(async () => {
    await scene.close();
    await smtp.stop();
    await queued.drop();
  });
  const status = async (): Promise<string[]> => (await scene.rows<{ status: string }>(`select status from mail order by created_at, id`)).map((row) => row.status);

  it('one digest a day and person tells of all that waits, in Japanese, with case numbers and dates and nobody\'s name', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    await scene.person(null, 'uninvolved');
    for (const [index, caseNo] of ['R8-00001', 'R8-00002', 'R8-00003'].entries()) {
      const task = await scene.task({ assigneeId: holder, caseNo, name: ['本人同意の確認', 'アセスメント', 'プラン案の作成'][index]!, dueAt: `2026-11-2${5 + index}T08:15:00Z` });
      await scene.notice(task, index === 2 ? 'escalation' : 'reminder', index === 2 ? 'escalate:1BD>grp.intake' : 'due-1BD', '2026-11-23T23:45:00Z');
    }
    scene.workers(scene.app());
    const [mail] = await smtp.arrived(1);
    expect(mail?.subject).toBe('【つなぎ】仕事が3件待っています');
    expect(mail?.text).toContain('・R8-00001 本人同意の確認 期限 11月25日(水) 17:15\n・R8-00002 アセスメント 期限 11月26日(木) 17:15\n・R8-00003 プラン案の作成 期限 11月27日(金) 17:15【期限超過】\n');
    expect(mail?.text).toContain('https://tsunagi.example.invalid/\n');
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.messageId).toMatch(/^<mail-[0-9a-f-]{36}@tsunagi\.example\.invalid>$/);
    expect(JSON.stringify({ text: mail?.text, html: mail?.html, subject: mail?.subject, to: mail?.to })).not.toContain('カナリア');
    expect(mail?.html).toBe(false);
    await waitFor('marked', async () => (await status())[0] === 'sent');
    expect(await status()).toEqual(['sent']);
  });

  it('what comes after this morning\'s digest waits for the next business day, and then is one mail again', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    await scene.notice(await scene.task({ assigneeId: holder }), 'reminder', 'due-1BD', '2026-11-23T23:45:00Z');
    await scene.notice(await scene.task({ assigneeId: holder }), 'escalation', 'escalate:1BD>grp.intake', '2026-11-24T01:00:00Z');
    await scene.notice(await scene.task({ assigneeId: holder }), 'escalation', 'escalate:1BD>grp.intake', '2026-11-27T08:15:00Z');
    scene.workers(scene.app());
    scene.workers(scene.app());
    await smtp.arrived(1);
    scene.clock.set('2026-11-24T09:00:00Z'); // 18:00
    await waitFor('both given', async () => (await scene.count(`select count(*) from notification`)) === 2);
    scene.clock.set('2026-11-28T02:00:00Z'); // Saturday
    await waitFor('the third given', async () => (await scene.count(`select count(*) from notification`)) === 3);
    expect(await queueDigest(scene.app(), system)).toBe(0);
    scene.clock.set('2026-11-29T23:44:00Z'); // Monday 8:44
    expect(await queueDigest(scene.app(), system)).toBe(0);
    scene.clock.set('2026-11-29T23:46:00Z');
    const mails = await smtp.arrived(2);
    expect(mails.map((mail) => mail.subject)).toEqual(['【つなぎ】仕事が1件待っています', '【つなぎ】仕事が2件待っています']);
    expect(await scene.count(`select count(*) from mail`)).toBe(2);
  });

  it('the digest waits until this morning\'s reminders have been given', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    const app = scene.app();
    const early = await scene.notice(await scene.task({ assigneeId: holder }), 'reminder', 'due-1BD', '2026-11-23T00:00:00Z');
    const late = await scene.notice(await scene.task({ assigneeId: holder }), 'reminder', 'due-1BD', '2026-11-23T23:45:00Z');
    await fireReminder(app, system, { timerIds: [early] });
    scene.clock.set('2026-11-23T23:45:30Z');
    expect(await queueDigest(app, system)).toBe(0);
    await fireReminder(app, system, { timerIds: [late] });
    expect(await queueDigest(app, system)).toBe(1);
    scene.workers(app);
    expect((await smtp.arrived(1))[0]?.subject).toBe('【つなぎ】仕事が2件待っています');
  });

  it('an urgent task is mailed at once by day, waits for the morning at night, and an emergency wakes people', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    scene.clock.set('2026-11-24T13:00:00Z'); // 22:00
    const app = scene.app();
    await scene.notice(await scene.task({ assigneeId: holder, urgent: true, dueIn: '2BD', caseNo: 'R8-00009' }), 'reminder', 'due-1BD', '2026-11-24T12:00:00Z');
    await scene.notice(await scene.task({ assigneeId: holder, urgent: true, dueIn: '48h', caseNo: 'R8-00048' }), 'reminder', 'due-24h', '2026-11-24T12:00:00Z');
    scene.workers(app);
    const [night] = await smtp.arrived(1);
    expect(night?.subject).toBe('【つなぎ・至急】仕事が1件待っています');
    expect(night?.text).toContain('R8-00048');
    expect(await scene.rows(`select status, next_attempt_at from mail where next_attempt_at > '2026-11-24T13:30:00Z'`)).toEqual([{ status: 'pending', next_attempt_at: new Date('2026-11-24T23:45:00Z') }]);
    scene.clock.set('2026-11-24T23:46:00Z');
    const [, morning] = await smtp.arrived(2);
    expect(morning?.text).toContain('R8-00009');
    await scene.notice(await scene.task({ assigneeId: holder, urgent: true, dueIn: '2BD', caseNo: 'R8-00010' }), 'reminder', 'due-1BD', '2026-11-24T23:45:00Z');
    expect((await smtp.arrived(3))[2]?.text).toContain('R8-00010');
  });

  it('what a process tells people is in the digest, or at once where it is urgent', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    const tell = (caseNo: string, urgent: boolean, at: string): Promise<unknown> =>
      scene.rows(`insert into notification (id, user_id, business_key, kind, rule, urgent, created_at) values (gen_random_uuid(), $1, $2, 'process', 'closed', $3, $4)`, holder, caseNo, urgent, at);
    await tell('R8-00001', false, '2026-11-23T08:00:00Z');
    await tell('R8-00002', true, '2026-11-24T00:59:00Z');
    scene.workers(scene.app());
    scene.workers(scene.app());
    await smtp.arrived(2);
    await waitFor('marked', async () => (await status()).every((s) => s === 'sent'));
    expect(smtp.mails.map((mail) => mail.subject).toSorted()).toEqual(['【つなぎ】お知らせが1件あります', '【つなぎ・至急】お知らせが1件あります']);
    expect(smtp.mails.find((mail) => mail.subject?.includes('至急'))?.text).toContain('・R8-00002 お知らせ');
    expect(await scene.count(`select count(*) from mail`)).toBe(2);
  });

  it('a mail about tasks that were all done meanwhile, or to someone who has left, is never sent', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    const leaver = await scene.person('grp.intake', 'leaver');
    const app = scene.app();
    const done = await scene.task({ assigneeId: holder, urgent: true });
    const left = await scene.task({ assigneeId: leaver, urgent: true });
    const ids = [await scene.notice(done, 'reminder', 'due-1BD', '2026-11-24T00:00:00Z'), await scene.notice(left, 'reminder', 'due-1BD', '2026-11-24T00:00:00Z')];
    await fireReminder(app, system, { timerIds: ids });
    await scene.rows(`update task set status = 'completed' where id = $1`, done);
    await scene.rows(`update app_user set active = false where id = $1`, leaver);
    scene.workers(app);
    await waitFor('dropped', async () => (await status()).every((s) => s === 'dropped'));
    expect(await status()).toEqual(['dropped', 'dropped']);
    expect(smtp.mails).toEqual([]);
  });

  it('an address that the mail server refuses is parked at once, visible, without the address in log or row', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    smtp.refuseWith({ code: 550, message: 'no such user holder@mail.invalid' });
    await scene.notice(await scene.task({ assigneeId: holder, urgent: true }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    const app = scene.app();
    scene.workers(app);
    await waitFor('parked', async () => (await status())[0] === 'parked');
    const parked = await transact(app.db, system, (tx) => parkedMails(tx));
    expect(parked).toMatchObject([{ userId: holder, kind: 'urgent', attempts: 1, lastError: 'EENVELOPE 550' }]);
    expect(scene.log.text()).not.toContain('mail.invalid');
  });

  it('while the mail server is away mails are tried again, later and later, and go out once it is back', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    await smtp.stop();
    await scene.notice(await scene.task({ assigneeId: holder, urgent: true }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    scene.workers(scene.app());
    const attempts = (n: number): Promise<unknown> => waitFor(`${n} attempts`, async () => (await scene.count(`select attempts as count from mail where status = 'pending' and claimed_until is null`)) === n);
    await attempts(1);
    scene.clock.set('2026-11-24T01:01:00Z');
    await attempts(2);
    const [row] = await scene.rows<{ rest: number }>(`select extract(epoch from next_attempt_at - $1::timestamptz)::int as rest from mail`, scene.clock.now());
    expect(row?.rest).toBeGreaterThan(45);
    await smtp.start();
    scene.clock.set('2026-11-24T01:10:00Z');
    await smtp.arrived(1);
    await waitFor('marked', async () => (await status())[0] === 'sent');
    expect(await scene.count(`select attempts as count from mail`)).toBe(3);
  });

  it('a mail that could not go out in the evening does not go out at night but in the morning', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    scene.clock.set('2026-11-24T10:58:00Z'); // 19:58
    await smtp.stop();
    const task = await scene.task({ assigneeId: holder, urgent: true });
    await scene.notice(task, 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    const app = scene.app();
    scene.workers(app);
    await waitFor('tried', async () => (await scene.count(`select attempts as count from mail where claimed_until is null`)) === 1);
    await smtp.start();
    scene.clock.set('2026-11-24T13:00:00Z');
    expect(await listDueMails(app, system)).toEqual([]);
    scene.clock.set('2026-11-24T23:46:00Z');
    await smtp.arrived(1);
    expect(await scene.count(`select attempts as count from mail`)).toBe(2);
  });

  it('a mail server that stays away parks the mail after the last attempt instead of losing it', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    await smtp.stop();
    const app = scene.app();
    await fireReminder(app, system, { timerIds: [await scene.notice(await scene.task({ assigneeId: holder, urgent: true }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z')] });
    await scene.rows(`update mail set attempts = $1`, mostMailAttempts - 1);
    scene.workers(app);
    await waitFor('parked', async () => (await status())[0] === 'parked');
    await smtp.start();
    expect(await transact(app.db, system, (tx) => parkedMails(tx))).toMatchObject([{ lastError: 'ESOCKET' }]);
  });

  it('two workers send each mail once; one killed between sending and marking sends it once more at most, under the same Message-ID', async () => {
    const people = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((login) => scene.person('grp.intake', login)));
    for (const person of people) await scene.notice(await scene.task({ assigneeId: person, urgent: true }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    scene.workers(scene.app());
    scene.workers(scene.app());
    await smtp.arrived(6);
    await waitFor('all marked', async () => (await status()).every((s) => s === 'sent'));
    expect(new Set(smtp.mails.map((mail) => mail.messageId)).size).toBe(6);
    expect(smtp.mails).toHaveLength(6);
    // as if the process had gone after the mail server took it
    await scene.rows(`update mail set status = 'pending', sent_at = null where user_id = $1`, people[0]);
    await smtp.arrived(7);
    expect(new Set(smtp.mails.map((mail) => mail.messageId)).size).toBe(6);
  });

  it('a mail that another worker is sending is not taken', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    const app = scene.app();
    await fireReminder(app, system, { timerIds: [await scene.notice(await scene.task({ assigneeId: holder, urgent: true }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z')] });
    const [mail] = await scene.rows<{ id: string }>(`select id from mail`);
    const claims = await Promise.all([1, 2, 3].map(() => claimMails(app, system, { mailId: mail!.id, leaseMs: 60_000 })));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
    scene.clock.set('2026-11-24T01:02:00Z');
    expect(await claimMails(app, system, { mailId: mail!.id, leaseMs: 60_000 })).toMatchObject({ attempts: 2 });
  });

  it('a mail names the step only to those who may open the task; who is told of it otherwise reads the case number', async () => {
    await scene.person('grp.manager.houkatsu', 'manager');
    const task = await scene.task({ group: 'grp.intake', urgent: true, name: '虐待の疑いの確認', caseNo: 'R8-00007' });
    await scene.notice(task, 'escalation', 'escalate:1BD>manager', '2026-11-24T00:00:00Z');
    scene.workers(scene.app());
    const [mail] = await smtp.arrived(1);
    expect(mail?.text).toContain('・R8-00007 仕事 期限なし【期限超過】');
    expect(mail?.text).not.toContain('虐待');
  });

  it('a mail tells of no task of a suspended instance; what the digest left out is in that of the day after it is resumed', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    const app = scene.app();
    const urgent = await scene.notice(await scene.task({ assigneeId: holder, urgent: true }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    const calm = await scene.notice(await scene.task({ assigneeId: holder, name: 'アセスメント' }), 'reminder', 'due-1BD', '2026-11-23T23:45:00Z');
    await fireReminder(app, system, { timerIds: [urgent, calm] });
    await scene.rows(`update process_instance set status = 'suspended'`);
    expect(await queueDigest(app, system)).toBe(0);
    scene.workers(app);
    await waitFor('dropped', async () => (await status())[0] === 'dropped');
    expect(smtp.mails).toEqual([]);
    await scene.rows(`update process_instance set status = 'active'`);
    scene.clock.set('2026-11-25T00:00:00Z');
    const [mail] = await smtp.arrived(1);
    expect(mail?.text).toContain('アセスメント');
  });
});
