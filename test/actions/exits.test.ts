// 中断・転出・死亡・保留: what it does to the running processes, on which basis a case is handed over, and who is left.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { publishMessage } from '../../src/actions/publish-message.js';
import { transact } from '../../src/base/db.js';
import { grantAccess, type Grant } from '../../src/domain/access.js';
import { unattendedOf } from '../../src/domain/closing.js';
import { listDisclosures } from '../../src/domain/disclosures.js';
import { listExits } from '../../src/domain/exits/exits.js';
import { openAffairs, type Affairs } from './affairs.js';
import { waitFor } from '../support/wait-for.js';

describe('exits', () => {
  let it: Affairs;
  beforeAll(async () => {
    it = await openAffairs(new Date('2026-05-11T10:00:00+09:00'));
  }, 180_000);
  afterAll(() => it.town.app.close());

  const exitsOf = async (caseNo: string, login = 'mori.d') => it.read(login, async (tx) => listExits(tx, await it.caseIdOf(caseNo)));
  const becomes = async (caseNo: string, processKey: string, statuses: string[]): Promise<void> => {
    await waitFor(`${processKey} ${statuses.join()}`, async () => (await it.town.standing(caseNo)).instances[processKey]?.toSorted().join() === statuses.toSorted().join(), { timeoutMs: 5_000 });
  };
  const statusOf = async (caseNo: string): Promise<string> => (await it.town.standing(caseNo)).status;

  test('a case on hold rests, and goes on by itself on its day with the status that it had', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'hold', resumeOn: '2026-05-17', holdReason: 'waiting' });
    await becomes(caseNo, 'intake_screening', ['suspended']);
    expect(await statusOf(caseNo)).toBe('on_hold');
    // the 17th is a Sunday: the office opens on the Monday
    expect(await exitsOf(caseNo)).toMatchObject({ breaks: [{ kind: 'on_hold', untilAt: new Date('2026-05-18T08:45:00+09:00'), endedAt: null }] });
    await it.town.passes(caseNo, 'hold_date');
    await becomes(caseNo, 'intake_screening', ['active']);
    expect(await statusOf(caseNo)).toBe('open');
    expect(await exitsOf(caseNo)).toMatchObject({ exits: [{ kind: 'hold', outcome: 'resumed' }], breaks: [{ endOutcome: 'resumed' }] });
  });

  test('a hold ends sooner when somebody files that work goes on; there is nothing to resume twice', async () => {
    const caseNo = await it.town.consult();
    await expect(it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'resume' })).rejects.toMatchObject({ code: 'exit_running' });
    await expect(it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'hold', resumeOn: '2026-05-01', holdReason: 'other' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/resumeOn' }] });
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'hold', resumeOn: '2026-09-01', holdReason: 'other' });
    await becomes(caseNo, 'intake_screening', ['suspended']);
    await expect(it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'hold', resumeOn: '2026-10-01', holdReason: 'other' })).rejects.toMatchObject({ code: 'exit_running' });
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'resume' });
    await becomes(caseNo, 'intake_screening', ['active']);
    await becomes(caseNo, 'interruption', ['ended']);
    expect(await statusOf(caseNo)).toBe('open');
  });

  test('whoever was told a part of it, or sits in a meeting about it, lets no case rest and none go on; a death is told by anybody who knows of it', async () => {
    const caseNo = await it.town.consult();
    const caseId = await it.caseIdOf(caseNo);
    const hold = { exitKind: 'hold', resumeOn: '2026-06-17', holdReason: 'waiting' };
    const may = async (login: string, right: Omit<Grant, 'caseId' | 'reader' | 'basisId'>): Promise<void> => {
      const { userId } = await it.who(login);
      await transact(it.town.app.db, { kind: 'system', name: 'test' }, (tx) => grantAccess(tx, { caseId, reader: userId, basisId: null, ...right }));
    };
    await may('ishikawa.r', { level: 'content', basis: 'consent', items: ['basic'] });
    await may('fukuda.r', { level: 'content', basis: 'meeting' });
    await may('okamoto.s', { level: 'exists', basis: 'assignment' });
    for (const login of ['ishikawa.r', 'fukuda.r', 'okamoto.s']) await expect(it.files(login, 'exit_notice', caseNo, hold)).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining('保留') });
    // nor for longer than the city lets it
    await expect(it.files('mori.d', 'exit_notice', caseNo, { ...hold, resumeOn: '2036-05-16' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/resumeOn', detail: expect.stringContaining('令和9年') }] });
    await it.files('mori.d', 'exit_notice', caseNo, hold);
    await becomes(caseNo, 'intake_screening', ['suspended']);
    for (const login of ['ishikawa.r', 'fukuda.r', 'okamoto.s']) await expect(it.files(login, 'exit_notice', caseNo, { exitKind: 'resume' })).rejects.toMatchObject({ code: 'forbidden' });
    await it.files('okamoto.s', 'exit_notice', caseNo, { exitKind: 'died', occurredOn: '2026-05-10' });
    await waitFor('the death is to be registered', async () => (await it.town.open(caseNo)).includes('register_exit'), { timeoutMs: 5_000 });
  });

  test('two notices at once: one exit is dealt with', async () => {
    const caseNo = await it.town.consult();
    const tries = await Promise.allSettled([it.files('mori.d', 'exit_notice', caseNo), it.files('hashimoto.k', 'exit_notice', caseNo, { exitKind: 'died' })]);
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await exitsOf(caseNo)).exits).toHaveLength(1);
  });

  test('a family that moves away: nothing is handed over on nothing, or on a consent that is not there', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo);
    await it.town.does(caseNo, 'register_exit');
    await becomes(caseNo, 'intake_screening', ['suspended']);
    await expect(it.town.does(caseNo, 'hand_over_to_city', { handoverBasis: 'consent' })).rejects.toMatchObject({ code: 'handover_basis_missing' });
    await expect(it.town.does(caseNo, 'hand_over_to_city', { legalBasis: '' })).rejects.toMatchObject({ code: 'form_invalid' });
    await expect(it.town.does(caseNo, 'hand_over_to_city', { items: [] })).rejects.toMatchObject({ code: 'form_invalid' });
    await it.town.does(caseNo, 'hand_over_to_city');
    const told = await it.read('mori.d', async (tx) => listDisclosures(tx, await it.caseIdOf(caseNo)));
    expect(told).toMatchObject([{ toKind: 'authority', toCode: 'other_municipality', legalBasis: '69-2-4', items: ['basic', 'health', 'progress'] }]);
    await becomes(caseNo, 'intake_screening', ['cancelled']);
    await it.town.does(caseNo, 'decide_exit_closure');
    expect(await it.town.standing(caseNo)).toMatchObject({ status: 'closed', closeReason: 'moved_out', instances: { interruption: ['ended'] }, incidents: 0, leaked: false });
    expect((await exitsOf(caseNo)).exits).toMatchObject([{ kind: 'moved', outcome: 'closed' }]);
  });

  test('who does not want to be handed over is not, and that is written down', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo);
    await it.town.does(caseNo, 'register_exit');
    await it.town.does(caseNo, 'hand_over_to_city', { handoverBasis: 'not_handed_over', notReason: '自分で相談に行くと話す', accepted: 'none' });
    expect(await it.read('mori.d', async (tx) => listDisclosures(tx, await it.caseIdOf(caseNo)))).toEqual([]);
    expect(await it.town.open(caseNo)).toContain('decide_exit_closure');
  });

  test('after a death the one who is left gets a case of their own, which says where it came from', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'died', occurredOn: '2026-05-10' });
    await it.town.does(caseNo, 'register_exit', { exitKind: 'died' });
    await it.town.does(caseNo, 'settle_after_death', { householdRemains: 'yes', memberField: 'disability', memberName: '豊野 和雄', memberNote: '一人で残る', handoverKind: 'household', toGroup: 'grp.sectionLead.disability_consultation' });
    const [{ caseNo: memberNo }] = (await it.rows<{ caseNo: string }>(`select c.case_no as "caseNo" from case_succession s join support_case c on c.id = s.case_id where s.from_case_id = $1`, [await it.caseIdOf(caseNo)])) as [{ caseNo: string }];
    expect(memberNo).not.toBe(caseNo);
    expect(await it.town.open(memberNo)).toEqual(['receive_consultation']);
    expect(await it.town.standing(memberNo)).toMatchObject({ status: 'open', instances: { intake_screening: ['active'] } });
    expect(await exitsOf(memberNo)).toMatchObject({ from: { caseNo, reason: 'household_after_death' } });
    await becomes(caseNo, 'intake_screening', ['cancelled']);
    await it.town.does(caseNo, 'decide_exit_closure', { closureReason: 'died' });
    expect(await it.town.standing(caseNo)).toMatchObject({ status: 'closed', closeReason: 'died' });
    expect(await it.town.open(memberNo)).toEqual(['receive_consultation']);
  });

  test('somebody who dies while the case is on hold: the hold ends, and the death is dealt with', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'hold', resumeOn: '2026-12-01', holdReason: 'treatment' });
    await becomes(caseNo, 'intake_screening', ['suspended']);
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'died' });
    await becomes(caseNo, 'interruption', ['ended', 'active']);
    await it.town.does(caseNo, 'register_exit', { exitKind: 'died' });
    await it.town.does(caseNo, 'settle_after_death');
    await becomes(caseNo, 'intake_screening', ['cancelled']);
    await it.town.does(caseNo, 'decide_exit_closure', { closureReason: 'died' });
    expect(await statusOf(caseNo)).toBe('closed');
  });

  test('an interruption is prolonged once', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'lost_contact' });
    await it.town.does(caseNo, 'register_exit', { exitKind: 'lost_contact' });
    await it.town.does(caseNo, 'confirm_whereabouts', { whereabouts: 'found' });
    expect(await statusOf(caseNo)).toBe('open');
    const caseId = await it.caseIdOf(caseNo);
    await publishMessage(it.town.app, { kind: 'system', name: 'test' }, { name: 'interruption_decided', correlationKey: caseId, businessKey: caseNo, variables: { caseId } });
    await becomes(caseNo, 'intake_screening', ['suspended']);
    expect(await statusOf(caseNo)).toBe('interrupted');
    await it.town.passes(caseNo, 'review_due');
    await it.town.does(caseNo, 'review_interruption', { interruptionReview: 'hold_more' });
    await it.town.passes(caseNo, 'review_due');
    await expect(it.town.does(caseNo, 'review_interruption', { interruptionReview: 'hold_more' })).rejects.toMatchObject({ code: 'held_once' });
    await it.town.does(caseNo, 'review_interruption', { interruptionReview: 'close' });
    await becomes(caseNo, 'intake_screening', ['cancelled']);
    await it.town.does(caseNo, 'decide_exit_closure', { closureReason: 'lost_contact', leadAfter: 'grp.sectionLead.chiiki_houkatsu', followUp: 'yes' });
    expect(await it.town.standing(caseNo)).toMatchObject({ status: 'closed', closeReason: 'lost_contact' });
    // what the chair promised with the closure goes on for the closed case, and asks whoever accompanies
    await becomes(caseNo, 'closure_follow_up', ['active']);
    expect(await it.town.open(caseNo)).toEqual([]);
    await it.town.passes(caseNo, 'wait_follow_up');
    expect(await it.rows(`select t.element_id, t.candidate_groups from task t where t.business_key = $1 and t.status = 'open'`, [caseNo])).toEqual([{ element_id: 'confirm_stability', candidate_groups: ['grp.sectionLead.chiiki_houkatsu'] }]);
    await it.town.does(caseNo, 'confirm_stability', { stability: 'stable' });
    expect(await it.town.standing(caseNo)).toMatchObject({ status: 'closed', instances: { interruption: ['ended', 'ended'], closure_follow_up: ['ended'] }, incidents: 0 });
  });

  test('a case that was opened again while its follow-up waits is no case that somebody attends to; what needs support is opened again', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo);
    await it.town.does(caseNo, 'register_exit');
    await it.town.does(caseNo, 'hand_over_to_city');
    await becomes(caseNo, 'intake_screening', ['cancelled']);
    await it.town.does(caseNo, 'decide_exit_closure', { followUp: 'yes' });
    await becomes(caseNo, 'closure_follow_up', ['active']);
    expect(await it.read('mori.d', async (tx) => unattendedOf(tx, [caseNo]))).toEqual([]);
    // nothing else begins on it
    const about = await it.caseIdOf(caseNo);
    await expect(publishMessage(it.town.app, { kind: 'system', name: 'test' }, { name: 'worry_reported', correlationKey: about, businessKey: caseNo, variables: { caseId: about } })).rejects.toMatchObject({ code: 'case_closed' });
    await it.rows(`update support_case set status = 'open', closed_at = null, close_reason = null where case_no = $1`, [caseNo]);
    expect(await it.read('mori.d', async (tx) => unattendedOf(tx, [caseNo]))).toMatchObject([{ caseNo }]);
    await it.rows(`update support_case set status = 'closed', closed_at = now(), close_reason = 'moved_out' where case_no = $1`, [caseNo]);
    await it.town.passes(caseNo, 'wait_follow_up');
    await it.town.does(caseNo, 'confirm_stability', { stability: 'needs_support' });
    expect(await it.town.standing(caseNo)).toMatchObject({ status: expect.not.stringMatching('closed'), instances: { closure_follow_up: ['ended'] } });
    await becomes(caseNo, 'coordination_main', ['active']);
  });
});
