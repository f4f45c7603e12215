// 重層的支援会議: a case is never opened to an invitee whom the consent does not cover. Broken in every way that one can think of.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { deployDefinition } from '../../src/actions/deploy-definition.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { day, openDesk, type Desk } from './desk.js';

const elderly = 'grp.sectionLead.elderly_welfare';
const needy = 'grp.sectionLead.self_reliance';
const silver = 'grp.sectionLead.silver_centre';
const system = { kind: 'system', name: 'test' } as const;
const everything = ['basic', 'family', 'health', 'money', 'progress', 'meeting'];
let desk: Desk;

beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:00:00+09:00'));
}, 180_000);
afterAll(() => desk?.close());

interface Asked {
  caseNo: string;
  caseId: string;
  meetingId: string;
}

interface Consented {
  agencies?: string[];
  items?: string[];
  types?: string[];
}

const consentTo = async (caseNo: string, { agencies = ['elderly_welfare', 'self_reliance'], items = everything, types = ['share', 'conference'] }: Consented = {}): Promise<void> => {
  const { excludedGroups: _none, ...sample } = sampleOf('anytime', 'consent');
  const answers = { ...sample, consentState: 'full', types, scopeItems: items, scopeAgencies: agencies.map((agency) => ({ agency, answer: 'agreed' })), householdMembers: [] };
  const answer = await (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'consent', answers });
  expect([answer.status, answer.body.errors]).toEqual([201, undefined]);
};

/** A case whose person has agreed, and a request for a meeting about it. */
async function asked(consented: Consented = {}, memberGroups: string[] = [elderly, needy]): Promise<Asked> {
  const mori = await desk.as('mori.d');
  const { body } = await mori.post('/api/cases', { field: 'elder' }).expect(201);
  await consentTo(body.caseNo, consented);
  const request = await mori.post(`/api/cases/${body.caseNo}/records`, { formKey: 'request_meeting', answers: { ...sampleOf('anytime', 'request_meeting'), memberGroups } });
  expect([request.status, request.body]).toEqual([201, expect.objectContaining({ record: 'F09.request' })]);
  const agencies = consented.agencies ?? ['elderly_welfare', 'self_reliance'];
  expect((request.body.warnings as { code: string }[]).map(({ code }) => code)).toEqual(memberGroups.every((key) => agencies.includes(key.split('.').at(-1)!)) ? [] : ['uncovered_members']);
  return { caseNo: body.caseNo, caseId: body.caseId, meetingId: request.body.made.meetingId };
}

const arrange = (memberGroups: string[]) => ({ memberGroups, meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' });

async function invited(consented: Consented = {}, memberGroups: string[] = [elderly, needy]): Promise<Asked> {
  const meeting = await asked(consented, memberGroups);
  await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange(memberGroups));
  await desk.does('yamamoto.m', meeting.caseNo, 'prepare_materials');
  return meeting;
}

const dossier = async (login: string, { meetingId }: Pick<Asked, 'meetingId'>): Promise<{ status: number; items: string[] | null; records: string[]; text: string }> => {
  const { status, body } = await (await desk.as(login)).get(`/api/meetings/${meetingId}/dossier`);
  return { status, items: body.items ?? null, records: (body.parts ?? []).map((part: { record: string }) => part.record), text: JSON.stringify(body) };
};

const withdraw = async (caseNo: string, said: Record<string, Json> = {}): Promise<void> => {
  const answer = await (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'consent_withdrawal', answers: { ...sampleOf('anytime', 'consent_withdrawal'), ...said } });
  expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
};

const rights = (caseId: string) => desk.sql<{ reader: string; items: string[]; ended: boolean }>(`select reader, items, ended_at is not null as ended from case_access where case_id = $1 and basis = 'meeting' order by reader`, [caseId]);

describe('a plan meeting never opens a case to an invitee whom the consent does not cover', () => {
  test('who is covered is invited, sees the agreed items, and only from the invitation on; it is written down who was told what', async () => {
    const meeting = await asked();
    await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly, needy]));
    expect((await dossier('ishikawa.r', meeting)).status).toBe(404);
    await desk.does('yamamoto.m', meeting.caseNo, 'prepare_materials');
    for (const login of ['ishikawa.r', 'fukuda.r']) expect(await dossier(login, meeting)).toMatchObject({ status: 200, items: everything.toSorted() });
    expect((await dossier('okamoto.s', meeting)).status).toBe(404);
    expect(await rights(meeting.caseId)).toEqual([elderly, needy].map((reader) => ({ reader, items: everything.toSorted(), ended: false })));
    const told = await desk.sql<{ code: string }>(`select to_code as code from disclosure where case_id = $1 and purpose = 'conference' and meeting_id = $2 order by 1`, [meeting.caseId, meeting.meetingId]);
    expect(told.map(({ code }) => code)).toEqual(['elderly_welfare', 'self_reliance']);
  });

  test('an agency that the consent leaves out sends the list back; the gateway asks the consents, not the form', async () => {
    const meeting = await asked({}, [elderly, silver]);
    await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly, silver]));
    await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly]));
    await desk.does('yamamoto.m', meeting.caseNo, 'prepare_materials');
    expect((await dossier('okamoto.s', meeting)).status).toBe(404);
    await (await desk.as('okamoto.s')).get(`/api/meetings/${meeting.meetingId}`).expect(404);
  });

  test('GUARD consent to share is no consent to a conference: it is refused when it is asked for, and ends when consent is gone by the time it is arranged', async () => {
    const mori = await desk.as('mori.d');
    const { body } = await mori.post('/api/cases', { field: 'elder' }).expect(201);
    const request = () => mori.post(`/api/cases/${body.caseNo}/records`, { formKey: 'request_meeting', answers: { ...sampleOf('anytime', 'request_meeting'), memberGroups: [elderly, needy] } });
    const refused = { type: '/api/problems/consent_missing', detail: expect.stringMatching(/同意書（F10）.*支援会議/), errors: [{ pointer: '/answers/memberGroups' }] };
    expect((await request().expect(409)).body).toMatchObject(refused);
    await consentTo(body.caseNo, { types: ['share'] });
    expect((await request().expect(409)).body).toMatchObject(refused);
    await consentTo(body.caseNo, { agencies: ['shakyo'] });
    expect((await request().expect(409)).body).toMatchObject(refused);
    expect(await desk.sql(`select 1 from meeting_case where case_id = $1`, [body.caseId])).toEqual([]);
    // agreed to when it was asked for, and no longer when it is arranged
    const meeting = await asked();
    await consentTo(meeting.caseNo, { types: ['share'] });
    await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly, needy]));
    const ended = await desk.sql<{ status: string }>(`select i.status from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'meeting'`, [meeting.caseNo]);
    expect(ended).toEqual([{ status: 'ended' }]);
    expect((await dossier('ishikawa.r', meeting)).status).toBe(404);
  });

  test('a diagram that asks nobody still invites nobody who is not covered', async () => {
    const form = (name: string): Json => JSON.parse(readFileSync(new URL(`../../processes/meeting/forms/${name}.json`, import.meta.url), 'utf8')) as Json;
    const task = (id: string, from: string, to: string): string => `<bpmn:userTask id="${id}" name="${id}" camunda:formKey="${id}" camunda:candidateGroups="grp.meetingOffice"><bpmn:incoming>${from}</bpmn:incoming><bpmn:outgoing>${to}</bpmn:outgoing></bpmn:userTask>`;
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="urn:tsunagi:test">
  <bpmn:process id="asks_nobody" name="確かめない" isExecutable="true" camunda:historyTimeToLive="P1D">
    <bpmn:startEvent id="begun"><bpmn:outgoing>a</bpmn:outgoing><bpmn:messageEventDefinition id="m" messageRef="begin" /></bpmn:startEvent>
    ${task('arrange_meeting', 'a', 'b')}${task('prepare_materials', 'b', 'c')}
    <bpmn:endEvent id="ended" name="終わり"><bpmn:incoming>c</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="a" sourceRef="begun" targetRef="arrange_meeting" /><bpmn:sequenceFlow id="b" sourceRef="arrange_meeting" targetRef="prepare_materials" /><bpmn:sequenceFlow id="c" sourceRef="prepare_materials" targetRef="ended" />
  </bpmn:process>
  <bpmn:message id="begin" name="ask_nobody" />
</bpmn:definitions>`;
    await deployDefinition(desk.two.app, system, { xml, forms: { arrange_meeting: form('arrange_meeting'), prepare_materials: form('prepare_materials') } });
    const { body } = await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201);
    await consentTo(body.caseNo);
    await (await desk.as('kato.m')).post('/api/messages', { name: 'ask_nobody', correlationKey: body.caseId, businessKey: body.caseNo, variables: { kind: 'plan', caseIds: [body.caseId] }, ttlS: 0 }).expect(201);
    await desk.does('yamamoto.m', body.caseNo, 'arrange_meeting', { ...sampleOf('meeting', 'arrange_meeting'), ...arrange([elderly, silver]) });
    const refused = await desk.tries('yamamoto.m', body.caseNo, 'prepare_materials', sampleOf('meeting', 'prepare_materials'));
    expect([refused.status, refused.body.type]).toEqual([409, expect.stringMatching(/consent_missing$/)]);
    expect(await rights(body.caseId)).toEqual([]);
  });

  test('a form that calls a plan meeting a confidential one is refused: the two kinds do not mix', async () => {
    const meeting = await asked();
    const refused = await desk.tries('yamamoto.m', meeting.caseNo, 'arrange_meeting', { ...arrange([elderly]), kind: 'confidential', legalBasis: '106-6', consentMissing: ['refused'] });
    expect([refused.status, refused.body.errors]).toEqual([422, [expect.objectContaining({ pointer: '/answers/kind' })]]);
  });

  test('only agreed items are in the extract', async () => {
    const meeting = await invited({ items: ['basic', 'progress'] });
    await desk.sql(
      `insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, record, compartment, agency_code) values
       (gen_random_uuid(), $1, 'x', 'x', $2, $4, 'F01', 'agency', 'chiiki_houkatsu'), (gen_random_uuid(), $1, 'x', 'x', $3, $4, 'F03', 'agency', 'chiiki_houkatsu'),
       (gen_random_uuid(), $1, 'x', 'x', '{"content":"机関内の覚え"}', $4, 'F04', 'agency', 'chiiki_houkatsu')`,
      [meeting.caseId, JSON.stringify({ name: '門田 ハナ子', address: '柳町1-1', household: [{ name: '門田 健', relation: 'child' }], secretNote: '様式に足した欄' }), JSON.stringify({ summary: '受診から始める', health: '持病あり', debt: '借入あり', familyNote: '長男と二人' }), desk.now()],
    );
    const { text, records, items } = await dossier('ishikawa.r', meeting);
    expect(items).toEqual(['basic', 'progress']);
    expect(records.sort()).toEqual(['F01', 'F03']);
    for (const said of ['門田 ハナ子', '柳町1-1', '受診から始める']) expect(text).toContain(said);
    for (const kept of ['持病あり', '借入あり', '長男と二人', '門田 健', '様式に足した欄', '機関内の覚え']) expect(text).not.toContain(kept);
  });

  test('consent withdrawn closes it at the next read, ends the rights of every seat, and keeps the list of what was told', async () => {
    const meeting = await invited();
    expect((await dossier('ishikawa.r', meeting)).status).toBe(200);
    await withdraw(meeting.caseNo);
    for (const login of ['ishikawa.r', 'fukuda.r']) expect((await dossier(login, meeting)).status).toBe(404);
    await (await desk.as('ishikawa.r')).get(`/api/cases/${meeting.caseNo}/records`).expect(404);
    expect((await rights(meeting.caseId)).every(({ ended }) => ended)).toBe(true);
    expect(await desk.sql(`select 1 from disclosure where case_id = $1 and meeting_id = $2`, [meeting.caseId, meeting.meetingId])).toHaveLength(2);
    expect(await desk.sql(`select 1 from task where business_key = $1 and element_id = 'confirm_attendance' and status = 'open'`, [meeting.caseNo])).toEqual([]);
  });

  describe('a sitting that was called, when the consent is taken back', () => {
    const sittings = ({ meetingId }: Asked) => desk.sql<{ no: number; status: string }>(`select no, status from sitting where meeting_id = $1 order by no`, [meetingId]);
    const openSteps = async ({ caseNo }: Asked) => (await desk.sql<{ e: string }>(`select element_id as e from task where business_key = $1 and process_key = 'meeting' and status = 'open' order by 1`, [caseNo])).map(({ e }) => e);
    const told = async ({ caseNo }: Asked) => (await desk.sql<{ login: string }>(`select distinct u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'meeting_cover_lost' order by 1`, [caseNo])).map(({ login }) => login);
    const standing = async ({ caseNo }: Asked) => (await desk.sql<{ status: string }>(`select i.status from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'meeting'`, [caseNo])).map(({ status }) => status);
    const judged = async (caseNo: string): Promise<void> => {
      await desk.does('mori.d', caseNo, 'record_withdrawal');
      await desk.does('sato.h', caseNo, 'confirm_stop');
      while ((await desk.sql(`select 1 from task where business_key = $1 and element_id = 'notify_recipient' and status = 'open'`, [caseNo])).length > 0) await desk.does('sato.h', caseNo, 'notify_recipient');
      await desk.does('sato.h', caseNo, 'propose_continuation', { continuation: 'limited' });
      await desk.does('nakamura.m', caseNo, 'judge_continuation', { continuation: 'limited' });
    };

    test('is not held: it ends with the consent, whoever was invited is told, and its office arranges the next one once it was judged how support goes on', async () => {
      const meeting = await invited();
      await desk.does('ishikawa.r', meeting.caseNo, 'confirm_attendance');
      await withdraw(meeting.caseNo);
      expect([await sittings(meeting), await openSteps(meeting), await standing(meeting)]).toEqual([[{ no: 1, status: 'postponed' }], ['arrange_meeting'], ['suspended']]);
      expect(await told(meeting)).toEqual(expect.arrayContaining(['fukuda.r', 'ishikawa.r', 'yamamoto.m']));
      const [gone] = await desk.sql<{ end_reason: string }>(`select end_reason from task where business_key = $1 and element_id = 'confirm_attendance' and status <> 'completed'`, [meeting.caseNo]);
      expect(gone).toBeDefined();
      await judged(meeting.caseNo);
      expect(await standing(meeting)).toEqual(['active']);
      await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly, needy]));
      expect([await sittings(meeting), await standing(meeting)]).toEqual([[{ no: 1, status: 'postponed' }, { no: 2, status: 'convened' }], ['ended']]);
    }, 180_000);

    test('before its invitation, and while its day is waited for, it ends in the same way; a new consent calls the next one', async () => {
      for (const waiting of [false, true]) {
        const meeting = await asked();
        await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly, needy]));
        if (waiting) {
          await desk.does('yamamoto.m', meeting.caseNo, 'prepare_materials');
          for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, meeting.caseNo, 'confirm_attendance');
        }
        await withdraw(meeting.caseNo);
        expect([await sittings(meeting), await openSteps(meeting)]).toEqual([[{ no: 1, status: 'postponed' }], ['arrange_meeting']]);
        expect((await told(meeting)).includes('ishikawa.r')).toBe(waiting);
        expect(await desk.sql(`select 1 from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1 and t.element_id = 'meeting_day' and t.status = 'pending'`, [meeting.caseNo])).toEqual([]);
        await judged(meeting.caseNo);
        await consentTo(meeting.caseNo);
        await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly, needy]));
        await desk.does('yamamoto.m', meeting.caseNo, 'prepare_materials');
        expect(await sittings(meeting)).toEqual([{ no: 1, status: 'postponed' }, { no: 2, status: 'invited' }]);
      }
    }, 180_000);

    test('on its very day nothing is recorded of it but that it was not held', async () => {
      const meeting = await invited();
      for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, meeting.caseNo, 'confirm_attendance');
      await desk.passes(meeting.caseNo, 'meeting_day');
      await withdraw(meeting.caseNo);
      await judged(meeting.caseNo);
      const refused = await desk.tries('yamamoto.m', meeting.caseNo, 'hold_plan_meeting');
      expect([refused.status, refused.body.errors]).toEqual([409, [{ pointer: '/answers/meetingResult', detail: expect.stringContaining('延期') }]]);
      await desk.does('yamamoto.m', meeting.caseNo, 'hold_plan_meeting', { meetingResult: 'postponed', postponeReason: '同意の撤回', heldAt: null, attendees: null, absentGroups: null, subjectPart: null, subjectView: null });
      expect([await sittings(meeting), await openSteps(meeting)]).toEqual([[{ no: 1, status: 'postponed' }], ['arrange_meeting']]);
    }, 180_000);

    test('goes on where the consent still covers somebody: whoever it leaves out loses their own sight alone', async () => {
      const meeting = await invited();
      await withdraw(meeting.caseNo, { withdrawnScope: 'part', withdrawnAgencies: ['self_reliance'] });
      expect([await sittings(meeting), await standing(meeting), await told(meeting)]).toEqual([[{ no: 1, status: 'invited' }], ['active'], []]);
      expect((await rights(meeting.caseId)).filter(({ ended }) => !ended).map(({ reader }) => reader)).toEqual([elderly]);
      expect([(await dossier('ishikawa.r', meeting)).status, (await dossier('fukuda.r', meeting)).status]).toEqual([200, 404]);
      // taken back from the other one too, nobody is left at the table
      await withdraw(meeting.caseNo, { withdrawnScope: 'part', withdrawnAgencies: ['elderly_welfare'] });
      expect([await sittings(meeting), await openSteps(meeting)]).toEqual([[{ no: 1, status: 'postponed' }], ['arrange_meeting']]);
    }, 180_000);
  });

  test('of an invitation and a withdrawal at once, nothing stays open', async () => {
    const meeting = await asked();
    await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly, needy]));
    await Promise.all([desk.tries('yamamoto.m', meeting.caseNo, 'prepare_materials'), withdraw(meeting.caseNo)]);
    for (const login of ['ishikawa.r', 'fukuda.r']) expect((await dossier(login, meeting)).status).toBe(404);
    expect((await rights(meeting.caseId)).filter(({ ended }) => !ended)).toEqual([]);
  });

  test('a late member is seated only within the consent', async () => {
    const meeting = await invited({}, [elderly]);
    const office = await desk.as('yamamoto.m');
    const refused = await office.post(`/api/meetings/${meeting.meetingId}/members`, { groupKey: silver });
    expect([refused.status, refused.body.type]).toEqual([409, expect.stringMatching(/consent_missing$/)]);
    expect(await desk.sql(`select 1 from sitting_member where group_key = $1 and sitting_id = (select id from sitting where meeting_id = $2)`, [silver, meeting.meetingId])).toEqual([]);
    expect((await dossier('fukuda.r', meeting)).status).toBe(404);
    const { body } = await office.post(`/api/meetings/${meeting.meetingId}/members`, { groupKey: needy }).expect(201);
    expect((await dossier('fukuda.r', meeting)).status).toBe(200);
    await office.post(`/api/meetings/${meeting.meetingId}/members/${body.memberId}/removal`, { reason: '担当外' }).expect(200);
    expect((await dossier('fukuda.r', meeting)).status).toBe(404);
    await (await desk.as('ishikawa.r')).post(`/api/meetings/${meeting.meetingId}/members`, { groupKey: needy }).expect(403);
  });

  test('a sitting that too few came to judges nothing: it is not held, and called again', async () => {
    const meeting = await invited({ agencies: ['elderly_welfare', 'self_reliance', 'silver_centre'] }, [elderly, needy, silver]);
    for (const login of ['ishikawa.r', 'fukuda.r', 'okamoto.s']) await desk.does(login, meeting.caseNo, 'confirm_attendance');
    await desk.passes(meeting.caseNo, 'meeting_day');
    for (const absentGroups of [[elderly, needy], [elderly, needy, silver]]) {
      const refused = await desk.tries('yamamoto.m', meeting.caseNo, 'hold_plan_meeting', { absentGroups });
      expect([refused.status, refused.body.errors]).toEqual([422, [{ pointer: '/answers/absentGroups', detail: expect.stringContaining('定足数') }]]);
    }
    const sittings = () => desk.sql<{ no: number; status: string; held: boolean }>(`select no, status, held_at is not null as held from sitting where meeting_id = $1 order by no`, [meeting.meetingId]);
    expect(await sittings()).toEqual([{ no: 1, status: 'invited', held: false }]);
    await desk.does('yamamoto.m', meeting.caseNo, 'hold_plan_meeting', { meetingResult: 'postponed', postponeReason: '定足数に足りなかった', heldAt: null, attendees: null, absentGroups: null, subjectPart: null, subjectView: null });
    await desk.does('yamamoto.m', meeting.caseNo, 'arrange_meeting', arrange([elderly, needy, silver]));
    expect(await sittings()).toEqual([{ no: 1, status: 'postponed', held: false }, { no: 2, status: 'convened', held: false }]);
  }, 180_000);

  test('nobody is present without cover, and the window ends some days after the close', async () => {
    const meeting = await invited();
    for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, meeting.caseNo, 'confirm_attendance');
    await desk.passes(meeting.caseNo, 'meeting_day');
    await desk.sql(`insert into consent_end (id, consent_id, case_id, kind, agencies, items, types, at) select gen_random_uuid(), id, case_id, 'narrowed', '{self_reliance}', '{}', '{}', $2 from consent where case_id = $1`, [meeting.caseId, desk.now()]);
    const refused = await desk.tries('yamamoto.m', meeting.caseNo, 'hold_plan_meeting');
    expect([refused.status, refused.body.type]).toEqual([409, expect.stringMatching(/consent_missing$/)]);
    expect((await rights(meeting.caseId)).filter(({ ended }) => !ended).map(({ reader }) => reader)).toEqual([elderly]);
    await desk.does('yamamoto.m', meeting.caseNo, 'hold_plan_meeting', { absentGroups: [needy] });
    await desk.does('yamamoto.m', meeting.caseNo, 'draft_minutes');
    await desk.does('yamamoto.m', meeting.caseNo, 'confirm_minutes');
    await desk.does('yamamoto.m', meeting.caseNo, 'assign_decisions');
    const wrong = await desk.tries('yamamoto.m', meeting.caseNo, 'collect_handouts', { handoutsCollected: 'none' });
    expect(wrong.status).toBe(422);
    await desk.does('yamamoto.m', meeting.caseNo, 'collect_handouts');
    expect((await dossier('ishikawa.r', meeting)).records).toContain('F09.minutes');
    desk.later(15 * day);
    expect((await dossier('ishikawa.r', meeting)).status).toBe(404);
    await (await desk.as('ishikawa.r')).get(`/api/cases/${meeting.caseNo}/records`).expect(200); // by the consent itself, not by the meeting
    const [seat] = await desk.sql<{ attendance: string }>(`select m.attendance from sitting_member m join sitting s on s.id = m.sitting_id where s.meeting_id = $1 and m.group_key = $2`, [meeting.meetingId, needy]);
    expect(seat).toEqual({ attendance: 'absent' });
  }, 180_000);
});

describe('dates and counts', () => {
  test('members answer the dates; the best one is quorate, most of them can come, and it is the earlier', async () => {
    const meeting = await asked();
    const office = await desk.as('yamamoto.m');
    await office.post(`/api/meetings/${meeting.meetingId}/slots`, { startsAt: ['2026-06-01T10:00:00+09:00', '2026-06-02T10:00:00+09:00'] }).expect(201);
    const slots = (await (await desk.as('ishikawa.r')).get(`/api/meetings/${meeting.meetingId}`).expect(200)).body.slots as { id: string; startsAt: string }[];
    expect(slots).toHaveLength(3);
    const first = slots[0]!;
    const second = slots[1]!;
    const say = async (login: string, ...answers: [string, string][]): Promise<number> => (await (await desk.as(login)).post(`/api/meetings/${meeting.meetingId}/replies`, { answers: answers.map(([slotId, answer]) => ({ slotId, answer })) })).status;
    expect(await say('ishikawa.r', [first.id, 'yes'], [second.id, 'yes'])).toBe(200);
    expect(await say('fukuda.r', [first.id, 'no'], [second.id, 'maybe'])).toBe(200);
    expect(await say('fukuda.r', [second.id, 'yes'])).toBe(200);
    expect(await say('okamoto.s', [first.id, 'yes'])).toBe(404);
    const { bestSlots } = (await office.get(`/api/meetings/${meeting.meetingId}`).expect(200)).body;
    expect(bestSlots[0]).toMatchObject({ slotId: second.id, yes: 2, no: 0, unanswered: 0, quorate: true });
    expect(bestSlots[1]).toMatchObject({ slotId: first.id, yes: 1, no: 1, quorate: true });
    expect(bestSlots[2]).toMatchObject({ yes: 0, unanswered: 2, quorate: false });
  });

  test('a sitting counts once in the fiscal year in which it was held, whatever the number of its cases, and only if it was held', async () => {
    const meeting = await invited();
    const other = await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201);
    await desk.sql(`insert into meeting_case (meeting_id, case_id, added_at) values ($1, $2, $3)`, [meeting.meetingId, other.body.caseId, desk.now()]);
    const client = await desk.as('kato.m');
    const counts = async (year: string): Promise<{ sittings: number; cases: number; total: number }> => {
      const { body } = await client.get(`/api/meetings/counts?year=${year}`).expect(200);
      const plan = body.counts.find(({ kind }: { kind: string }) => kind === 'plan');
      return { sittings: plan.sittings, cases: plan.cases, total: body.total };
    };
    const before = await counts('R7');
    await desk.sql(`update sitting set status = 'held', held_at = '2026-03-31T23:59:00+09:00' where meeting_id = $1`, [meeting.meetingId]);
    expect(await counts('R7')).toEqual({ sittings: before.sittings + 1, cases: before.cases + 2, total: before.total + 1 });
    await desk.sql(`update sitting set status = 'held', held_at = '2026-04-01T00:00:00+09:00' where meeting_id = $1`, [meeting.meetingId]);
    expect(await counts('R7')).toEqual(before);
    await desk.sql(`update sitting set status = 'postponed' where meeting_id = $1`, [meeting.meetingId]);
    expect((await counts('R8')).sittings).toBe((await desk.sql(`select 1 from sitting s join meeting t on t.id = s.meeting_id where t.kind = 'plan' and s.held_at >= '2026-04-01T00:00:00+09:00' and s.status <> 'postponed'`)).length);
    await client.get('/api/meetings/counts?year=2026').expect(422);
  });
});
