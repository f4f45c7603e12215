// Guard: every member of a 支援会議 is pledged for that sitting before its dossier opens to anybody. See also
// test/http/confidential-meetings.test.ts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { canary, desk, dossier, elderly, held, meetingOf, openTheDesk, opened, selected } from '../http/confidential-desk.js';
import { begin, codeOf, everythingShown, redraw, refusalOf, restarted, shippedDiagram, shippedForm, spoilt, taken, unmarked, withField, type Form } from './redraw.js';

beforeAll(openTheDesk, 180_000);
afterAll(() => desk?.close());

const members = ['ishikawa.r', 'fukuda.r', 'nakamura.m', 'yamamoto.m'];
const pledge = sampleOf('confidential_route', 'sign_pledge');
const pledges = async (caseNo: string): Promise<number> => (await desk.sql(`select 1 from pledge where sitting_id = $1`, [(await meetingOf(caseNo)).sittingId])).length;
/** Everybody but the one named has pledged. */
async function allBut(login: string): Promise<Awaited<ReturnType<typeof selected>>> {
  const worry = await selected();
  for (const other of members.filter((one) => one !== login)) await desk.does(other, worry.caseNo, 'sign_pledge');
  return worry;
}

describe('every member is pledged before the dossier opens', () => {
  test.each(members)('API while %s has not pledged, nobody is shown a word of it on any page', async (late) => {
    const worry = await allBut(late);
    for (const login of [...members, 'kobayashi.t', 'maeda.s', 'kato.m', 'sato.h']) {
      expect(await dossier(login, worry)).not.toBe('open');
      expect(await everythingShown(desk, login, worry.caseNo)).not.toContain(canary);
    }
    await desk.does(late, worry.caseNo, 'sign_pledge');
    for (const login of members) expect(await dossier(login, worry)).toBe('open');
  }, 180_000);

  test.each([
    ['who says no', { signs: 'no' }], ['who has understood only a part', { understood: ['secrecy', 'purpose'] }], ['who has understood nothing', { understood: [] }], ['without a day', { signedOn: null }],
    ['for a day that is to come', { signedOn: '令和9年5月11日' }], ['without the text', { textVersion: null }], ['without a capacity', { capacity: null }],
  ] as [string, Record<string, Json>][])('API a pledge of somebody %s is none', async (_who, said) => {
    const worry = await selected();
    for (const login of ['fukuda.r', 'nakamura.m', 'yamamoto.m']) await desk.does(login, worry.caseNo, 'sign_pledge');
    await desk.tries('ishikawa.r', worry.caseNo, 'sign_pledge', said);
    expect(await pledges(worry.caseNo)).toBe(3);
    for (const login of members) expect(await dossier(login, worry)).not.toBe('open');
  }, 180_000);

  test('ROLE nobody pledges for another: not on paper but for the office of that sitting, not without a seat, not for another’s sitting', async () => {
    const worry = await allBut('ishikawa.r');
    const { sittingId } = await meetingOf(worry.caseNo);
    const own = sampleOf('anytime', 'pledge');
    const paper = { ...own, person: '石川 亮', agency: 'elderly_welfare', signedBy: 'paper', memberLogin: 'ishikawa.r', validFor: 'sitting', sittingId, signedOn: '令和8年5月11日' };
    for (const login of ['sato.h', 'tanaka.k', 'yamaguchi.n', 'fukuda.r', 'maeda.s', 'kobayashi.t', 'kato.m']) expect([403, 404, 422]).toContain((await (await desk.as(login)).post('/api/records', { formKey: 'pledge', answers: paper })).status);
    const here = { capacity: 'conference_member', textVersion: '2026-04', understood: own['understood'], signedOn: '令和8年5月11日' };
    for (const login of ['sato.h', 'okamoto.s', 'maeda.s', 'kato.m']) expect(codeOf(await (await desk.as(login)).post(`/api/meetings/${worry.meetingId}/pledge`, here))).not.toBe('done');
    expect(await dossier('ishikawa.r', worry)).toBe('pledge_missing');
    const another = await selected();
    expect((await (await desk.as('yamamoto.m')).post('/api/records', { formKey: 'pledge', answers: { ...paper, sittingId: (await meetingOf(another.caseNo)).sittingId } })).status).toBe(201);
    expect(await dossier('ishikawa.r', worry)).toBe('pledge_missing');
    expect((await (await desk.as('yamamoto.m')).post('/api/records', { formKey: 'pledge', answers: paper })).status).toBe(201);
    expect(await dossier('ishikawa.r', worry)).toBe('open');
  }, 180_000);

  test('DIAGRAM a member who has not pledged, or somebody with no seat, is carried nothing by a step that was drawn for them, and writes nothing', async () => {
    const worry = await allBut('ishikawa.r');
    const form = shippedForm('confidential_route', 'report_role');
    const greedy: Form = { ...form, components: [...form.components, { type: 'textfield', id: 'c_facts', key: 'cFacts', label: '事実', readonly: true, properties: { from: 'F16.facts' } }] };
    await redraw(desk.two.app, 'carries_card', [{ id: 'report_role', group: `=["${elderly}", "grp.sectionLead.silver_centre"]`, form: greedy }]);
    for (const login of ['ishikawa.r', 'okamoto.s']) {
      await begin(desk, 'carries_card', worry, { meetingId: worry.meetingId });
      const { id, version, carried } = await taken(desk, login, worry.caseNo, 'report_role');
      expect(carried).toEqual({});
      expect(['pledge_missing', 'not_found']).toContain(codeOf(await (await desk.as(login)).post(`/api/tasks/${id}/complete`, { version, answers: sampleOf('confidential_route', 'report_role') })));
      expect(await desk.sql(`select 1 from submission where task_id = $1`, [id])).toEqual([]);
    }
  });

  test('DIAGRAM with the pledges drawn out, or answered for by a variable, nothing opens', async () => {
    const worry = await selected();
    await redraw(desk.two.app, 'no_pledges', [{ id: 'prepare_materials', group: 'grp.meetingOffice', form: shippedForm('meeting', 'prepare_materials') }, { id: 'hold_confidential_meeting', group: 'grp.meetingOffice', form: shippedForm('meeting', 'hold_confidential_meeting') }]);
    await begin(desk, 'no_pledges', worry, { meetingId: worry.meetingId, kind: 'confidential', unpledgedGroups: [] });
    expect(codeOf(await desk.tries('yamamoto.m', worry.caseNo, 'prepare_materials', sampleOf('meeting', 'prepare_materials')))).toBe('pledge_missing');
    const keeper = await desk.as('kato.m');
    for (const { id } of (await keeper.get(`/api/instances?case=${worry.caseNo}`).expect(200)).body.instances as { id: string }[]) await keeper.patch(`/api/instances/${id}/variables`, { variables: { unpledgedGroups: [] }, reason: '試し' });
    for (const login of members) expect(await dossier(login, worry)).toBe('pledge_missing');
  });

  test('FORM a pledge without its mark is none, one that is filled in beforehand is not given by sending nothing, and what it says cannot be taken out', async () => {
    const worry = await allBut('ishikawa.r');
    const form = shippedForm('confidential_route', 'sign_pledge');
    const preset = ['signs', 'capacity', 'textVersion', 'understood', 'signedOn'].reduce((now, key) => withField(now, key, (one) => ({ ...one, defaultValue: pledge[key] ?? null })), form);
    await redraw(desk.two.app, 'unmarked_pledge', [{ id: 'unmarked_sign', group: elderly, form: unmarked(form) }, { id: 'sign_preset', group: elderly, form: preset }]);
    await begin(desk, 'unmarked_pledge', worry, { meetingId: worry.meetingId });
    const unmarkedSign = await desk.tries('ishikawa.r', worry.caseNo, 'unmarked_sign', pledge);
    expect(codeOf(unmarkedSign)).toBe('pledge_missing');
    expect(await pledges(worry.caseNo)).toBe(3);
    await redraw(desk.two.app, 'preset_pledge', [{ id: 'sign_preset', group: elderly, form: preset }]);
    await begin(desk, 'preset_pledge', worry, { meetingId: worry.meetingId });
    const { id, version } = await taken(desk, 'ishikawa.r', worry.caseNo, 'sign_preset');
    expect(codeOf(await (await desk.as('ishikawa.r')).post(`/api/tasks/${id}/complete`, { version, answers: {} }))).toBe('form_invalid');
    expect(await pledges(worry.caseNo)).toBe(3);
    const forms = Object.fromEntries((await desk.sql<{ forms: Record<string, Form> }>(`select forms from process_definition where key = 'confidential_route' order by version desc limit 1`)).flatMap((row) => Object.entries(row.forms)));
    for (const key of ['signs', 'understood', 'capacity', 'textVersion']) {
      for (const [what, change] of spoilt.filter(([name]) => name !== 'an option renamed' || key === 'signs' || key === 'understood')) {
        expect([key, what, await refusalOf(desk.two.app, shippedDiagram('confidential_route'), { ...forms, sign_pledge: withField(form, key, change) })]).toEqual([key, what, expect.stringContaining(key)]);
      }
    }
  }, 180_000);

  test('LATE a member who leaves the office, moves to another agency or joins late closes it to all; after a restart it is as it was', async () => {
    const worry = await opened();
    for (const change of [`active = false`, `agency_code = 'silver_centre'`]) {
      await desk.sql(`update app_user set ${change} where login = 'fukuda.r'`);
      for (const login of ['ishikawa.r', 'nakamura.m', 'yamamoto.m']) expect(await dossier(login, worry)).toBe('pledge_missing');
      await desk.sql(`update app_user set active = true, agency_code = 'self_reliance' where login = 'fukuda.r'`);
    }
    const again = await restarted(desk);
    try {
      for (const [login, status] of [['ishikawa.r', 200], ['okamoto.s', 404], ['sato.h', 404]] as const) expect([login, (await (await again.as(login)).get(`/api/meetings/${worry.meetingId}/dossier`)).status]).toEqual([login, status]);
    } finally {
      await again.close();
    }
  }, 180_000);

  test('TWO AT ONCE of the last pledge, a late member and readers: while the late one has not pledged, nobody reads', async () => {
    const worry = await allBut('ishikawa.r');
    const officer = await desk.as('yamamoto.m');
    await Promise.all([desk.tries('ishikawa.r', worry.caseNo, 'sign_pledge'), officer.post(`/api/meetings/${worry.meetingId}/members`, { groupKey: 'grp.sectionLead.school_education' }), ...members.map((login) => dossier(login, worry))]);
    for (const login of members) expect(await dossier(login, worry)).toBe('pledge_missing');
    expect(await dossier('aoki.w', worry)).toBe('pledge_missing');
  }, 180_000);

  test('API a file that is attached to what was written there is shown to those inside alone', async () => {
    const worry = await held();
    const [card] = await desk.sql<{ id: string }>(`select id from submission where case_id = $1 and record = 'F16'`, [worry.caseId]);
    const attach = async (login: string): Promise<number> => (await (await desk.as(login)).post(`/api/cases/${worry.caseNo}/attachments?record=${card!.id}`).set({ 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment; filename="memo.txt"' }).send(Buffer.from('扉越しの話'))).status;
    for (const login of ['mori.d', 'sato.h', 'kobayashi.t', 'okamoto.s']) expect([403, 404]).toContain(await attach(login));
    expect(await attach('ishikawa.r')).toBe(201);
    const [file] = await desk.sql<{ id: string; compartment: string }>(`select id, compartment from attachment where case_id = $1`, [worry.caseId]);
    expect(file!.compartment).toBe('confidential');
    for (const login of ['mori.d', 'sato.h', 'kobayashi.t', 'maeda.s', 'kato.m', 'okamoto.s']) expect((await (await desk.as(login)).get(`/api/attachments/${file!.id}`)).status).toBe(404);
    expect((await (await desk.as('fukuda.r')).get(`/api/attachments/${file!.id}`)).status).toBe(200);
  }, 180_000);
});
