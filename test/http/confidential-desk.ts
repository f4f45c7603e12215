// 支援会議 step by step, for the tests that break its guards: each of these leaves a new household at one of its stages.
import { openDesk, type Desk } from './desk.js';

export const elderly = 'grp.sectionLead.elderly_welfare';
export const needy = 'grp.sectionLead.self_reliance';
/** A word of the confidential card that may be found nowhere else. */
export const canary = '扉越しの声は門田さんの長男';
export let desk: Desk;

export async function openTheDesk(): Promise<void> {
  desk = await openDesk(new Date('2026-05-11T10:00:00+09:00'));
}

export interface Worry {
  caseNo: string;
  caseId: string;
  meetingId: string;
}

export const meetingOf = async (caseNo: string): Promise<{ meetingId: string; sittingId: string; status: string; no: number }> =>
  (await desk.sql<{ meetingId: string; sittingId: string; status: string; no: number }>(
    `select t.id as "meetingId", s.id as "sittingId", s.status, s.no from meeting t join meeting_case m on m.meeting_id = t.id join support_case c on c.id = m.case_id join sitting s on s.meeting_id = t.id where c.case_no = $1 and t.kind = 'confidential' order by s.no desc`,
    [caseNo],
  ))[0]!;

/** A worry that the chair finds to be one for a 支援会議. */
export async function judged(): Promise<Worry> {
  const mori = await desk.as('mori.d');
  const { body } = await mori.post('/api/cases', { kind: 'worry', field: 'elder' }).expect(201);
  await desk.does('nakamura.m', body.caseNo, 'judge_applicability', { facts: canary });
  const { meetingId } = await meetingOf(body.caseNo);
  return { caseNo: body.caseNo, caseId: body.caseId, meetingId };
}

export async function selected(memberGroups: string[] = [elderly, needy]): Promise<Worry> {
  const worry = await judged();
  await desk.does('yamamoto.m', worry.caseNo, 'select_members', { memberGroups });
  return worry;
}

/** Everybody has pledged, the sheets are in. */
export async function opened(): Promise<Worry> {
  const worry = await selected();
  for (const login of ['ishikawa.r', 'fukuda.r', 'nakamura.m', 'yamamoto.m']) await desk.does(login, worry.caseNo, 'sign_pledge');
  return worry;
}

export async function held(): Promise<Worry> {
  const worry = await opened();
  for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, worry.caseNo, 'prepare_sheets');
  await desk.does('yamamoto.m', worry.caseNo, 'arrange_meeting', { kind: 'confidential', memberGroups: [elderly, needy], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' });
  await desk.does('yamamoto.m', worry.caseNo, 'prepare_materials');
  for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, worry.caseNo, 'confirm_attendance');
  await desk.passes(worry.caseNo, 'meeting_day');
  await desk.does('yamamoto.m', worry.caseNo, 'hold_confidential_meeting');
  return worry;
}

export async function watched(): Promise<Worry> {
  const worry = await held();
  await desk.does('yamamoto.m', worry.caseNo, 'draft_minutes');
  await desk.does('yamamoto.m', worry.caseNo, 'confirm_minutes');
  await desk.does('yamamoto.m', worry.caseNo, 'assign_decisions');
  await desk.does('yamamoto.m', worry.caseNo, 'collect_handouts');
  await desk.does('ishikawa.r', worry.caseNo, 'carry_out_decision');
  await desk.does('yamamoto.m', worry.caseNo, 'decide_watch_policy');
  return worry;
}

/** `open`, or the code of the refusal. */
export async function dossier(login: string, { meetingId }: Pick<Worry, 'meetingId'>): Promise<string> {
  const { status, body } = await (await desk.as(login)).get(`/api/meetings/${meetingId}/dossier`);
  return status === 200 ? 'open' : String(body.type).split('/').at(-1)!;
}
