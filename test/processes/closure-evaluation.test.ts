// P08: every path of 終結評価.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { broken, done, fire, readDiagram, returned, type Begin } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const lead = 'grp.sectionLead.chiiki_houkatsu';
const known = {
  caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', coordinatorGroup: 'grp.coordinator.city', urgency: 'none', consentState: 'full', excludedGroups: null,
  leadGroup: lead, roleGroups: [lead, 'grp.sectionLead.school_education'], monitorEvery: 'P3M', planVersion: null, planEndsAt: '2026-11-11T14:59:59.000Z', planExtensions: 1,
};
const written = [done('confirm_wishes'), done('collect_evaluations'), done('write_evaluation')];
const judged = (meetingResult: string) => [...written, returned('hold_closure_meeting', { meetingResult })];
const blocked = [...written, broken('hold_closure_meeting', 'consent_missing')];
const mainLine = (mainLineWaits: boolean): Partial<Begin> => ({ outputs: { find_main_line: [{ mainLineWaits }] } });
const [waiting, gone] = [mainLine(true), mainLine(false)];
const explained = [...judged('close'), done('hand_over_to_lead'), done('explain_closure')];
const closed = (followUp: string) => [...explained, done('extract_community_issue'), done('review_community_issue'), done('decide_closure', { closureReason: 'handed_over', followUp })];

walkPaths(await readDiagram('closure_evaluation'), { variables: known }, [
  {
    title: 'the person is asked and the agencies evaluate at the same time',
    moves: [], waits: ['collect_evaluations', 'collect_evaluations', 'confirm_wishes'],
    check: ({ waits }) => expect(waits.find((wait) => wait.elementId === 'confirm_wishes')!.task!.candidateGroups).toEqual([lead, 'grp.coordinator.city']),
  },
  { title: 'no evaluation is written before all have answered', moves: [done('confirm_wishes')], waits: ['collect_evaluations', 'collect_evaluations'] },
  {
    title: 'the meeting closes the case, it is handed over, registered, and the main line hears of it',
    moves: closed('no'), ends: 'end_closed', thrown: ['case_closed'], jobs: { register_closure: { caseId, reason: 'handed_over' } },
  },
  {
    title: 'where the chair wants somebody to look again after three months, that is promised (P08b)', moves: closed('yes'), ends: 'follow_up_promised', thrown: ['case_closed', 'follow_up_promised'],
    check: ({ thrown }) => expect(thrown[1]).toMatchObject({ correlationKey: caseId, variables: { caseId, leadGroup: lead, agencyCode: 'chiiki_houkatsu' } }),
  },
  {
    title: 'a meeting that takes more than fifteen business days is told to coordinator and chair',
    moves: [...written, fire('closure_meeting_late')], waits: ['hold_closure_meeting'], jobs: { notify_closure_meeting_late: { groups: ['grp.coordinator.city', 'grp.chair'] } },
    check: ({ opened }) => expect(opened.find(({ wait }) => wait.kind === 'call')!.wait.call).toMatchObject({ processKey: 'meeting', variables: { kind: 'closure', consentState: 'full' } }),
  },
  {
    title: 'a closure meeting without valid consent does not sit, and the coordinator decides how to go on', moves: blocked, waits: ['decide_without_meeting'],
    check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.coordinator.city']),
  },
  { title: 'consent given anew: the meeting is called again', moves: [...blocked, done('decide_without_meeting', { withoutMeeting: 'consent' })], waits: ['closure_meeting_late', 'hold_closure_meeting'] },
  { title: 'a new plan asks for consent first, on the main line that waits', begin: waiting, moves: [...blocked, done('decide_without_meeting', { withoutMeeting: 'replan' })], ends: 'replan_requested', thrown: ['replan_requested'] },
  {
    title: 'where the main line has ended (an exit, a withdrawal) a new plan begins it anew', begin: gone, moves: [...blocked, done('decide_without_meeting', { withoutMeeting: 'replan' })],
    ends: 'plan_restarted', thrown: ['plan_restarted'], check: ({ thrown }) => expect(thrown[0]!.variables).toMatchObject({ caseId, coordinatorGroup: 'grp.coordinator.city', consentState: 'full' }),
  },
  {
    title: 'the chair is asked whether a 支援会議 may consider it, and the case team is out of it', moves: [...blocked, done('decide_without_meeting', { withoutMeeting: 'confidential' })],
    ends: 'worry_reported', thrown: ['worry_reported'], jobs: { stop_for_risk: { caseId, only: ['coordination_main', 'participation', 'monitor_replan'] } },
  },
  { title: 'without a meeting the case is handed over, and the chair decides its end', moves: [...blocked, done('decide_without_meeting', { withoutMeeting: 'close' })], waits: ['hand_over_to_lead'] },
  {
    title: 'somebody who has taken the consent back and wants no more support: no meeting is held, the case is handed over',
    begin: { variables: { consentState: 'withdrawn', closureReason: 'declined' } }, moves: written, waits: ['hand_over_to_lead'],
    check: ({ opened }) => expect(opened.filter(({ wait }) => wait.kind === 'call')).toEqual([]),
  },
  {
    title: 'such a case is explained, decided by the chair and registered as declined',
    begin: { variables: { consentState: 'withdrawn', closureReason: 'declined' } },
    moves: [...written, done('hand_over_to_lead'), done('explain_closure'), done('extract_community_issue', { issueRaised: 'no' }), done('decide_closure', { closureReason: 'declined', followUp: 'no' })],
    ends: 'end_closed', thrown: ['case_closed'], jobs: { register_closure: { caseId, reason: 'declined' } },
  },
  { title: 'the meeting wants a new plan', begin: waiting, moves: judged('replan'), ends: 'replan_requested', thrown: ['replan_requested'] },
  { title: 'so it does where nothing waits for it any more', begin: gone, moves: judged('replan'), ends: 'plan_restarted', thrown: ['plan_restarted'] },
  { title: 'the meeting wants the plan to go on', moves: judged('continue'), ends: 'monitoring_continued', thrown: ['support_started'], check: ({ thrown }) => expect(thrown[0]!.variables).toEqual(known) },
  { title: 'an interrupted case goes the way of interruptions, which has all that is known of it', moves: judged('interrupt'), ends: 'interruption_decided', thrown: ['interruption_decided'], check: ({ thrown }) => expect(thrown[0]!.variables).toEqual(known) },
  { title: 'a person who has died is not asked what they wish', begin: { variables: { exitKind: 'died' } }, moves: [], waits: ['collect_evaluations', 'collect_evaluations'] },
  { title: 'the agencies alone evaluate for somebody who has died', begin: { variables: { exitKind: 'died' } }, moves: [done('collect_evaluations')], waits: ['write_evaluation'] },
  { title: 'a person who moves away is asked', begin: { variables: { exitKind: 'moved' } }, moves: [done('collect_evaluations')], waits: ['confirm_wishes'] },
  {
    title: 'what the case has taught is looked through by the chair before the case is closed',
    moves: [...explained, done('extract_community_issue')], waits: ['review_community_issue'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.chair']),
  },
  { title: 'words that still say whose case it is are written anew', moves: [...explained, done('extract_community_issue'), done('review_community_issue', { issueReview: 'returned' })], waits: ['extract_community_issue'] },
  { title: 'a case that has taught nothing new is closed without', moves: [...explained, done('extract_community_issue', { issueRaised: 'no' })], waits: ['decide_closure'] },
], { days: 21, elements: ['closure_meeting_late'] });
