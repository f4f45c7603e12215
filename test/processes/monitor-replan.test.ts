// P07: every path of モニタリング・再プラン.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { arrives, calendar, done, fire, monday, readDiagram } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const known = {
  caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', coordinatorGroup: 'grp.coordinator.city', urgency: 'none', consentState: 'full', excludedGroups: null,
  leadGroup: 'grp.sectionLead.chiiki_houkatsu', roleGroups: ['grp.sectionLead.chiiki_houkatsu', 'grp.sectionLead.school_education'], monitorEvery: 'P3M', planVersion: null,
};
const monitored = (monitoringResult: string, timer = 'wait_first_monitoring') => [fire(timer), done('report_status'), done('monitor_progress', { monitoringResult })];
const between = ['evaluation_opens', 'wait_next_monitoring'];
const evaluated = [fire('evaluation_opens'), done('prepare_evaluation')];
const overdue = [fire('evaluation_opens'), fire('plan_ended')];
const extend = done('decide_plan_end', { planEndDecision: 'extend', extensionPeriod: 'P3M' });
const planEnd = calendar.add(monday, 'P6M');

walkPaths(await readDiagram('monitor_replan'), { variables: known }, [
  {
    title: 'one month after the start each agency reports and the coordinator monitors',
    moves: [fire('wait_first_monitoring')], waits: ['evaluation_opens', 'report_status', 'report_status'],
    check: ({ now, waits }) => {
      expect(now).toEqual(calendar.add(monday, 'P1M'));
      expect(waits.filter((wait) => wait.kind === 'user').map((wait) => wait.task!.candidateGroups[0])).toEqual(known.roleGroups);
    },
  },
  {
    title: 'support on track is monitored again after three months',
    moves: [...monitored('on_track'), ...monitored('on_track', 'wait_next_monitoring')], waits: between,
    check: ({ now }) => expect(now).toEqual(calendar.add(calendar.add(monday, 'P1M'), 'P3M')),
  },
  { title: 'the plan may say how often', begin: { variables: { monitorEvery: 'P1M' } }, moves: monitored('on_track'), waits: between, check: ({ waits, now }) => expect(waits.find((wait) => wait.elementId === 'wait_next_monitoring')!.dueAt).toBe(calendar.add(now, 'P1M').toISOString()) },
  { title: 'a small change is written into the plan and the support goes on', moves: [...monitored('minor_change'), done('reflect_changes')], waits: between },
  {
    title: 'an emergency raises the alarm, tells coordinator and lead, and the monitoring goes on',
    moves: monitored('emergency'), waits: between, thrown: ['emergency_raised'], jobs: { notify_emergency: { groups: ['grp.coordinator.city', 'grp.sectionLead.chiiki_houkatsu'], urgent: true } },
    check: ({ thrown }) => expect(thrown[0]).toMatchObject({ kind: 'message', correlationKey: caseId }),
  },
  { title: 'where the main line has ended, a big change begins it anew', begin: { outputs: { find_main_line: [{ mainLineWaits: false }] } }, moves: monitored('major_change'), ends: 'plan_restarted', thrown: ['plan_restarted'] },
  { title: 'a big change goes back to the plan', begin: { outputs: { find_main_line: [{ mainLineWaits: true }] } }, moves: monitored('major_change'), ends: 'replan_requested', thrown: ['replan_requested'] },
  {
    title: 'an end in sight is prepared for evaluation',
    moves: [...monitored('closing'), done('prepare_evaluation')], ends: 'closure_proposed', thrown: ['closure_proposed'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ ...known, planEndsAt: planEnd.toISOString(), planExtensions: null }),
  },
  {
    title: 'a person who cannot be reached is looked for on the way of interruptions, and the monitoring waits',
    moves: monitored('lost_contact'), waits: ['contact_found'], thrown: ['contact_lost'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ ...known, planEndsAt: planEnd.toISOString(), planExtensions: null }),
  },
  { title: 'a person who is found, or whose support resumes, is monitored again after a month', moves: [...monitored('lost_contact'), arrives('contact_found')], waits: ['evaluation_opens', 'wait_first_monitoring'], check: ({ now, waits }) => expect(waits.find((wait) => wait.elementId === 'wait_first_monitoring')!.dueAt).toBe(calendar.add(now, 'P1M').toISOString()) },
  {
    title: 'twenty business days before the plan ends its evaluation begins, whatever is being monitored',
    moves: [fire('wait_first_monitoring'), ...evaluated], ends: 'closure_proposed',
    check: ({ opened, now }) => {
      expect(now).toEqual(calendar.subtract(planEnd, '20BD'));
      expect(opened.find(({ wait }) => wait.elementId === 'plan_ended')!.dueAt).toEqual(planEnd);
    },
  },
  { title: 'a plan that ends before it is evaluated makes the chair decide', moves: overdue, waits: ['decide_plan_end'], check: ({ now }) => expect(now).toEqual(planEnd) },
  { title: 'the chair sends an ended plan to its evaluation', moves: [...overdue, done('decide_plan_end', { planEndDecision: 'evaluate' })], ends: 'closure_proposed' },
  {
    title: 'the chair extends an ended plan by three months',
    moves: [...overdue, extend], waits: ['evaluation_opens', 'wait_first_monitoring'],
    check: ({ variables }) => expect(variables['planEndsAt']).toBe(calendar.add(planEnd, 'P3M').toISOString()),
  },
  { title: 'a plan is extended once: the second time it is evaluated', moves: [...overdue, extend, ...overdue], ends: 'closure_proposed' },
  {
    title: 'a plan that the meeting lets go on keeps its last day',
    begin: { variables: { planEndsAt: calendar.add(monday, 'P3M').toISOString() } }, moves: [fire('evaluation_opens')], waits: ['plan_ended', 'prepare_evaluation'],
    check: ({ waits, variables }) => {
      expect(variables['planEndsAt']).toBe(calendar.add(monday, 'P3M').toISOString());
      expect(waits.find(({ elementId }) => elementId === 'plan_ended')!.dueAt).toBe(calendar.add(monday, 'P3M').toISOString());
    },
  },
  { title: 'a plan that was extended before its closing evaluation is not extended again', begin: { variables: { planEndsAt: calendar.add(monday, 'P3M').toISOString(), planExtensions: 1 } }, moves: overdue, ends: 'closure_proposed', thrown: ['closure_proposed'], check: ({ thrown }) => expect(thrown[0]!.variables['planExtensions']).toBe(1) },
], { days: 155, elements: ['evaluation_opens'] });
