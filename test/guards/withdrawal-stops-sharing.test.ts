// Guard: consent withdrawn stops new sharing at once, and the list of what was shared stays. The rules of the domain are in
// test/actions/consents.test.ts; here every way by which something could still be told is tried after it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deployForm } from '../../src/actions/deploy-form.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor, sampleOf } from '../support/answers.js';
import { openDesk, type Desk } from '../http/desk.js';
import { begin, codeOf, everythingShown, redraw, restarted, shippedForm, unmarked } from './redraw.js';

const elderly = 'grp.sectionLead.elderly_welfare';
const needy = 'grp.sectionLead.self_reliance';
const office = 'grp.meetingOffice';
const word = '通帳を長男が持っている';
let desk: Desk;

beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:00:00+09:00'));
  await redraw(desk.two.app, 'asks_agencies', [{ id: 'request_information', group: 'grp.coordinator.city', form: shippedForm('coordination_main', 'request_information') }]);
  await redraw(desk.two.app, 'invites', [{ id: 'arrange_meeting', group: office, form: shippedForm('meeting', 'arrange_meeting') }, { id: 'prepare_materials', group: office, form: shippedForm('meeting', 'prepare_materials') }]);
}, 180_000);
afterAll(() => desk?.close());

interface Case {
  caseNo: string;
  caseId: string;
}

async function agrees(caseNo: string, agencies: readonly string[]): Promise<void> {
  const { excludedGroups: _none, ...sample } = sampleOf('anytime', 'consent');
  const answers = { ...sample, consentState: 'full', scopeAgencies: agencies.map((agency) => ({ agency, answer: 'agreed' })), householdMembers: [] };
  await (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'consent', answers }).expect(201);
}

async function shared(agencies: readonly string[] = ['elderly_welfare', 'self_reliance']): Promise<Case> {
  const mori = await desk.as('mori.d');
  const { caseNo, caseId } = (await mori.post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
  await agrees(caseNo, agencies);
  await mori.post(`/api/cases/${caseNo}/records`, { formKey: 'case_note', answers: answersFor('anytime', 'case_note', shippedForm('anytime', 'case_note') as unknown as Json, { noteAt: '2026-05-10', content: word, visibility: 'team' }) }).expect(201);
  await mori.post(`/api/cases/${caseNo}/records`, { formKey: 'provide_to_agency', answers: { ...sampleOf('anytime', 'provide_to_agency'), toAgency: 'elderly_welfare' } }).expect(201);
  return { caseNo, caseId };
}
const withdraws = async ({ caseNo }: Case, said: Record<string, Json> = {}, login = 'mori.d') => (await desk.as(login)).post(`/api/cases/${caseNo}/records`, { formKey: 'consent_withdrawal', answers: { ...sampleOf('anytime', 'consent_withdrawal'), ...said } });
const provides = async ({ caseNo }: Case, toAgency = 'elderly_welfare') => (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'provide_to_agency', answers: { ...sampleOf('anytime', 'provide_to_agency'), toAgency } });
const list = async ({ caseNo }: Case): Promise<unknown[]> => (await (await desk.as('mori.d')).get(`/api/cases/${caseNo}/disclosures`).expect(200)).body.disclosures;
const late = ({ caseId }: Case) => desk.sql(`select 1 from disclosure d join consent_end e on e.consent_id = d.consent_id and e.kind = 'withdrawn' where d.case_id = $1 and d.at > e.at`, [caseId]);
const readers = async ({ caseId }: Case): Promise<string[]> => (await desk.sql<{ r: string }>(`select reader as r from case_access where case_id = $1 and ended_at is null and (until_at is null or until_at > $2) order by 1`, [caseId, desk.now()])).map(({ r }) => r);

describe('consent withdrawn stops new sharing at once and keeps the list of what was shared', () => {
  test('API after it nothing is told by any way, and the list is as it was', async () => {
    const case_ = await shared();
    expect(await everythingShown(desk, 'ishikawa.r', case_.caseNo)).toContain(word);
    await (await desk.as('mori.d')).post(`/api/cases/${case_.caseNo}/records`, { formKey: 'request_meeting', answers: { ...sampleOf('anytime', 'request_meeting'), memberGroups: [elderly] } }).expect(201);
    const arranged = { ...sampleOf('meeting', 'arrange_meeting'), memberGroups: [elderly], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' };
    await desk.does('yamamoto.m', case_.caseNo, 'arrange_meeting', arranged);
    const before = await list(case_);
    expect(before.length).toBeGreaterThan(1);
    expect((await withdraws(case_)).status).toBe(201);
    expect(await readers(case_)).toEqual(['agency:chiiki_houkatsu']);
    for (const toAgency of ['elderly_welfare', 'self_reliance']) expect(codeOf(await provides(case_, toAgency))).toBe('consent_missing');
    expect(codeOf(await desk.tries('yamamoto.m', case_.caseNo, 'prepare_materials').catch(() => ({ status: 409, body: { type: '/api/problems/consent_missing' } })))).not.toBe('done');
    await begin(desk, 'asks_agencies', case_);
    expect(codeOf(await desk.tries('sato.h', case_.caseNo, 'request_information', { ...sampleOf('coordination_main', 'request_information'), informationGroups: [elderly] }))).toBe('plan_consent_missing');
    for (const login of ['ishikawa.r', 'fukuda.r', 'maeda.s']) expect(await everythingShown(desk, login, case_.caseNo)).not.toContain(word);
    expect(await list(case_)).toEqual(before);
    expect(await late(case_)).toEqual([]);
  }, 180_000);

  test('DIAGRAM processes that run on as if there were a consent share nothing: by variables, by an invitation drawn without a question, by a message that it was obtained', async () => {
    const case_ = await shared();
    await begin(desk, 'invites', case_, { kind: 'plan', caseIds: [case_.caseId], consentState: 'full' });
    await desk.does('yamamoto.m', case_.caseNo, 'arrange_meeting', { ...sampleOf('meeting', 'arrange_meeting'), memberGroups: [elderly, needy], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' });
    await withdraws(case_);
    const keeper = await desk.as('kato.m');
    for (const { id } of (await keeper.get(`/api/instances?case=${case_.caseNo}`).expect(200)).body.instances as { id: string }[]) await keeper.patch(`/api/instances/${id}/variables`, { variables: { consentState: 'full', uncoveredGroups: [], excludedGroups: [] }, reason: '試し' });
    await keeper.post('/api/messages', { name: 'consent_obtained', correlationKey: case_.caseId, businessKey: case_.caseNo, variables: { consentState: 'full' }, ttlS: 0 });
    expect(codeOf(await desk.tries('yamamoto.m', case_.caseNo, 'prepare_materials', sampleOf('meeting', 'prepare_materials')))).toBe('consent_missing');
    expect(await readers(case_)).toEqual(['agency:chiiki_houkatsu']);
    expect(await late(case_)).toEqual([]);
  }, 180_000);

  test('FORM a withdrawal cannot be filed as anything else, and its form is not deployed without what it is decided by', async () => {
    const form = shippedForm('anytime', 'consent_withdrawal');
    const system = { kind: 'system', name: 'test' } as const;
    const refusal = (schema: unknown): Promise<string> => deployForm(desk.two.app, system, { key: 'consent_withdrawal', schema: schema as Json }).then(() => 'deployed', (error: { code?: string }) => error.code ?? 'fault');
    expect(await refusal(unmarked(form))).toBe('diagram_refused');
    expect(await refusal({ ...form, record: 'F04' })).toBe('diagram_refused');
    expect(await refusal({ ...form, components: form.components.filter(({ key }) => key !== 'withdrawnScope') })).toBe('diagram_refused');
  });

  test('ROLE whoever sees the case may write it down, nobody else; and it ends the sight of who wrote it down', async () => {
    const case_ = await shared();
    for (const login of ['okamoto.s', 'kato.m', 'watanabe.g', 'inoue.t']) expect((await withdraws(case_, {}, login)).status).toBe(404);
    expect((await withdraws(case_, {}, 'fukuda.r')).status).toBe(201);
    for (const login of ['fukuda.r', 'ishikawa.r']) expect((await (await desk.as(login)).get(`/api/cases/${case_.caseNo}/records`)).status).toBe(404);
  });

  test('ROLE whoever hears it at the other end of a slip, before they have answered, writes it down too, and is shown nothing by it', async () => {
    const case_ = await shared();
    await (await desk.as('mori.d')).post(`/api/cases/${case_.caseNo}/records`, { formKey: 'referral', answers: answersFor('anytime', 'referral', shippedForm('anytime', 'referral') as unknown as Json, { receivingGroup: elderly }) }).expect(201);
    expect((await (await desk.as('ishikawa.r')).get(`/api/cases/${case_.caseNo}/records`)).status).toBe(404);
    const heard = await withdraws(case_, {}, 'ishikawa.r');
    expect([heard.status, JSON.stringify(heard.body)]).toEqual([201, expect.not.stringContaining(word)]);
    expect(await readers(case_)).toEqual(['agency:chiiki_houkatsu']);
    expect(codeOf(await provides(case_, 'self_reliance'))).toBe('consent_missing');
  }, 180_000);

  test('LATE a part taken back stops that part, and after a restart it is as it was', async () => {
    const case_ = await shared();
    expect((await withdraws(case_, { withdrawnScope: 'part', withdrawnAgencies: ['elderly_welfare'] })).status).toBe(201);
    const again = await restarted(desk);
    try {
      expect((await (await again.as('ishikawa.r')).get(`/api/cases/${case_.caseNo}/records`)).status).toBe(404);
      expect((await (await again.as('fukuda.r')).get(`/api/cases/${case_.caseNo}/records`)).status).toBe(200);
      expect((await (await again.as('mori.d')).post(`/api/cases/${case_.caseNo}/records`, { formKey: 'provide_to_agency', answers: { ...sampleOf('anytime', 'provide_to_agency'), toAgency: 'elderly_welfare' } })).status).toBe(409);
    } finally {
      await again.close();
    }
  }, 180_000);

  describe('SERVICE who carries a support for the city', () => {
    const later = '撤回のあとに書いたこと';
    const notes = async ({ caseNo }: Case): Promise<unknown> => (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'case_note', answers: answersFor('anytime', 'case_note', shippedForm('anytime', 'case_note') as unknown as Json, { noteAt: '2026-05-10', content: later, visibility: 'team' }) }).expect(201);
    const rights = ({ caseId }: Case) => desk.sql<{ level: string }>(`select level from case_access where case_id = $1 and basis = 'assignment' and basis_id is not null and ended_at is null`, [caseId]);
    const lines = ({ caseId }: Case) => desk.sql(`select to_code as "to", legal_basis as basis from disclosure where case_id = $1 and legal_basis in ('66-2', '69-2-2')`, [caseId]);
    async function taking(): Promise<Case> {
      const case_ = await shared(['elderly_welfare', 'shakyo']);
      const { caseNo, caseId } = case_;
      const known = { caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', coordinatorGroup: 'grp.coordinator.city', urgency: 'none' };
      await (await desk.as('kimura.s')).post('/api/messages', { name: 'participation_requested', correlationKey: caseId, businessKey: caseNo, variables: known }).expect(201);
      await desk.does('inoue.t', caseNo, 'hear_wishes');
      expect([await everythingShown(desk, 'inoue.t', caseNo), await rights(case_), await lines(case_)]).toEqual([expect.stringContaining(word), [{ level: 'content' }], [{ to: 'shakyo', basis: '66-2' }]]);
      return case_;
    }

    test('reads nothing more once the person has left their agency out', async () => {
      const case_ = await taking();
      expect((await withdraws(case_, { withdrawnScope: 'part', withdrawnAgencies: ['shakyo'] })).status).toBe(201);
      await notes(case_);
      expect([await everythingShown(desk, 'inoue.t', case_.caseNo), await rights(case_)]).toEqual([expect.not.stringMatching(`${word}|${later}`), []]);
      expect(await lines(case_)).toEqual([{ to: 'shakyo', basis: '66-2' }]);
    }, 180_000);

    test('keeps who it is after everything was taken back, and reads again when it was judged that the support goes on, or after a new consent', async () => {
      for (const back of ['judged', 'consented'] as const) {
        const case_ = await taking();
        expect((await withdraws(case_)).status).toBe(201);
        await notes(case_);
        expect([await everythingShown(desk, 'inoue.t', case_.caseNo), await rights(case_)]).toEqual([expect.not.stringMatching(`${word}|${later}`), [{ level: 'identity' }]]);
        if (back === 'judged') {
          await desk.does('mori.d', case_.caseNo, 'record_withdrawal');
          await desk.does('sato.h', case_.caseNo, 'confirm_stop');
          while ((await desk.sql(`select 1 from task where business_key = $1 and element_id = 'notify_recipient' and status = 'open'`, [case_.caseNo])).length > 0) await desk.does('sato.h', case_.caseNo, 'notify_recipient');
          await desk.does('sato.h', case_.caseNo, 'propose_continuation', { continuation: 'limited' });
          expect(await rights(case_)).toEqual([{ level: 'identity' }]);
          await desk.does('nakamura.m', case_.caseNo, 'judge_continuation', { continuation: 'limited' });
        } else await agrees(case_.caseNo, ['shakyo']);
        expect([await everythingShown(desk, 'inoue.t', case_.caseNo), await rights(case_), await lines(case_)]).toEqual([expect.stringContaining(later), [{ level: 'content' }], [{ to: 'shakyo', basis: '66-2' }, { to: 'shakyo', basis: '66-2' }]]);
      }
    }, 180_000);
  });

  test('TWO AT ONCE of shares, readers and the withdrawal, on both applications: nothing is told after it, and nothing is lost from the list', async () => {
    for (let round = 0; round < 3; round += 1) {
      const case_ = await shared();
      const before = (await list(case_)).length;
      const [taken, ...shares] = await Promise.all([withdraws(case_), provides(case_), provides(case_, 'self_reliance'), provides(case_), withdraws(case_)]);
      expect([201, 409]).toContain(taken.status);
      const told = shares.slice(0, 3).filter(({ status }) => status === 201).length;
      expect(await list(case_)).toHaveLength(before + told);
      expect(await late(case_)).toEqual([]);
      expect(codeOf(await provides(case_))).toBe('consent_missing');
      expect(await readers(case_)).toEqual(['agency:chiiki_houkatsu']);
    }
  }, 180_000);
});
