// Guard: a 支援会議 is convened by the city alone (社会福祉法106条の6第1項). What the shipped diagram does about it is in
// test/http/confidential-meetings.test.ts; here it is broken by other means.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sampleOf } from '../support/answers.js';
import { desk, elderly, judged, openTheDesk, selected } from '../http/confidential-desk.js';
import { begin, codeOf, redraw, refusalOf, restarted, shippedDiagram, shippedForm, spoilt, unmarked, withField, type Form } from './redraw.js';

beforeAll(openTheDesk, 180_000);
afterAll(() => desk?.close());

interface Case {
  caseNo: string;
  caseId: string;
}

const opens = async (): Promise<Case> => {
  const { caseNo, caseId } = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
  return { caseNo, caseId };
};
const meetings = ({ caseId }: Case) => desk.sql<{ agency: string; basis: string }>(`select t.agency_code as agency, t.legal_basis as basis from meeting t join meeting_case c on c.meeting_id = t.id where c.case_id = $1 and t.kind = 'confidential'`, [caseId]);
const arrangement = (memberGroups: string[]) => ({ ...sampleOf('meeting', 'arrange_meeting'), kind: 'confidential', memberGroups, meetingAt: desk.now().toISOString().slice(0, 19) + 'Z', legalBasis: '106-6', consentMissing: ['refused'] });

/** Groups that are not the city's own, each with somebody of it: contractors and partners. */
const foreign = [['grp.coordinator.shakyo', 'yamaguchi.n'], ['grp.intake.elder', 'mori.d'], ['grp.sectionLead.silver_centre', 'okamoto.s'], ['grp.outreach', 'hayashi.m']] as const;

describe('a confidential conference is convened by the city alone', () => {
  test.each(foreign)('DIAGRAM the card or the arrangement given to %s convenes nothing, whatever its people answer', async (group, login) => {
    const name = group.replaceAll('.', '_').toLowerCase();
    const case_ = await opens();
    await redraw(desk.two.app, `card_${name}`, [{ id: 'judge_applicability', group, form: shippedForm('confidential_route', 'judge_applicability') }]);
    await redraw(desk.two.app, `arrange_${name}`, [{ id: 'arrange_meeting', group, form: shippedForm('meeting', 'arrange_meeting') }]);
    await begin(desk, `card_${name}`, case_);
    expect(codeOf(await desk.tries(login, case_.caseNo, 'judge_applicability', sampleOf('confidential_route', 'judge_applicability')))).toBe('city_alone');
    expect(codeOf(await desk.tries(login, case_.caseNo, 'judge_applicability', { ...sampleOf('confidential_route', 'judge_applicability'), applicability: 'not_applicable' }))).not.toBe('done');
    await begin(desk, `arrange_${name}`, case_, { kind: 'confidential', caseIds: [case_.caseId] });
    expect(codeOf(await desk.tries(login, case_.caseNo, 'arrange_meeting', arrangement([elderly])))).toBe('city_alone');
    expect(await meetings(case_)).toEqual([]);
  });

  test('DIAGRAM nor does a contractor choose the members of one that the city has convened', async () => {
    const worry = await judged();
    await redraw(desk.two.app, 'foreign_members', [{ id: 'select_members', group: 'grp.coordinator.shakyo', form: shippedForm('confidential_route', 'select_members') }]);
    await begin(desk, 'foreign_members', worry, { meetingId: worry.meetingId });
    expect(codeOf(await desk.tries('yamaguchi.n', worry.caseNo, 'select_members', { ...sampleOf('confidential_route', 'select_members'), memberGroups: ['grp.coordinator.shakyo'] }))).toBe('city_alone');
    expect(await desk.sql(`select 1 from sitting_member m join sitting s on s.id = m.sitting_id where s.meeting_id = $1`, [worry.meetingId])).toEqual([]);
  });

  test('API a contractor convenes none by request, by record, by message, nor by adding a seat', async () => {
    const case_ = await opens();
    const worry = await selected();
    for (const login of ['mori.d', 'yamaguchi.n', 'hayashi.m', 'saito.o']) {
      const client = await desk.as(login);
      for (const [formKey, answers] of [['request_meeting', { ...sampleOf('anytime', 'request_meeting'), kind: 'confidential' }], ['judge_applicability', sampleOf('confidential_route', 'judge_applicability')], ['arrange_meeting', arrangement([elderly])]] as const) {
        expect([404, 422]).toContain((await client.post(`/api/cases/${case_.caseNo}/records`, { formKey, answers })).status);
      }
      await client.post('/api/messages', { name: 'meeting_requested', correlationKey: case_.caseId, businessKey: case_.caseNo, variables: { caseId: case_.caseId, caseIds: [case_.caseId], kind: 'confidential', legalBasis: '106-6' }, ttlS: 0 });
      expect([403, 404]).toContain((await client.post(`/api/meetings/${worry.meetingId}/members`, { groupKey: 'grp.coordinator.shakyo' })).status);
    }
    expect(await meetings(case_)).toEqual([]);
  });

  test('ROLE who sits in an inbox of the city but works for a contractor convenes none; nor does a section that was given to a contractor in the meantime', async () => {
    const case_ = await opens();
    await redraw(desk.two.app, 'late_contractor', [{ id: 'judge_applicability', group: 'grp.chair', form: shippedForm('confidential_route', 'judge_applicability') }]);
    await begin(desk, 'late_contractor', case_);
    const card = sampleOf('confidential_route', 'judge_applicability');
    await desk.sql(`insert into membership (user_id, group_key) select id, 'grp.chair' from app_user where login = 'saito.o'`);
    expect(codeOf(await desk.tries('saito.o', case_.caseNo, 'judge_applicability', card))).toBe('city_alone');
    await desk.sql(`delete from membership where group_key = 'grp.chair' and user_id = (select id from app_user where login = 'saito.o')`);
    for (const change of ['is_contractor = true', 'active = false']) {
      await desk.sql(`update agency set ${change} where code = 'welfare_policy'`);
      expect(codeOf(await desk.tries('nakamura.m', case_.caseNo, 'judge_applicability', card))).toBe('city_alone');
      await desk.sql(`update agency set is_contractor = false, active = true where code = 'welfare_policy'`);
    }
    expect(await meetings(case_)).toEqual([]);
    const again = await restarted(desk);
    try {
      const nakamura = await again.as('nakamura.m');
      const [task] = (await nakamura.get(`/api/tasks?view=all&case=${case_.caseNo}&elementId=judge_applicability`).expect(200)).body.tasks;
      await nakamura.post(`/api/tasks/${task.id}/complete`, { version: task.version, answers: card }).expect(200);
    } finally {
      await again.close();
    }
    expect(await meetings(case_)).toEqual([{ agency: 'welfare_policy', basis: '106-6' }]);
  });

  test('FORM what it is decided by cannot be taken out of the card; without its mark the card convenes nothing and members cannot be chosen', async () => {
    const forms = Object.fromEntries((await desk.sql<{ forms: Record<string, Form> }>(`select forms from process_definition where key = 'confidential_route' order by version desc limit 1`)).flatMap((row) => Object.entries(row.forms)));
    for (const [what, change] of spoilt) {
      const judged_ = withField(forms['judge_applicability']!, 'applicability', change);
      expect([what, await refusalOf(desk.two.app, shippedDiagram('confidential_route'), { ...forms, judge_applicability: judged_ })]).toEqual([what, expect.stringContaining('applicability')]);
    }
    const case_ = await opens();
    await redraw(desk.two.app, 'unmarked_card', [{ id: 'unmarked_judgement', group: 'grp.chair', form: unmarked(forms['judge_applicability']!) }, { id: 'select_members', group: 'grp.meetingOffice', form: forms['select_members']! }]);
    await begin(desk, 'unmarked_card', case_);
    await desk.does('nakamura.m', case_.caseNo, 'unmarked_judgement', sampleOf('confidential_route', 'judge_applicability'));
    expect(codeOf(await desk.tries('yamamoto.m', case_.caseNo, 'select_members', { ...sampleOf('confidential_route', 'select_members'), memberGroups: [elderly] }))).toBe('legal_basis_missing');
    expect(await meetings(case_)).toEqual([]);
  });

  test('TWO AT ONCE the city convenes one, and a contractor none beside it', async () => {
    const case_ = await opens();
    await redraw(desk.two.app, 'both_convene', [{ id: 'judge_applicability', group: '=["grp.chair", "grp.coordinator.shakyo"]', form: shippedForm('confidential_route', 'judge_applicability') }]);
    for (let round = 0; round < 2; round += 1) await begin(desk, 'both_convene', case_);
    const card = sampleOf('confidential_route', 'judge_applicability');
    const clients = await Promise.all(['nakamura.m', 'yamaguchi.n'].map((login) => desk.as(login)));
    const tasks = (await clients[0]!.get(`/api/tasks?view=all&case=${case_.caseNo}&elementId=judge_applicability`).expect(200)).body.tasks as { id: string; version: number }[];
    expect(tasks).toHaveLength(2);
    const answers = await Promise.all(tasks.flatMap(({ id, version }) => clients.map((client) => client.post(`/api/tasks/${id}/complete`, { version, answers: card }))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(await meetings(case_)).toEqual([{ agency: 'welfare_policy', basis: '106-6' }]);
  });
});
