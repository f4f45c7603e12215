// P01: every path of 受付・スクリーニング.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { arrives, done, fire, readDiagram } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const begin = { at: 'consultation_received', variables: { caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder' } };
const imported = { at: 'case_imported', variables: { urgency: 'none', confirmGroup: 'grp.sectionLead.elderly_welfare', checkIn: '12d' } };
const confirm = (importedRoute: string) => done('confirm_imported_case', { importedRoute, ...(importedRoute === 'continue' ? {} : { nextAction: '', nextActionDue: '' }) });
const referTo = done('refer_to_agency', { receivingGroup: 'grp.sectionLead.self_reliance' });
const answer = (referralAnswer: string) => done('answer_referral', { referralAnswer });
const until = (screeningResult: string) => [done('receive_consultation'), done('assess_urgency', { urgency: 'none' }), done('screen_consultation', { screeningResult })];

const referralId = '0190aaaa-0000-7000-8000-0000000000f1';
walkPaths(await readDiagram('intake_screening'), begin, [
  {
    title: 'a question that information answers ends with the agency that took it',
    moves: [...until('inform'), done('support_alone')],
    ends: 'end_informed', jobs: { close_informed: { caseId, reason: 'informed' } }, thrown: [],
  },
  {
    title: 'an urgent consultation is screened at once and alarms the coordinators meanwhile',
    moves: [done('receive_consultation'), done('assess_urgency', { urgency: 'urgent' })],
    waits: ['screen_consultation', 'screening_late'], thrown: ['emergency_raised'],
    jobs: { mark_urgent: { status: 'screening', urgent: true }, notify_emergency: { groups: ['grp.coordinator.city', 'grp.coordinator.shakyo'], urgent: true } },
    check: ({ waits }) => expect(waits.find((wait) => wait.elementId === 'screen_consultation')!.task!.urgent).toBe(true),
  },
  {
    title: 'an urgency that nobody can judge yet does not hold up the screening',
    moves: [done('receive_consultation'), done('assess_urgency', { urgency: 'undecided' })],
    waits: ['screen_consultation', 'screening_late'], thrown: [],
  },
  {
    title: 'a screening that takes more than ten business days is told to the manager and stays open',
    moves: [done('receive_consultation'), done('assess_urgency', { urgency: 'none' }), fire('screening_late')],
    waits: ['screen_consultation'], jobs: { notify_screening_late: { groups: 'grp.manager.chiiki_houkatsu', rule: 'screening_late' } },
  },
  {
    title: 'another agency accepts the referral',
    moves: [...until('refer'), referTo, answer('accepted')], ends: 'end_referred', jobs: { close_referred: { reason: 'referred' } },
  },
  {
    title: 'the agency that accepts while something else goes on is told nothing of it: the agency that took the consultation closes it later',
    begin: { outputs: { register_closure: [{ bpmnError: 'case_running' }] } }, moves: [...until('refer'), referTo, answer('accepted')], waits: ['finish_referred'],
    jobs: { close_referred: { reason: 'referred', running: 'tell' } }, check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.intake.elder']),
  },
  {
    title: 'when the rest is over it is closed as referred',
    begin: { outputs: { register_closure: [{ bpmnError: 'case_running' }, {}] } }, moves: [...until('refer'), referTo, answer('accepted'), done('finish_referred')], ends: 'end_referred', jobs: { close_referred_later: { reason: 'referred' } },
  },
  {
    title: 'consent taken back before the answer: nobody is asked for it any more, and the section is consulted',
    begin: { variables: { referralId } }, moves: [...until('refer'), referTo, arrives('referral_cancelled', { referralId }, referralId)], waits: ['consult_section_lead'],
  },
  {
    title: 'another agency accepts on conditions',
    moves: [...until('refer'), referTo, answer('accepted_with_conditions')], ends: 'end_referred',
  },
  {
    title: 'a referral that came back twice may be tried once more',
    moves: [...until('refer'), referTo, answer('returned'), referTo, answer('out_of_scope')], waits: ['refer_to_agency'],
  },
  {
    title: 'a referral that came back three times goes to the section that answers for it',
    moves: [...until('refer'), referTo, answer('returned'), referTo, answer('returned'), referTo, answer('returned')],
    waits: ['consult_section_lead'],
    check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.sectionLead.elderly_welfare']),
  },
  {
    title: 'one agency is enough: the section sends the case back to single support',
    moves: [...until('keep_approaching'), done('consult_section_lead', { singleAgency: 'yes' }), done('support_alone')], ends: 'end_informed',
  },
  {
    title: 'a tangled case goes to the coordinator and takes its ids with it',
    moves: [...until('coordinate'), done('consult_section_lead', { singleAgency: 'no' }), done('refer_to_coordination')],
    ends: 'referred_to_coordination', thrown: ['referral_to_coordination'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ ...begin.variables, urgency: 'none' }),
  },
  {
    title: 'a running case that was imported begins with a look at it, with the agency that leads, on the day that was planned',
    begin: imported, moves: [], waits: ['confirm_imported_case'],
    check: ({ waits, opened }) => {
      expect(waits[0]!.task!.candidateGroups).toEqual(['grp.sectionLead.elderly_welfare']);
      expect(opened[0]!.dueAt!.toISOString()).toBe('2026-05-23T01:00:00.000Z');
    },
  },
  {
    title: 'it goes on as it is and is looked at again',
    begin: imported, moves: [confirm('continue'), confirm('continue')], waits: ['confirm_imported_case'],
  },
  {
    title: 'a day that nobody planned leaves ten business days for the first look',
    begin: { ...imported, variables: { ...imported.variables, checkIn: null } }, moves: [confirm('screening')], waits: ['screen_consultation', 'screening_late'],
  },
  {
    title: 'it is brought to the coordinator with the ids that a referral has',
    begin: imported, moves: [confirm('coordination')], ends: 'imported_to_coordination', thrown: ['referral_to_coordination'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ ...begin.variables, urgency: 'none' }),
  },
  {
    title: 'it has ended meanwhile',
    begin: imported, moves: [confirm('close')], ends: 'end_imported', jobs: { close_imported: { caseId, reason: 'informed' } },
  },
  {
    title: 'a consultation that breaks off before it is judged is closed as such',
    moves: until('interrupted'), ends: 'end_interrupted', jobs: { close_interrupted: { reason: 'interrupted' } },
  },
], { days: 14, elements: ['confirm_imported_case', 'finish_referred', 'screening_late', 'support_alone'] });
