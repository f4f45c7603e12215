// Days that a form asks for are watched: who promised one hears of it, and whoever leads them when it has gone by. Periods that no law
// lays down are the city's.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fireDomainTimer } from '../../src/actions/fire-domain-timer.js';
import { usualClocks, type CityClocks } from '../../src/base/city.js';
import { isUrgent } from '../../src/domain/cases.js';
import { calendar } from '../processes/walk.js';
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

  test('an incident is told to chair and auditor at once, and its days of the law are watched until the reports are made', async () => {
    const noticed = { noticedAt: '2026-05-08T16:30' };
    const { made } = await it.files('mori.d', 'incident_report', null, { ...noticed, noticedAt: `${calendar.onDate(it.town.now())}T00:30`, occurredAt: `${calendar.onDate(it.town.now())}T00:10` });
    const rules = ['incident_preliminary_near', 'incident_preliminary_due', 'incident_final_near', 'incident_final_due'];
    const answering = (await it.rows<{ login: string }>(`select login from app_user where active and (roles && '{chair,director,auditor}' or (agency_code = 'chiiki_houkatsu' and 'manager' = any (roles))) order by 1`)).map(({ login }) => login);
    expect(await told('incident_noticed', null)).toEqual(answering);
    expect(await it.rows(`select distinct urgent from notification where rule = 'incident_noticed'`)).toEqual([{ urgent: true }]);
    const [report] = await it.rows<{ first: string; last: string }>(`select preliminary_due_on::text as first, final_due_on::text as last from incident_report where id = $1`, [made['incidentId']]);
    const endOf = (day: string): Date => new Date(new Date(`${day}T00:00:00+09:00`).getTime() + 86_400_000);
    expect((await timers(rules, null)).map(({ rule, dueAt }) => [rule, dueAt])).toEqual([
      ['incident_preliminary_near', calendar.subtract(endOf(report!.first), '1BD')], ['incident_preliminary_due', endOf(report!.first)], ['incident_final_near', calendar.subtract(endOf(report!.last), '1BD')], ['incident_final_due', endOf(report!.last)],
    ]);
    await rings('incident_preliminary_near', null);
    expect(await told('incident_preliminary_near', null)).toEqual(answering);
    await it.files('mori.d', 'incident_report', null, { stage: 'preliminary', incidentId: made['incidentId']!, noticedAt: `${calendar.onDate(it.town.now())}T00:30`, occurredAt: `${calendar.onDate(it.town.now())}T00:10` });
    expect((await timers(rules, null)).map(({ rule }) => rule)).toEqual(['incident_final_near', 'incident_final_due']);
    await rings('incident_final_near', null);
    await rings('incident_final_due', null);
    expect(await told('incident_final_due', null)).toEqual(answering);
    expect(await told('incident_preliminary_due', null)).toEqual([]);
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
