// P12: every path of 会議, of each kind.
import { expect } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { walkPaths } from './paths.js';
import { done, fire, readDiagram } from './walk.js';

const school = 'grp.sectionLead.school_education';
const needy = 'grp.sectionLead.self_reliance';
const known = { caseId: '0190aaaa-0000-7000-8000-000000000001', caseIds: ['0190aaaa-0000-7000-8000-000000000001'], coordinatorGroup: 'grp.coordinator.shakyo', urgency: 'none' };
const plan = { variables: { ...known, kind: 'plan', consentState: 'full' } };
const arrange = (pledgeStatus = 'not_required', memberGroups: Json = [school, needy]) => done('arrange_meeting', { memberGroups, meetingAt: '2026-05-20T14:00+09:00', pledgeStatus });
const prepared = [done('prepare_materials'), done('confirm_attendance'), fire('meeting_day')];
const after = [done('draft_minutes'), done('confirm_minutes'), done('assign_decisions', { decisionGroups: [school] }), done('collect_handouts', { handoutsCollected: 'none' })];

walkPaths(await readDiagram('meeting'), plan, [
  {
    title: 'a plan meeting is held, its minutes confirmed and its decisions told to those who carry them',
    moves: [arrange(), ...prepared, done('hold_plan_meeting', { meetingResult: 'suitable' }), ...after],
    ends: 'meeting_finished', jobs: { notify_decisions: { groups: [school], rule: 'decision_shared' } },
    check: ({ variables, opened }) => {
      expect(variables['meetingResult']).toBe('suitable');
      expect(opened.filter(({ wait }) => wait.elementId === 'confirm_attendance').map(({ wait }) => wait.task!.candidateGroups)).toEqual([[school], [needy]]);
      expect(opened.find(({ wait }) => wait.elementId === 'hold_plan_meeting')!.wait.task!.candidateGroups).toEqual(['grp.coordinator.shakyo']);
    },
  },
  {
    title: 'before the day of the meeting there is nothing to record',
    moves: [arrange(), done('prepare_materials'), done('confirm_attendance')], waits: ['meeting_day'],
    check: ({ waits }) => expect(waits[0]!.dueAt).toBe('2026-05-20T05:00:00.000Z'),
  },
  {
    title: 'a closure meeting records its judgement',
    begin: { variables: { kind: 'closure' } }, moves: [arrange(), ...prepared, done('hold_closure_meeting', { meetingResult: 'close' }), ...after], ends: 'meeting_finished',
  },
  {
    title: 'a confidential meeting lies with the city alone and ends when its papers are back',
    begin: { variables: { kind: 'confidential', consentState: null } },
    moves: [
      arrange('all_valid'), ...prepared, done('hold_confidential_meeting', { meetingResult: 'direction_agreed' }), ...after.slice(0, 3),
      done('collect_handouts', { handoutsCollected: 'no' }), done('collect_handouts', { handoutsCollected: 'yes' }),
    ],
    ends: 'meeting_finished',
    check: ({ opened }) => {
      for (const id of ['hold_confidential_meeting', 'assign_decisions', 'collect_handouts']) {
        expect(opened.find(({ wait }) => wait.elementId === id)!.wait.task!.candidateGroups).toEqual(['grp.meetingOffice']);
      }
    },
  },
  {
    title: 'a member of a confidential meeting without a valid pledge is not invited',
    begin: { variables: { kind: 'confidential', consentState: null } }, moves: [arrange('missing')], waits: ['arrange_meeting'],
  },
  {
    title: 'a confidential meeting needs pledges even where somebody answers that none are required',
    begin: { variables: { kind: 'confidential', consentState: 'full' } }, moves: [arrange('not_required')], waits: ['arrange_meeting'],
  },
  {
    title: 'an agency that the consent leaves out is taken off the list before the others are invited',
    begin: { variables: { consentState: 'partial', excludedGroups: [school] } }, moves: [arrange(), arrange('not_required', [needy])], waits: ['prepare_materials'],
  },
  {
    title: 'consent to some agencies covers those that were not left out',
    begin: { variables: { consentState: 'partial', excludedGroups: null } }, moves: [arrange()], waits: ['prepare_materials'],
  },
  ...['refused', 'unknown', 'incapable', 'emergency', null].map((consentState) => ({
    title: `a case is not discussed in a plan meeting while its consent is ${consentState ?? 'not asked'}`,
    begin: { variables: { consentState } }, moves: [arrange()], ends: 'meeting_blocked', error: 'consent_missing',
  })),
  {
    title: 'a meeting that could not be held is arranged anew',
    moves: [arrange(), ...prepared, done('hold_plan_meeting', { meetingResult: 'postponed' })], waits: ['arrange_meeting'],
  },
  { title: 'an ordinary one is reminded two business days before it should be arranged', moves: [], waits: ['arrange_meeting'], check: ({ waits }) => expect(waits[0]!.task).toMatchObject({ deadline: { dueIn: '5BD', remindBefore: ['2BD'] } }) },
  {
    title: 'an urgent meeting is arranged within one business day',
    begin: { variables: { urgency: 'urgent' } }, moves: [], waits: ['arrange_meeting'],
    check: ({ waits }) => expect(waits[0]!.task).toMatchObject({ urgent: true, deadline: { dueIn: '1BD', remindBefore: [] } }),
  },
], { days: 9, elements: ['confirm_minutes', 'meeting_day'] });
