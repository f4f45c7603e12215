// Things that were asked under one name are not asked again under another, through the API: whom and when a meeting wants, and what for.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readAs, transact } from '../../src/base/db.js';
import { carryAnswers } from '../../src/domain/records/carry.js';
import { carriedFields } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { openDesk, type Desk } from './desk.js';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:15:00+09:00'));
}, 180_000);
afterAll(() => desk.close());

const [elderly, houkatsu, school] = ['elderly_welfare', 'chiiki_houkatsu', 'school_education'].map((agency) => `grp.sectionLead.${agency}`) as [string, string, string];

/** What lies in the newest open step of that name, once its doer has taken it. */
async function carriedInto(login: string, caseNo: string, step: string): Promise<Record<string, Json>> {
  const client = await desk.as(login);
  const [task] = (await client.get(`/api/tasks?view=all&case=${caseNo}&elementId=${step}`).expect(200)).body.tasks as { id: string; assigneeId: string | null; version: number }[];
  if (task!.assigneeId === null) await client.post(`/api/tasks/${task!.id}/claim`, { version: task!.version }).expect(200);
  return (await client.get(`/api/tasks/${task!.id}`).expect(200)).body.carried as Record<string, Json>;
}

async function taken(): Promise<string> {
  const caseNo = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder', channel: 'phone' }).expect(201)).body.caseNo as string;
  await desk.does('mori.d', caseNo, 'receive_consultation', { duplicateChecked: 'someone_else', household: [] });
  return caseNo;
}

test('in an emergency the meeting that is convened is arranged with what was said when it was convened', async () => {
  const caseNo = await taken();
  await (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'emergency', answers: { ...sampleOf('anytime', 'emergency'), calls: [] } }).expect(201);
  await desk.does('mori.d', caseNo, 'call_services');
  await desk.does('sato.h', caseNo, 'assess_emergency', { emergencyTrack: 'life', responderGroups: [elderly, houkatsu], safetyGroup: houkatsu });
  await desk.does('yamamoto.m', caseNo, 'convene_emergency_meeting', { whyMeeting: '退院後の住まいを決めたい', wantedAt: '2026-05-12T13:30', wantedGroups: [elderly, houkatsu] });
  expect(await carriedInto('yamamoto.m', caseNo, 'arrange_meeting')).toMatchObject({ purpose: '退院後の住まいを決めたい', memberGroups: [elderly, houkatsu], meetingAt: '2026-05-12T13:30' });

  // of this emergency alone: a meeting of another run is not filled in with it
  const wanted = carriedFields(JSON.parse(readFileSync('processes/meeting/forms/arrange_meeting.json', 'utf8')));
  const [{ id: caseId }, { id: own }, { id: other }] = (await Promise.all([
    desk.sql<{ id: string }>('select id from support_case where case_no = $1', [caseNo]),
    desk.sql<{ id: string }>(`select id from task where business_key = $1 and element_id = 'arrange_meeting'`, [caseNo]), desk.sql<{ id: string }>(`select id from task where business_key = $1 and element_id = 'assess_urgency'`, [caseNo]),
  ])).map(([row]) => row!) as [{ id: string }, { id: string }, { id: string }];
  const carriedBy = (taskId: string): Promise<Record<string, Json>> => transact(desk.two.app.db, { kind: 'system', name: 'test' }, (tx) => carryAnswers(tx, desk.two.app.records, caseId, 'F09.arrangement', wanted, { taskId, variables: {} }));
  expect([(await carriedBy(own))['purpose'], (await carriedBy(other))['purpose']]).toEqual(['退院後の住まいを決めたい', undefined]);
}, 120_000);

test('whom the chair selected for a 支援会議 is not selected again', async () => {
  const { body } = await (await desk.as('matsumoto.c')).post('/api/cases', { kind: 'worry', field: 'elder' }).expect(201);
  const caseNo = body.caseNo as string;
  await desk.does('nakamura.m', caseNo, 'judge_applicability', { urgency: 'none' });
  await desk.does('yamamoto.m', caseNo, 'select_members', { memberGroups: [elderly, school] });
  for (const login of ['ishikawa.r', 'aoki.w', 'nakamura.m', 'yamamoto.m']) await desk.does(login, caseNo, 'sign_pledge');
  for (const login of ['ishikawa.r', 'aoki.w']) await desk.does(login, caseNo, 'prepare_sheets');
  expect((await carriedInto('yamamoto.m', caseNo, 'arrange_meeting'))['memberGroups']).toEqual([elderly, school]);

  // a sitting that could not be held is arranged anew with the same members; what it is for is not typed again; its day stays with it
  await desk.does('yamamoto.m', caseNo, 'arrange_meeting', { kind: 'confidential', purpose: '見守りを分ける', asks: '気づいたことを持ち寄る', memberGroups: [elderly, school], meetingAt: '2026-05-12T14:00+09:00' });
  await desk.does('yamamoto.m', caseNo, 'prepare_materials');
  for (const login of ['ishikawa.r', 'aoki.w']) await desk.does(login, caseNo, 'confirm_attendance');
  await desk.passes(caseNo, 'meeting_day');
  // when it was held is said by when it was to be held
  expect((await carriedInto('yamamoto.m', caseNo, 'hold_confidential_meeting'))['heldAt']).toBe('2026-05-12T14:00+09:00');
  await desk.does('yamamoto.m', caseNo, 'hold_confidential_meeting', { meetingResult: 'postponed', postponeReason: '台風' });
  const again = await carriedInto('yamamoto.m', caseNo, 'arrange_meeting');
  expect(again['memberGroups']).toEqual([elderly, school]);
  expect(again).toMatchObject({ purpose: '見守りを分ける', asks: '気づいたことを持ち寄る' });
  expect(again).not.toHaveProperty('meetingAt');
  // nobody but the city's office gets it, and no form of another compartment: not even theirs, where the process knows of no 支援会議
  const [arranging] = await desk.sql<{ id: string; caseId: string; variables: Record<string, Json> }>(`select t.id, c.id as "caseId", i.variables from task t join process_instance i on i.id = t.instance_id join support_case c on c.case_no = t.business_key where t.business_key = $1 and t.element_id = 'arrange_meeting' and t.status = 'open'`, [caseNo]);
  const wanted = carriedFields(JSON.parse(readFileSync('processes/meeting/forms/arrange_meeting.json', 'utf8')));
  const carriedBy = async (login: string, variables: Record<string, Json>) => {
    const person = await personByLogin(desk.two.app.database.ownerUrl, login);
    return (await readAs(desk.two.app.db, person, (tx) => carryAnswers({ ...tx, actor: person }, desk.two.app.records, arranging!.caseId, 'F09.arrangement', wanted, { taskId: arranging!.id, variables })))['purpose'];
  };
  expect([await carriedBy('yamamoto.m', arranging!.variables), await carriedBy('ishikawa.r', arranging!.variables), await carriedBy('sato.h', arranging!.variables), await carriedBy('yamamoto.m', {})]).toEqual(['見守りを分ける', undefined, undefined, undefined]);
}, 120_000);
