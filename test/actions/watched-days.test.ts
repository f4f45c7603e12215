// Days that a form asks for are watched: who promised one hears of it, and whoever leads them when it has gone by. Periods that no law
// lays down are the city's.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completeTask } from '../../src/actions/complete-task.js';
import { fireDomainTimer } from '../../src/actions/fire-domain-timer.js';
import { usualClocks, type CityClocks } from '../../src/base/city.js';
import type { Json } from '../../src/base/json.js';
import { isUrgent } from '../../src/domain/cases.js';
import { calendar } from '../processes/walk.js';
import { answersFor } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { openAffairs, type Affairs } from './affairs.js';

const clerk = { kind: 'system', name: 'test' } as const;
const responders = { responderGroups: ['grp.sectionLead.elderly_welfare'], safetyGroup: 'grp.sectionLead.elderly_welfare' };

describe('days that are watched', () => {
  let it: Affairs;
  beforeAll(async () => {
    it = await openAffairs(new Date('2026-05-11T10:00:00+09:00'));
  }, 180_000);
  afterAll(() => it?.town.app.close());

  const timers = (rules: readonly string[], aboutCase: string | null) => it.rows<{ id: string; rule: string; dueAt: Date }>(`select id, rule, due_at as "dueAt" from timer where kind = 'domain' and status = 'pending' and rule = any ($1) and case_id is not distinct from $2::uuid order by due_at, rule`, [rules, aboutCase]);
  const rings = async (rule: string, aboutCase: string | null): Promise<void> => {
    const [timer] = await timers([rule], aboutCase);
    if (timer!.dueAt > it.town.now()) it.town.later((timer!.dueAt.getTime() - it.town.now().getTime()) / 60_000);
    expect(await fireDomainTimer(it.town.app, clerk, { timerId: timer!.id })).toMatchObject({ outcome: 'fired' });
  };
  const told = async (rule: string, caseNo: string | null): Promise<string[]> => (await it.rows<{ login: string }>(`select u.login from notification n join app_user u on u.id = n.user_id where n.rule = $1 and n.business_key is not distinct from $2 order by 1`, [rule, caseNo])).map(({ login }) => login);
  const membersOf = async (...groups: string[]): Promise<string[]> => (await it.rows<{ login: string }>(`select distinct u.login from app_user u join membership m on m.user_id = u.id where m.group_key = any ($1) and u.active order by 1`, [groups])).map(({ login }) => login);
  const laysDown = (clocks: Partial<CityClocks>) => it.rows(`update city_setting set value = $1 where key = 'clocks'`, [JSON.stringify({ ...usualClocks, ...clocks })]);

  async function emergencyOver(followUpOn: string): Promise<string> {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'emergency', caseNo);
    await it.town.does(caseNo, 'call_services');
    await it.town.does(caseNo, 'assess_emergency', responders);
    await it.town.does(caseNo, 'confirm_safety', { safetyResult: 'safe', measuresNeeded: 'no' });
    await it.town.does(caseNo, 'record_basis', { emergencyOutcome: 'resolved', followUpGroup: 'grp.sectionLead.elderly_welfare', followUpOn });
    return caseNo;
  }

  test('after an emergency the group that promised to look again hears of its day, and its manager when nothing was written', async () => {
    const caseNo = await emergencyOver('2026-05-20');
    const caseId = await it.caseIdOf(caseNo);
    const opening = calendar.openingOf('2026-05-20');
    expect((await timers(['promise_due', 'promise_passed'], caseId)).map(({ rule, dueAt }) => [rule, dueAt])).toEqual([['promise_due', opening], ['promise_passed', calendar.add(opening, '1BD')]]);
    await rings('promise_due', caseId);
    const own = await membersOf('grp.sectionLead.elderly_welfare');
    expect(own.length).toBeGreaterThan(0);
    expect([await told('follow_up_due', caseNo), await told('follow_up_passed', caseNo)]).toEqual([own, []]);
    await rings('promise_passed', caseId);
    expect(await told('follow_up_passed', caseNo)).toEqual(await membersOf('grp.sectionLead.elderly_welfare', 'grp.manager.elderly_welfare'));
    expect((await it.town.standing(caseNo)).leaked).toBe(false);
    await expect(it.rows(`update promised_day set on_day = on_day + 1`)).rejects.toThrow();
  });

  test('where the agency has written about the case on the day, nobody else hears of it; a group that nobody stands behind is refused', async () => {
    const caseNo = await emergencyOver('2026-06-01');
    const caseId = await it.caseIdOf(caseNo);
    await rings('promise_due', caseId);
    await it.rows(`insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, compartment, agency_code) values (gen_random_uuid(), $1, 'case_note', 'x', '{}', $2, 'team', 'elderly_welfare')`, [caseId, it.town.now()]);
    await rings('promise_passed', caseId);
    expect(await told('follow_up_passed', caseNo)).toEqual([]);
  });

  test('risk A makes what is done urgent: somebody who cannot be reached is looked for within 48 hours', async () => {
    const caseNo = await it.town.consult();
    await it.town.does(caseNo, 'receive_consultation');
    await it.town.does(caseNo, 'assess_urgency', { urgency: 'none' });
    await it.town.does(caseNo, 'screen_consultation', { screeningResult: 'coordinate', riskScore: 'a' });
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'lost_contact' });
    await it.town.does(caseNo, 'register_exit', { exitKind: 'lost_contact' });
    const [task] = await it.rows<{ urgent: boolean; hours: number }>(`select urgent, extract(epoch from due_at - created_at)::int / 3600 as hours from task where business_key = $1 and element_id = 'confirm_whereabouts'`, [caseNo]);
    expect(task).toEqual({ urgent: true, hours: 48 });
    // what a 支援会議 finds, or an older sheet, changes nothing outside it
    const caseId = await it.caseIdOf(caseNo);
    const sheet = (riskScore: string, compartment: string, minutes: number) => it.rows(`insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, compartment, agency_code, record) values (gen_random_uuid(), $1, 'organise_assessment', 'x', $2, $3, $4, 'welfare_policy', 'F03')`, [caseId, JSON.stringify({ riskScore }), new Date(it.town.now().getTime() + minutes * 60_000), compartment]);
    const urgent = () => it.read('mori.d', (tx) => isUrgent(tx, caseId));
    expect(await urgent()).toBe(true);
    await sheet('c', 'team', 1);
    expect(await urgent()).toBe(false);
    await sheet('a', 'confidential', 2);
    expect(await urgent()).toBe(false);
    await it.rows(`update support_case set urgent = true where id = $1`, [caseId]);
    expect(await urgent()).toBe(true);
  });

  test('an incident is told to chair and auditor at once, and is tasks with the days of the law, which nobody stops; malice gives the final report sixty days', async () => {
    const noticedOn = calendar.onDate(it.town.now());
    const { made } = await it.files('mori.d', 'incident_report', null, { noticedAt: `${noticedOn}T00:30` });
    const answering = (await it.rows<{ login: string }>(`select login from app_user where active and (roles && '{chair,director,auditor}' or (agency_code = 'chiiki_houkatsu' and 'manager' = any (roles))) order by 1`)).map(({ login }) => login);
    expect(await told('incident_noticed', null)).toEqual(answering);
    expect(await it.rows(`select distinct urgent from notification where rule = 'incident_noticed'`)).toEqual([{ urgent: true }]);
    expect(await timers(['incident_preliminary_near', 'incident_preliminary_due', 'incident_final_near', 'incident_final_due'], null)).toEqual([]);
    const endOf = (days: number): Date => new Date(new Date(`${noticedOn}T00:00:00+09:00`).getTime() + (days + 1) * 86_400_000);
    type Open = { id: string; version: number; element: string; groups: string[]; dueAt: Date; fixed: boolean };
    const open = () => it.rows<Open>(`select t.id, t.version, t.element_id as element, t.candidate_groups as groups, t.due_at as "dueAt", t.never_paused as fixed from task t join process_instance i on i.id = t.instance_id where t.status = 'open' and i.variables->>'incidentId' = $1 order by 3`, [made['incidentId']]);
    expect((await open()).map(({ id: _id, version: _version, ...task }) => task)).toEqual([
      { element: 'report_preliminary', groups: ['grp.chair'], dueAt: endOf(5), fixed: true },
      { element: 'tell_persons', groups: ['grp.manager.chiiki_houkatsu'], dueAt: calendar.add(it.town.now(), '5BD'), fixed: true },
    ]);
    const completes = async (login: string, element: string, said: Record<string, Json> = {}) => {
      const task = (await open()).find((one) => one.element === element)!;
      const form = JSON.parse(readFileSync(new URL(`../../processes/personal_data_incident/forms/${element}.json`, import.meta.url), 'utf8')) as Json;
      return completeTask(it.town.app, await personByLogin(it.town.app.database.ownerUrl, login), { taskId: task.id, version: task.version, answers: answersFor('personal_data_incident', element, form, { [element === 'tell_persons' ? 'toldOn' : 'reportedOn']: noticedOn, ...said }) });
    };
    const report = async () => (await it.rows(`select status, malicious, final_due_on::text as "finalDueOn", preliminary_on::text as "preliminaryOn", final_on::text as "finalOn", told_how as "toldHow", cardinality(further_submissions) as sheets from incident_report where id = $1`, [made['incidentId']]))[0];
    // what has tasks is not reported beside them
    await expect(it.files('mori.d', 'incident_report', null, { stage: 'preliminary', incidentId: made['incidentId']!, noticedAt: `${noticedOn}T00:30` })).rejects.toMatchObject({ errors: [{ pointer: '/answers/stage' }] });
    await expect(completes('nakamura.m', 'report_preliminary', { reportedOn: '2020-01-01' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/reportedOn' }] });
    await completes('nakamura.m', 'report_preliminary', { malicious: 'yes', finalDays: '60' });
    expect((await open()).find(({ element }) => element === 'report_final')).toMatchObject({ groups: ['grp.chair'], dueAt: endOf(60), fixed: true });
    const [manager] = await it.rows<{ login: string }>(`select u.login from app_user u join membership m on m.user_id = u.id where m.group_key = 'grp.manager.chiiki_houkatsu' order by 1 limit 1`);
    await expect(completes(manager!.login, 'tell_persons', { toldHow: 'substitute', whyNot: '' })).rejects.toMatchObject({ code: 'form_invalid' });
    await completes(manager!.login, 'tell_persons');
    await completes('nakamura.m', 'report_final');
    expect(await open()).toEqual([]);
    expect(await report()).toMatchObject({ status: 'final', malicious: true, preliminaryOn: noticedOn, finalOn: noticedOn, toldHow: 'all', sheets: 3 });
    expect(await it.rows(`select distinct i.status from process_instance i where i.variables->>'incidentId' = $1`, [made['incidentId']])).toEqual([{ status: 'ended' }]);
  });

  test('an incident from before its reports were tasks is watched and reported as it was', async () => {
    const { made } = await it.files('mori.d', 'incident_report', null, { noticedAt: `${calendar.onDate(it.town.now())}T00:30` });
    const id = made['incidentId']!;
    await it.rows(`update incident_report set by_tasks = false where id = $1`, [id]);
    await it.rows(`delete from notification where rule like 'incident_%'`);
    await it.rows(`insert into timer (id, kind, rule, about_id, due_at, created_at) select gen_random_uuid(), 'domain', rule, $1, now() + interval '3 days', now() from unnest(array['incident_preliminary_near', 'incident_final_due']) rule`, [id]);
    await rings('incident_preliminary_near', null);
    expect((await told('incident_preliminary_near', null)).length).toBeGreaterThan(1);
    await it.files('mori.d', 'incident_report', null, { stage: 'final', incidentId: id, noticedAt: `${calendar.onDate(it.town.now())}T00:30` });
    expect(await timers(['incident_preliminary_near', 'incident_final_due'], null)).toEqual([]);
  });

  test('how far a 支援会議 puts its next review is its own, and never further than the city lets it', async () => {
    const begun = async (): Promise<string> => {
      const caseNo = await it.town.consult();
      await it.files('mori.d', 'emergency', caseNo);
      await it.town.does(caseNo, 'call_services');
      await it.town.does(caseNo, 'assess_emergency', responders);
      await it.town.does(caseNo, 'confirm_safety', { safetyResult: 'safe', measuresNeeded: 'no' });
      await it.town.does(caseNo, 'record_basis', { emergencyOutcome: 'to_confidential' });
      return caseNo;
    };
    const reviewAt = async (caseNo: string, reviewOn: string): Promise<string | null> => {
      await it.town.does(caseNo, 'judge_applicability', { applicability: 'applicable', urgency: 'urgent', reviewOn });
      const [row] = await it.rows<{ at: string | null }>(`select i.variables->>'reviewAt' as at from process_instance i join process_definition d on d.id = i.definition_id and d.key = 'confidential_route' where i.business_key = $1`, [caseNo]);
      return row!.at;
    };
    const inDays = (days: number): string => calendar.onDate(new Date(it.town.now().getTime() + days * 86_400_000));
    const opens = (day: string): string => calendar.subtract(new Date(new Date(`${day}T00:00:00+09:00`).getTime() + 86_400_000), '10BD').toISOString();
    expect(await reviewAt(await begun(), inDays(60))).toBe(opens(inDays(60)));
    expect(await reviewAt(await begun(), inDays(300))).toBe(opens(calendar.onDate(calendar.add(it.town.now(), 'P3M'))));
    expect(await reviewAt(await begun(), inDays(5))).toBe(calendar.openingOf(inDays(5)).toISOString());
    expect(await reviewAt(await begun(), inDays(-5))).toBeNull();
    await laysDown({ confidential: { ...usualClocks.confidential, reviewAtMost: 'P1M' } });
    expect(await reviewAt(await begun(), inDays(60))).toBe(opens(calendar.onDate(calendar.add(it.town.now(), 'P1M'))));
    await laysDown({});
  });

  test('the longest that an emergency opens a case is the city\'s', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'emergency', caseNo);
    await it.town.does(caseNo, 'call_services');
    await laysDown({ emergencies: { shareHours: 48 } });
    await expect(it.town.does(caseNo, 'assess_emergency', { ...responders, shareHours: '72' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/shareHours', detail: '閲覧できる時間は48時間までです。' }] });
    await it.town.does(caseNo, 'assess_emergency', { ...responders, shareHours: '48' });
    await laysDown({});
  });
});
