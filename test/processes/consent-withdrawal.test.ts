// P10: every path of 同意撤回.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { done, readDiagram } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const withdrawalId = '0190aaaa-0000-7000-8000-000000000002';
const elder = 'grp.sectionLead.elderly_welfare';
const school = 'grp.sectionLead.school_education';
const city = 'grp.coordinator.city';
const team = ['coordination_main', 'participation', 'monitor_replan', 'closure_evaluation', 'meeting_decision', 'outreach', 'meeting'];
const unless = { startBasis: 'confidential', kind: 'confidential' };
/** The last four come from the handler `list_recipients`. */
const recipients = ['agency:elderly_welfare', 'agency:school_education', 'place:S-0032'];
const known = { caseId, withdrawalId, withdrawalScope: 'all', hearerGroups: ['grp.intake.elder'], field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', recipients, remainingGroups: [], closedGroups: [elder, school] };
const stopped = [done('record_withdrawal'), done('confirm_stop')];
const notified = [...stopped, done('notify_recipient')];
const judged = (continuation: string) => [...notified, done('propose_continuation'), done('judge_continuation', { continuation })];
const explained = (continuation: string) => [...judged(continuation), done('explain_result')];

/** A consent stands whose giver can no longer judge. */
const doubted = (coordinatorGroup: string | null = 'grp.coordinator.shakyo') => ({ at: 'consent_doubted', variables: { doubtId: withdrawalId, coordinatorGroup } });

walkPaths(await readDiagram('consent_withdrawal'), { at: 'consent_withdrawal_recorded', variables: known }, [
  {
    title: 'whoever heard it records it the same day, while the team rests',
    moves: [], waits: ['record_withdrawal'], jobs: { hold_case: { caseId, reason: 'consent_withdrawn', only: team, unless }, list_recipients: { caseId, withdrawalId }, close_tasks: { caseId, groups: [elder, school], only: team, unless } },
    check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.intake.elder']),
  },
  { title: 'heard by somebody of no group, the coordinators record it', begin: { variables: { hearerGroups: null } }, moves: [], waits: ['record_withdrawal'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual([city]) },
  { title: 'the coordinator sees that sharing has stopped also outside the system', moves: [done('record_withdrawal')], waits: ['confirm_stop'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual([city]) },
  {
    title: 'everybody who was told is told to stop, agencies and 受入先, each by a task of its own',
    moves: stopped, waits: ['notify_recipient', 'notify_recipient', 'notify_recipient'], check: ({ waits }) => expect(waits.map(({ item }) => item)).toEqual(recipients),
  },
  { title: 'nobody was told: the proposal follows at once', begin: { variables: { recipients: [] } }, moves: stopped, waits: ['propose_continuation'] },
  { title: 'the coordinator proposes', moves: notified, waits: ['propose_continuation'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual([city]) },
  { title: 'the chair decides', moves: [...notified, done('propose_continuation')], waits: ['judge_continuation'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.chair']) },
  { title: 'support goes on within what is left, and the person is told', moves: explained('limited'), ends: 'withdrawal_settled', thrown: [], jobs: { resume_case: { caseId } } },
  {
    title: 'a part withdrawn holds nobody; who is still in it hears of the new scope',
    begin: { variables: { withdrawalScope: 'partial', recipients: ['agency:school_education'], remainingGroups: [elder] } }, moves: explained('narrowed'), ends: 'withdrawal_settled',
    jobs: { tell_new_scope: { groups: [elder], rule: 'consent_narrowed' }, resume_case: { caseId } }, check: ({ path }) => expect(path).not.toContain('hold_case'),
  },
  { title: 'nobody is left in the scope: the coordinators hear of it', moves: judged('narrowed'), waits: ['explain_result'], jobs: { tell_new_scope: { groups: [city] } } },
  {
    title: 'a serious risk goes to the 支援会議, and the work by consent ends',
    moves: explained('serious_risk'), ends: 'withdrawal_settled', thrown: ['worry_reported'], jobs: { stop_for_risk: { caseId, reason: 'consent_withdrawn', only: team, unless } },
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', urgency: 'urgent' }),
  },
  {
    title: 'somebody who wants no more support goes to the closure evaluation',
    moves: explained('declined'), ends: 'withdrawal_settled', thrown: ['closure_proposed'], jobs: { stop_for_closure: { caseId, reason: 'support_declined', only: team, unless } },
    check: ({ thrown }) => expect(thrown[0]!.variables).toMatchObject({ caseId, closureReason: 'declined', consentState: 'withdrawn', coordinatorGroup: city, leadGroup: 'grp.intake.elder' }),
  },
  { title: 'a case with a coordinator of its own stays with them', begin: { variables: { coordinatorGroup: 'grp.coordinator.shakyo' } }, moves: judged('declined'), waits: ['explain_result'], check: ({ thrown, waits }) => { expect(thrown[0]!.variables).toMatchObject({ coordinatorGroup: 'grp.coordinator.shakyo' }); expect(waits[0]!.task!.candidateGroups).toEqual(['grp.coordinator.shakyo']); } },
  {
    title: 'somebody can no longer judge: chair and coordinator decide what becomes of the consent, and nothing is held',
    begin: doubted(), moves: [], waits: ['decide_consent_use'], jobs: {},
    check: ({ waits, path }) => { expect(waits[0]!.task!.candidateGroups).toEqual(['grp.chair', 'grp.coordinator.shakyo']); expect(path).not.toContain('hold_case'); },
  },
  { title: 'where nobody coordinates yet, those of the city do', begin: doubted(null), moves: [], waits: ['decide_consent_use'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.chair', city]) },
  { title: 'the consent is used on as it was given', begin: doubted(), moves: [done('decide_consent_use', { consentUse: 'keep' })], ends: 'consent_use_decided', thrown: [] },
  { title: 'somebody is found who stands by them', begin: doubted(), moves: [done('decide_consent_use', { consentUse: 'guardian' })], ends: 'consent_use_decided', thrown: [] },
  {
    title: 'a 支援会議 decides it', begin: doubted(null), moves: [done('decide_consent_use', { consentUse: 'confidential' })], ends: 'doubt_to_conference', thrown: ['worry_reported'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', coordinatorGroup: city, urgency: 'none' }),
  },
], { days: 14, elements: ['decide_consent_use'] });
