// P03: every path of 支援会議 経路 (no consent).
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { arrives, calendar, done, fire, knows, monday, readDiagram, returned } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const school = 'grp.sectionLead.school_education';
const needy = 'grp.sectionLead.self_reliance';
const known = { caseId, field: 'needy', agencyCode: 'self_reliance', intakeGroup: 'grp.intake.needy', coordinatorGroup: 'grp.coordinator.shakyo', urgency: 'none' };
const called = { at: 'route_called', variables: { ...known, calledBy: 'coordination_main', meetingId: '0190aaaa-0000-7000-8000-0000000000a1' } };
const reported = { at: 'worry_reported', variables: { calledBy: null, coordinatorGroup: null } };
const judge = (applicability: string, urgency = 'none') => done('judge_applicability', { applicability, urgency });
const members = done('select_members', { memberGroups: [school, needy] });
const unpledged = (...groups: string[][]) => ({ outputs: { check_pledges: groups.map((unpledgedGroups) => ({ unpledgedGroups })) } });
const met = [members, done('prepare_sheets'), returned('hold_confidential_meeting', { meetingResult: 'direction_agreed' })];
const watching = [judge('applicable'), ...met, done('decide_watch_policy', { roleGroups: [school], approachGroup: 'grp.outreach' })];
const review = (reviewResult: string) => [fire('review_due'), done('review_continuation', { reviewResult })];
/** The chair looks again, and the person has agreed meanwhile. */
const reviewedWith = (reviewResult: string) => [fire('review_due'), knows({ consentHolds: true }), done('review_continuation', { reviewResult })];
const listed = [...watching, ...review('watch_only')];
const convert = done('convert_to_consented', { consentState: 'partial', excludedGroups: [school] });
const watch = ['case_exited', 'consent_obtained', 'emergency_reported', 'protected_by_other_law', 'record_approach', 'report_role', 'review_due'];

walkPaths(await readDiagram('confidential_route'), called, [
  {
    title: 'consent that came while the 会議 was prepared and sat is not lost: the case is converted, and not watched',
    moves: [judge('applicable'), ...met, done('decide_watch_policy', { roleGroups: [school], approachGroup: 'grp.outreach' })], begin: { variables: { consentHolds: true } }, waits: ['convert_to_consented'],
  },
  { title: 'neither is consent that came during the review', moves: [...watching, ...reviewedWith('watch_only')], waits: ['convert_to_consented'] },
  { title: 'a review that ends the route ends it', moves: [...watching, ...reviewedWith('end')], ends: 'end_confidential' },
  {
    title: 'another law takes over a case that is only watched', moves: [...listed, arrives('protected_by_other_law')], ends: 'end_other_law', jobs: { close_other_law: { reason: 'other_law' }, end_meeting_other_law: { reason: 'other_law', rule: 'other_law_took_over' } },
  },
  {
    title: 'what article 106-6 does not cover goes back to those who reported it',
    moves: [judge('not_applicable')], ends: 'end_not_applicable',
    jobs: { notify_not_applicable: { groups: 'grp.intake.needy' }, close_not_applicable: { reason: 'not_applicable' } },
  },
  {
    title: 'members pledge for this sitting before anybody prepares it',
    begin: unpledged([school, 'grp.chair'], []), moves: [judge('applicable'), members], waits: ['sign_pledge', 'sign_pledge'],
    check: ({ waits }) => expect(waits.map(({ task }) => task!.candidateGroups)).toEqual([[school], ['grp.chair']]),
  },
  { title: 'once all have pledged the sheets are asked for', begin: unpledged([school, needy], []), moves: [judge('applicable'), members, done('sign_pledge')], waits: ['prepare_sheets', 'prepare_sheets'] },
  { title: 'whoever does not pledge is replaced', begin: unpledged([needy], [needy]), moves: [judge('applicable'), members, done('sign_pledge', { signs: 'no' })], waits: ['select_members'] },
  {
    title: 'a sitting that takes more than ten business days is told to the chair',
    moves: [judge('applicable'), members, done('prepare_sheets'), fire('confidential_meeting_late')],
    waits: ['hold_confidential_meeting'], jobs: { notify_confidential_meeting_late: { rule: 'meeting_late' } },
    check: ({ now }) => expect(now).toEqual(calendar.add(monday, '10BD')),
  },
  {
    title: 'an urgent sitting is late after two business days',
    moves: [judge('applicable', 'urgent'), members, done('prepare_sheets'), fire('confidential_meeting_late')], waits: ['hold_confidential_meeting'],
    check: ({ now, opened }) => {
      expect(now).toEqual(calendar.add(monday, '2BD'));
      expect(opened.find(({ wait }) => wait.kind === 'call')!.wait.call).toMatchObject({ processKey: 'meeting', variables: { kind: 'confidential', urgency: 'urgent', caseIds: [caseId], meetingId: called.variables.meetingId } });
    },
  },
  {
    title: 'after the sitting the agencies watch, outreach is asked for, and consent is worked for',
    moves: watching, waits: watch, thrown: ['outreach_requested'],
    check: ({ waits, thrown }) => {
      expect(waits.find((wait) => wait.elementId === 'record_approach')!.task!.candidateGroups).toEqual(['grp.outreach']);
      expect(thrown[0]!.variables['startBasis']).toBe('confidential');
    },
  },
  {
    title: 'the agencies report and the approach is noted every thirty days until something happens',
    moves: [...watching, done('report_role'), done('record_approach', { approachResult: 'not_yet' })], waits: watch.filter((id) => id !== 'report_role'),
  },
  {
    title: 'consent won by the approach brings the case back to the main line',
    moves: [...watching, done('record_approach', { approachResult: 'obtained' }), convert], ends: 'end_consented', jobs: { end_meeting_consented: { reason: 'consented' } },
    check: ({ variables }) => expect(variables).toMatchObject({ consentState: 'partial', excludedGroups: [school] }),
  },
  { title: 'consent that somebody else reports brings the case back to the main line', moves: [...watching, arrives('consent_obtained'), convert], ends: 'end_consented', thrown: ['outreach_requested'] },
  {
    title: 'consent in a case that an agency reported starts the main line',
    begin: reported, moves: [...watching, arrives('consent_obtained'), convert], ends: 'case_moved', thrown: ['outreach_requested', 'consented_case_moved'],
    check: ({ thrown, opened }) => {
      expect(thrown[1]!.variables).toEqual({ caseId, field: 'needy', agencyCode: 'self_reliance', intakeGroup: 'grp.intake.needy', urgency: 'none', consentState: 'partial', excludedGroups: [school] });
      expect(opened.find(({ wait }) => wait.elementId === 'convert_to_consented')!.wait.task!.candidateGroups).toEqual(['grp.coordinator.city']);
    },
  },
  { title: 'consent in a case on which other ways go on starts no second main line', begin: { at: 'worry_reported', variables: { calledBy: 'running_case', coordinatorGroup: null } }, moves: [...watching, arrives('consent_obtained'), convert], ends: 'end_consented', thrown: ['outreach_requested'] },
  {
    title: 'the chair looks again in time for sixty business days to be kept',
    moves: [...watching, fire('review_due')], waits: ['review_continuation'],
    check: ({ now, opened }) => {
      expect(now).toEqual(calendar.add(monday, '50BD'));
      expect(opened.at(-1)!.dueAt).toEqual(calendar.add(monday, '60BD'));
    },
  },
  { title: 'a review that wants to go on leads to the next sitting, with its own members and pledges', moves: [...watching, ...review('continue')], waits: ['select_members'] },
  { title: 'a review that ends it closes the confidential record', moves: [...watching, ...review('end')], ends: 'end_confidential', jobs: { close_confidential: { reason: 'confidential_ended' } } },
  {
    title: 'a household that is only watched is looked at again every year',
    moves: [...listed, fire('yearly_review'), done('review_continuation', { reviewResult: 'end' })], ends: 'end_confidential', jobs: { mark_watching: { status: 'watching' } },
  },
  { title: 'consent that comes while only watching is not lost', moves: [...listed, arrives('consent_obtained'), convert], ends: 'end_consented' },
  { title: 'an emergency while only watching calls an urgent sitting', moves: [...listed, arrives('emergency_reported')], waits: ['hold_urgent_meeting', 'urgent_meeting_late'] },
  { title: 'a household that leaves while only watched is closed', moves: [...listed, arrives('case_exited')], ends: 'end_left' },
  {
    title: 'an emergency raises the alarm and calls an urgent sitting that decides anew',
    moves: [...watching, arrives('emergency_reported'), fire('urgent_meeting_late'), returned('hold_urgent_meeting', { meetingResult: 'direction_agreed' })],
    waits: ['decide_watch_policy'], thrown: ['outreach_requested', 'emergency_raised'],
    check: ({ opened, now }) => {
      expect(opened.findLast(({ wait }) => wait.kind === 'call')!.wait.call!.variables['urgency']).toBe('urgent');
      expect(now).toEqual(calendar.add(monday, '2BD'));
    },
  },
  { title: 'a case that child protection or abuse law takes over is handed to them', moves: [...watching, arrives('protected_by_other_law')], ends: 'end_other_law', jobs: { close_other_law: { reason: 'other_law' }, end_meeting_other_law: { reason: 'other_law', rule: 'other_law_took_over' } } },
  { title: 'a household that moves away or a person who dies ends the watch', moves: [...watching, arrives('case_exited')], ends: 'end_left', jobs: { close_left: { reason: 'left' }, end_meeting_left: { reason: 'left', rule: 'household_left' } } },
], { days: 367, elements: ['yearly_review'] });
