// つなぎ: what receivers see of a case, and that no slip is lost.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { settleConsentAccess } from '../../src/domain/consents/access.js';
import { expireConsent } from '../../src/domain/consents/expire.js';
import { answerReferral, findReferral, listReferrals } from '../../src/domain/referrals/referrals.js';
import { findSubmission, listSubmissions } from '../../src/domain/submissions.js';
import { waitFor } from '../support/wait-for.js';
import { openAffairs, type Affairs } from './affairs.js';

const system = { kind: 'system', name: 'test' } as const;

describe('referrals', () => {
  let it: Affairs;
  beforeAll(async () => {
    it = await openAffairs(new Date('2026-05-11T10:00:00+09:00'));
  }, 180_000);
  afterAll(() => it.town.app.close());

  /** P01 up to the referral to 高齢福祉課. */
  async function referred(): Promise<string> {
    const caseNo = await it.town.consult();
    await it.town.does(caseNo, 'receive_consultation');
    await it.town.does(caseNo, 'assess_urgency', { urgency: 'none' });
    await it.town.does(caseNo, 'screen_consultation', { screeningResult: 'refer' });
    await it.town.does(caseNo, 'refer_to_agency');
    return caseNo;
  }

  const seenBy = async (login: string, caseNo: string): Promise<(string | null)[]> => {
    const caseId = await it.caseIdOf(caseNo);
    return (await it.read(login, (tx) => listSubmissions(tx, caseId, null))).map(({ record }) => record);
  };
  const agreed = (caseNo: string, more = {}) => it.files('mori.d', 'consent', caseNo, { consentState: 'full', householdMembers: [], scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }], ...more });
  const told = async (caseNo: string) => it.rows<{ to: string; basis: string; items: string[] }>(`select d.to_code as "to", d.legal_basis as basis, d.items from disclosure d join submission s on s.id = d.submission_id where d.case_id = $1 and s.record like 'F12%' order by d.at, d.id`, [await it.caseIdOf(caseNo)]);
  const elder = 'grp.sectionLead.elderly_welfare';

  test('until they answer, receivers see who it is and the slip, and nothing else of the case', async () => {
    const caseNo = await referred();
    const caseId = await it.caseIdOf(caseNo);
    expect(await it.rights('ishikawa.r', caseNo)).toMatchObject([{ level: 'identity', basis: 'referral' }]);
    const seen = await it.read('ishikawa.r', (tx) => listReferrals(tx, caseId));
    expect(seen).toMatchObject([{ status: 'sent', fromAgency: 'chiiki_houkatsu', toGroups: ['grp.sectionLead.elderly_welfare'], replyDueOn: '2026-05-19' }]);
    const slip = await it.read('ishikawa.r', (tx) => findSubmission(tx, seen[0]!.submissionId));
    expect(slip).toMatchObject({ record: 'F12.asked', answers: { accompany: 'yes' } });
    expect((await it.read('ishikawa.r', (tx) => listSubmissions(tx, caseId, null))).map(({ record }) => record)).toEqual(['F12.asked']);
    expect(await it.read('fujita.h', (tx) => listReferrals(tx, caseId))).toEqual([]);
    expect(await it.read('fujita.h', (tx) => findSubmission(tx, seen[0]!.submissionId))).toBeNull();
  });

  test('a no closes at once what the slip had opened, and comes back to the sender with its reason', async () => {
    const caseNo = await referred();
    const caseId = await it.caseIdOf(caseNo);
    const [sent] = await it.read('mori.d', (tx) => listReferrals(tx, caseId));
    await it.town.does(caseNo, 'answer_referral', { referralAnswer: 'out_of_scope', replyReason: '対象外', alternative: '自立相談' });
    expect(await it.rights('ishikawa.r', caseNo)).toEqual([]);
    expect(await it.read('ishikawa.r', (tx) => findSubmission(tx, sent!.submissionId))).toBeNull();
    expect(await it.town.open(caseNo)).toEqual(['refer_to_agency']);
    expect(await it.read('mori.d', (tx) => listReferrals(tx, caseId))).toMatchObject([{ status: 'out_of_scope' }]);
    const referral = await transact(it.town.app.db, system, (tx) => findReferral(tx, caseId, { id: sent!.id, groups: [] }));
    const ishikawa = await it.who('ishikawa.r');
    await expect(transact(it.town.app.db, system, (tx) => answerReferral(tx, referral!, { answer: 'accepted', submissionId: sent!.submissionId, by: ishikawa }))).rejects.toMatchObject({ code: 'referral_answered' });
  });

  test('a no without its reason, and a slip without its basis, are refused with the field', async () => {
    const caseNo = await referred();
    await expect(it.town.does(caseNo, 'answer_referral', { referralAnswer: 'returned', replyReason: '' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/replyReason' }] });
    await expect(it.files('mori.d', 'referral', caseNo, { consent: 'without_consent', legalReason: '急ぐ' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/legalBasis' }] });
    await expect(it.files('mori.d', 'referral', caseNo, { replyDue: '2026-05-01' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/replyDue' }] });
  });

  test('yes opens what the consent names for the agency, and nothing else', async () => {
    const caseNo = await referred();
    await it.town.does(caseNo, 'answer_referral', { referralAnswer: 'accepted' });
    expect((await it.rights('ishikawa.r', caseNo)).map(({ level, basis, items }) => [level, basis, items])).toEqual(expect.arrayContaining([
      ['content', 'referral', ['basic', 'family', 'health', 'progress']], ['identity', 'referral', null], ['content', 'consent', ['basic', 'family', 'health', 'progress']],
    ]));
    expect((await seenBy('ishikawa.r', caseNo)).toSorted()).toEqual(['F01', 'F01.urgency', 'F03.screening', 'F12.asked', 'F12.reply']);
    expect(await it.town.standing(caseNo)).toMatchObject({ status: 'closed', closeReason: 'referred', incidents: 0, leaked: false });
  });

  test('a slip sent at any moment waits with the receiver, is escalated to the sender, and ends when its result is known', async () => {
    const caseNo = await it.town.consult();
    await agreed(caseNo);
    const { made } = await it.files('mori.d', 'referral', caseNo, { receivingGroup: 'grp.sectionLead.elderly_welfare' });
    await it.town.does(caseNo, 'answer_standing_referral', { referralAnswer: 'accepted' });
    await expect(it.files('fujita.h', 'referral_result', caseNo, { referralId: made['referralId']! })).rejects.toMatchObject({ code: 'not_found' });
    await it.town.does(caseNo, 'confirm_referral_result', { referralResult: 'not_connected', resultOn: '2026-05-11' });
    expect(await it.rights('ishikawa.r', caseNo)).toEqual([]);
    expect(await it.read('mori.d', async (tx) => listReferrals(tx, await it.caseIdOf(caseNo)))).toMatchObject([{ id: made['referralId'], status: 'accepted', result: 'not_connected', resultOn: '2026-05-11' }]);
  });

  test('a result before anybody has accepted is refused', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'consent', caseNo);
    const { made } = await it.files('mori.d', 'referral', caseNo);
    await expect(it.files('mori.d', 'referral_result', caseNo, { referralId: made['referralId']! })).rejects.toMatchObject({ code: 'referral_unanswered' });
    await expect(it.files('mori.d', 'referral_result', caseNo, { referralId: '0190aaaa-0000-7000-8000-00000000dead' })).rejects.toMatchObject({ code: 'form_invalid' });
  });

  test('consent taken back cancels what nobody has answered, lets its receivers see nothing more, and leaves what has another basis', async () => {
    const caseNo = await it.town.consult();
    const caseId = await it.caseIdOf(caseNo);
    await it.files('mori.d', 'consent', caseNo);
    const send = async (receivingGroup: string, answers = {}): Promise<string> => (await it.files('mori.d', 'referral', caseNo, { receivingGroup, ...answers })).made['referralId'] as string;
    const taken = await send(elder);
    await it.town.does(caseNo, 'answer_standing_referral', { referralAnswer: 'accepted' });
    const open = await send(elder);
    const lawful = await send('grp.sectionLead.self_reliance', { consent: 'without_consent', legalBasis: 'imminent_danger', legalReason: '命にかかわるおそれがある' });
    const slip = (await it.read('ishikawa.r', (tx) => listReferrals(tx, caseId))).find(({ id }) => id === open)!;
    await it.files('mori.d', 'consent_withdrawal', caseNo);
    const now = async () => Object.fromEntries((await it.rows<{ id: string; status: string }>('select id, status from referral where case_id = $1', [caseId])).map(({ id, status }) => [id, status]));
    expect(await now()).toEqual({ [taken]: 'accepted', [open]: 'cancelled', [lawful]: 'sent' });
    expect((await it.rights('ishikawa.r', caseNo)).filter(({ basis }) => basis === 'referral')).toEqual([]);
    expect(await it.read('ishikawa.r', (tx) => findSubmission(tx, slip.submissionId))).toBeNull();
    expect((await it.town.standing(caseNo)).instances['referral']!.toSorted()).toEqual(['active', 'active', 'ended']);
    expect((await it.town.open(caseNo)).filter((step) => step === 'answer_standing_referral')).toHaveLength(1);
    const heard = await it.rows<{ login: string }>(`select distinct u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'consent_withdrawn'`, [caseNo]);
    expect(heard.map(({ login }) => login)).toContain('ishikawa.r');
    const ishikawa = await it.who('ishikawa.r');
    const replies = (answer: 'accepted' | 'returned') => transact(it.town.app.db, system, async (tx) => answerReferral(tx, (await findReferral(tx, caseId, { id: open, groups: [] }))!, { answer, submissionId: slip.submissionId, by: ishikawa }));
    await expect(replies('accepted')).rejects.toMatchObject({ code: 'referral_cancelled' });
    await replies('returned');
    expect(await now()).toMatchObject({ [open]: 'cancelled' });
    expect(await it.town.standing(caseNo)).toMatchObject({ incidents: 0, leaked: false });
  });

  test('a part taken back cancels the slips to those agencies alone', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'consent', caseNo);
    const ids: string[] = [];
    for (const receivingGroup of ['grp.sectionLead.elderly_welfare', 'grp.sectionLead.self_reliance']) ids.push((await it.files('mori.d', 'referral', caseNo, { receivingGroup })).made['referralId'] as string);
    await it.files('mori.d', 'consent_withdrawal', caseNo, { withdrawnScope: 'part', withdrawnAgencies: ['self_reliance'] });
    const rows = await it.rows<{ id: string; status: string }>('select id, status from referral where case_id = $1', [await it.caseIdOf(caseNo)]);
    expect(ids.map((id) => rows.find((row) => row.id === id)!.status)).toEqual(['sent', 'cancelled']);
  });

  test('GUARD a slip that says 本人の同意あり is refused without a consent that covers its receiver and all that it tells, and says what is missing and what may be done', async () => {
    const caseNo = await it.town.consult();
    const send = (said = {}) => it.files('mori.d', 'referral', caseNo, { receivingGroup: elder, ...said });
    const refusal = (said = {}) => send(said).then(() => null, (error: Error & { code?: string; errors?: { pointer: string }[] }) => [error.code, error.message, error.errors?.map(({ pointer }) => pointer)]);
    expect(await refusal()).toEqual(['consent_missing', expect.stringMatching(/高齢福祉課.*未説明.*F10.*なし（根拠による）/), ['/answers/consent']]);
    await it.files('mori.d', 'consent', caseNo, { subject: 'member', memberName: '門田 静子', consentState: 'full', householdMembers: [], scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }] });
    expect(await refusal()).toMatchObject(['consent_missing', expect.stringContaining('未説明'), ['/answers/consent']]);
    await agreed(caseNo, { scopeAgencies: [{ agency: 'shakyo', answer: 'agreed' }] });
    expect(await refusal()).toMatchObject(['consent_missing', expect.stringContaining('高齢福祉課'), ['/answers/consent']]);
    await agreed(caseNo, { types: ['record', 'conference'] });
    expect(await refusal()).toMatchObject(['consent_missing', expect.anything(), ['/answers/consent']]);
    await agreed(caseNo, { scopeItems: ['basic'] });
    expect(await refusal()).toEqual(['consent_missing', expect.stringMatching(/支援経過・健康・障がい.*高齢福祉課.*除くか/), ['/answers/alreadyDone', '/answers/attached']]);
    expect(await refusal({ alreadyDone: '' })).toMatchObject(['consent_missing', expect.stringContaining('健康'), ['/answers/attached']]);
    expect(await told(caseNo)).toEqual([]);
    await send({ alreadyDone: '', attached: ['F01'] });
    expect(await told(caseNo)).toEqual([{ to: 'elderly_welfare', basis: '69-2-1', items: ['basic'] }]);
    await it.files('mori.d', 'consent_withdrawal', caseNo);
    expect(await refusal()).toMatchObject(['consent_missing', expect.stringContaining('撤回'), ['/answers/consent']]);
    expect(await it.rows(`select 1 from referral where case_id = $1`, [await it.caseIdOf(caseNo)])).toHaveLength(1);
  });

  test('GUARD two at once: a consent that is taken back while a slip is sent lets it out or not, but never without its basis', async () => {
    const caseNo = await it.town.consult();
    await agreed(caseNo);
    const both = await Promise.allSettled([it.files('mori.d', 'referral', caseNo, { receivingGroup: elder }), it.files('mori.d', 'consent_withdrawal', caseNo)]);
    expect(both[1].status).toBe('fulfilled');
    const rows = await it.rows<{ status: string }>(`select status from referral where case_id = $1`, [await it.caseIdOf(caseNo)]);
    expect(rows.map(({ status }) => status)).toEqual(both[0].status === 'fulfilled' ? ['cancelled'] : []);
    expect(await it.rights('ishikawa.r', caseNo)).toEqual([]);
  });

  test('GUARD without consent a slip names a ground that fits both sides, with its reason; it opens who it is, and no more by a yes', async () => {
    const caseNo = await it.town.consult();
    const send = (legalBasis: string, more = {}) => it.files('mori.d', 'referral', caseNo, { receivingGroup: elder, consent: 'without_consent', legalBasis, legalReason: '食事をとれていない', ...more });
    for (const ground of ['69-2-2', '106-6']) await expect(send(ground)).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/legalBasis' }] });
    await expect(send('69-2-4', { legalReason: '  ' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/legalReason' }] });
    await send('69-2-4');
    expect(await told(caseNo)).toMatchObject([{ to: 'elderly_welfare', basis: '69-2-4' }]);
    await it.town.does(caseNo, 'answer_standing_referral', { referralAnswer: 'accepted' });
    expect((await it.rights('ishikawa.r', caseNo)).map(({ level, basis }) => [level, basis])).toEqual([['identity', 'referral']]);
  });

  test('GUARD an agency that the consent names sees only the slip until it has accepted it; a no, a result of nothing, and the loss of the consent end what it saw', async () => {
    const caseNo = await it.town.consult();
    const rights = async (): Promise<string[]> => (await it.rights('ishikawa.r', caseNo)).map(({ level, basis }) => `${level} ${basis}`).toSorted();
    const both = ['content consent', 'content referral', 'identity referral'];
    await it.files('mori.d', 'case_note', caseNo, { noteAt: '2026-05-10' });
    await agreed(caseNo);
    expect(await rights()).toEqual(['content consent']);
    const send = () => it.files('mori.d', 'referral', caseNo, { receivingGroup: elder });
    const { made } = await send();
    expect(await rights()).toEqual(['identity referral']);
    expect(await seenBy('ishikawa.r', caseNo)).toEqual(['F12']);
    await it.town.does(caseNo, 'answer_standing_referral', { referralAnswer: 'out_of_scope', replyReason: '対象外', alternative: '自立相談' });
    expect(await rights()).toEqual([]);
    const { made: second } = await send();
    await it.town.does(caseNo, 'answer_standing_referral', { referralAnswer: 'accepted_with_conditions', replyReason: '初回は同席する' });
    expect(await rights()).toEqual(both);
    expect(await seenBy('ishikawa.r', caseNo)).toEqual(expect.arrayContaining(['F12', 'F04', 'F10']));
    await it.files('mori.d', 'consent_withdrawal', caseNo, { withdrawnScope: 'part', withdrawnItems: ['progress'] });
    expect((await it.rights('ishikawa.r', caseNo)).filter(({ level }) => level === 'content').every(({ items }) => items!.includes('basic') && !items!.includes('progress'))).toBe(true);
    expect(await seenBy('ishikawa.r', caseNo)).not.toContain('F04');
    await it.files('mori.d', 'referral_result', caseNo, { referralId: second['referralId']!, referralResult: 'not_connected' });
    expect(await rights()).toEqual([]);
    await it.files('mori.d', 'referral', caseNo, { receivingGroup: elder, alreadyDone: '', attached: [] });
    await it.town.does(caseNo, 'answer_standing_referral', { referralAnswer: 'accepted' });
    expect(await rights()).toEqual(both);
    await it.files('mori.d', 'consent_withdrawal', caseNo);
    expect(await rights()).toEqual([]);
    // its own answers stay its own
    expect(new Set(await seenBy('ishikawa.r', caseNo))).toEqual(new Set(['F12.reply']));
    expect(made['referralId']).not.toBe(second['referralId']);
  });

  test('a new consent that leaves the receiver out cancels its slip; one that has run out can only be sent back', async () => {
    const caseNo = await it.town.consult();
    await agreed(caseNo);
    const { made } = await it.files('mori.d', 'referral', caseNo, { receivingGroup: elder });
    await agreed(caseNo, { scopeAgencies: [{ agency: 'shakyo', answer: 'agreed' }] });
    expect(await it.rows(`select status from referral where id = $1`, [made['referralId']])).toEqual([{ status: 'cancelled' }]);
    expect((await it.town.open(caseNo)).filter((step) => step === 'answer_standing_referral')).toEqual([]);
    expect(await it.rights('ishikawa.r', caseNo)).toEqual([]);
    const other = await it.town.consult();
    await agreed(other);
    const { made: waiting } = await it.files('mori.d', 'referral', other, { receivingGroup: elder });
    const [held] = await it.rows<{ id: string }>(`select id from consent where case_id = $1`, [await it.caseIdOf(other)]);
    await transact(it.town.app.db, system, (tx) => expireConsent(tx, held!.id));
    expect(await it.rights('ishikawa.r', other)).toEqual([]);
    await expect(it.town.does(other, 'answer_standing_referral', { referralAnswer: 'accepted' })).rejects.toMatchObject({ code: 'consent_missing' });
    await it.town.does(other, 'answer_standing_referral', { referralAnswer: 'returned', replyReason: '同意の期限が切れている' });
    expect(await it.rows(`select status from referral where id = $1`, [waiting['referralId']])).toEqual([{ status: 'returned' }]);
  });

  test('GUARD a slip that nobody has answered when the case closes lets its receiver see nothing, then or when the case is opened again; a consent given after it does', async () => {
    const caseNo = await it.town.consult();
    await agreed(caseNo);
    const { made } = await it.files('mori.d', 'referral', caseNo, { receivingGroup: elder });
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'died' });
    await it.town.does(caseNo, 'register_exit', { exitKind: 'died' });
    await it.town.does(caseNo, 'settle_after_death');
    await waitFor('the slip waits no more', async () => (await it.town.open(caseNo)).join() === 'decide_exit_closure', { timeoutMs: 5_000 });
    await it.town.does(caseNo, 'decide_exit_closure', { closureReason: 'died' });
    expect(await it.rows(`select status from referral where id = $1`, [made['referralId']])).toEqual([{ status: 'cancelled' }]);
    expect(await it.rights('ishikawa.r', caseNo)).toEqual([]);
    await it.files('mori.d', 'emergency', caseNo);
    const caseId = await it.caseIdOf(caseNo);
    await transact(it.town.app.db, system, (tx) => settleConsentAccess(tx, caseId, 'superseded', null));
    expect(await it.rights('ishikawa.r', caseNo)).toEqual([]);
    it.town.later(1);
    await agreed(caseNo);
    expect((await it.rights('ishikawa.r', caseNo)).map(({ level, basis }) => `${level} ${basis}`)).toEqual(['content consent']);
  });

  test('the coordinators get the slip with the case, and it stays with them while the referrer completes it', async () => {
    const caseNo = await it.town.consult();
    await it.town.does(caseNo, 'receive_consultation');
    await it.town.does(caseNo, 'assess_urgency', { urgency: 'none' });
    await it.town.does(caseNo, 'screen_consultation', { screeningResult: 'coordinate' });
    await it.town.does(caseNo, 'consult_section_lead', { singleAgency: 'no' });
    await it.town.does(caseNo, 'refer_to_coordination');
    const caseId = await it.caseIdOf(caseNo);
    const statusNow = async (): Promise<string[]> => (await it.rows<{ status: string }>(`select status from referral where case_id = $1`, [caseId])).map(({ status }) => status);
    const byReferral = async () => (await it.rights('sato.h', caseNo)).filter(({ basis }) => basis === 'referral');
    expect(await byReferral()).toMatchObject([{ level: 'identity' }]);
    await it.town.does(caseNo, 'answer_referral', { referralDecision: 'return', replyReason: '収入の状況' });
    expect(await statusNow()).toEqual(['sent']);
    await it.town.does(caseNo, 'supply_missing_information');
    await it.town.does(caseNo, 'answer_referral', { referralDecision: 'not_eligible', replyReason: '単独で足りる', alternative: '介護保険' });
    expect(await statusNow()).toEqual(['out_of_scope']);
    expect(await byReferral()).toEqual([]);
    await it.town.does(caseNo, 'return_to_referrer');
    expect(await it.town.standing(caseNo)).toMatchObject({ status: 'closed', closeReason: 'returned', incidents: 0 });
  });
});
