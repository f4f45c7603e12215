// Every path of 次の対応, which asks for the next step of a case of which nothing runs any more.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { done, readDiagram } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const lead = 'grp.sectionLead.elderly_welfare';
const known = {
  caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', coordinatorGroup: 'grp.coordinator.city', caseGroups: ['grp.coordinator.city', lead], urgency: 'none', consentState: 'full', excludedGroups: null,
  leadGroup: lead, roleGroups: [lead], hasPlan: true, monitorEvery: 'P3M', planVersion: 1, planEndsAt: '2026-11-11T14:59:59.000Z', planExtensions: null,
};
const next = (nextStep: string) => [done('decide_next_step', { nextStep })];
const planless = { variables: { hasPlan: false, planVersion: null, planEndsAt: null, coordinatorGroup: null, caseGroups: ['grp.intake.elder'] } };

walkPaths(await readDiagram('next_step'), { variables: known }, [
  { title: 'the coordinator of the case is asked', moves: [], waits: ['decide_next_step'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.coordinator.city']) },
  { title: 'without one, whoever took the consultation', begin: planless, moves: [], waits: ['decide_next_step'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.intake.elder']) },
  { title: 'the consultation is taken anew', moves: next('intake'), ends: 'intake_again', thrown: ['consultation_received'] },
  { title: 'the coordinators are asked', moves: next('coordination'), ends: 'referred_again', thrown: ['referral_to_coordination'] },
  { title: 'the next version of the plan is drafted', moves: next('replan'), ends: 'plan_restarted', thrown: ['plan_restarted'], check: ({ thrown }) => expect(thrown[0]!.variables).toMatchObject({ planVersion: 1, coordinatorGroup: 'grp.coordinator.city' }) },
  { title: 'the chair judges whether a 支援会議 may consider it', moves: next('confidential'), ends: 'worry_reported', thrown: ['worry_reported'] },
  {
    title: 'the plan in force is monitored again, to its own last day', moves: next('monitoring'), ends: 'support_started_again', thrown: ['support_started'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toMatchObject({ planEndsAt: known.planEndsAt, monitorEvery: 'P3M', roleGroups: [lead] }),
  },
  { title: 'a case with a plan is evaluated before it closes', moves: next('closing'), ends: 'closure_proposed', thrown: ['closure_proposed'] },
  { title: 'one without is decided by the chair', begin: planless, moves: next('closing'), waits: ['decide_ending'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.chair']) },
  {
    title: 'and closed, unless something else goes on', begin: planless, moves: [...next('closing'), done('decide_ending', { closureReason: 'declined' })], ends: 'end_closed',
    jobs: { register_closure: { caseId, reason: 'declined', elsewhere: 'refuse' } },
  },
  {
    title: 'whoever accompanies is asked in three months, where the chair wants that', begin: planless, moves: [...next('closing'), done('decide_ending', { closureReason: 'declined', followUp: 'yes' })],
    ends: 'follow_up_promised', thrown: ['follow_up_promised'], check: ({ thrown }) => expect(thrown[0]!.variables).toMatchObject({ caseId, leadGroup: lead }),
  },
], { days: 7, elements: ['decide_ending'] });
