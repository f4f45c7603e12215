// P12: every path of 会議, of each kind.
import { expect } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { walkPaths } from './paths.js';
import { arrives, done, fire, readDiagram } from './walk.js';

const school = 'grp.sectionLead.school_education';
const needy = 'grp.sectionLead.self_reliance';
const meetingId = '0190aaaa-0000-7000-8000-0000000000a1';
const sittingId = '0190aaaa-0000-7000-8000-0000000000b1';
const known = { caseId: '0190aaaa-0000-7000-8000-000000000001', caseIds: ['0190aaaa-0000-7000-8000-000000000001'], coordinatorGroup: 'grp.coordinator.shakyo', urgency: 'none', meetingId, sittingId };
const plan = { variables: { ...known, kind: 'plan', consentState: 'full' } };
const arrange = (memberGroups: Json = [school, needy]) => done('arrange_meeting', { memberGroups, meetingAt: '2026-05-20T14:00+09:00' });
const prepared = [done('prepare_materials'), done('confirm_attendance'), fire('meeting_day')];
const after = [done('draft_minutes'), done('confirm_minutes'), done('assign_decisions', { decisionGroups: [school] }), done('collect_handouts', { handoutsCollected: 'none' })];
const confidential = (...unpledged: string[][]) => ({ variables: { kind: 'confidential', consentState: null }, outputs: { check_pledges: unpledged.map((unpledgedGroups) => ({ unpledgedGroups })) } });
const cover = (...found: { groups?: string[]; cases?: string[] }[]) => ({ outputs: { check_meeting_cover: found.map(({ groups = [], cases = [] }) => ({ uncoveredGroups: groups, uncoveredCases: cases })) } });

walkPaths(await readDiagram('meeting'), plan, [
  {
    title: 'a plan meeting is held, its minutes confirmed and its decisions told to those who carry them, and it is closed',
    moves: [arrange(), ...prepared, done('hold_plan_meeting', { meetingResult: 'suitable' }), ...after],
    ends: 'meeting_finished', jobs: { check_cover: { meetingId }, notify_decisions: { meetingId }, close_meeting: { meetingId, reason: 'finished' } },
    check: ({ variables, opened }) => {
      expect(variables['meetingResult']).toBe('suitable');
      expect(opened.filter(({ wait }) => wait.elementId === 'confirm_attendance').map(({ wait }) => wait.task!.candidateGroups)).toEqual([[school], [needy]]);
      expect(opened.find(({ wait }) => wait.elementId === 'hold_plan_meeting')!.wait.task!.candidateGroups).toEqual(['grp.coordinator.shakyo']);
    },
  },
  {
    title: 'a meeting that somebody asked for is arranged in the same way',
    begin: { at: 'meeting_requested', variables: { coordinatorGroup: null } }, moves: [arrange()], waits: ['cover_lost_prepared', 'prepare_materials'],
  },
  {
    title: 'before the day of the meeting there is nothing to record',
    moves: [arrange(), done('prepare_materials'), done('confirm_attendance')], waits: ['cover_lost_waiting', 'meeting_day'],
    check: ({ waits }) => expect(waits.find(({ elementId }) => elementId === 'meeting_day')!.dueAt).toBe('2026-05-20T05:00:00.000Z'),
  },
  {
    title: 'a closure meeting records its judgement',
    begin: { variables: { kind: 'closure' } }, moves: [arrange(), ...prepared, done('hold_closure_meeting', { meetingResult: 'close' }), ...after], ends: 'meeting_finished',
  },
  {
    title: 'a confidential meeting lies with the city alone and ends when its papers are back, but is not closed: its watch goes on',
    begin: confidential([]),
    moves: [
      arrange(), ...prepared, done('hold_confidential_meeting', { meetingResult: 'direction_agreed' }), ...after.slice(0, 3),
      done('collect_handouts', { handoutsCollected: 'no', missingNumbers: '2' }), done('collect_handouts', { handoutsCollected: 'yes' }),
    ],
    ends: 'meeting_finished',
    check: ({ opened, jobs }) => {
      for (const id of ['hold_confidential_meeting', 'assign_decisions', 'collect_handouts']) {
        expect(opened.find(({ wait }) => wait.elementId === id)!.wait.task!.candidateGroups).toEqual(['grp.meetingOffice']);
      }
      expect(jobs.map(({ handler }) => handler)).not.toContain('close_meeting');
    },
  },
  {
    title: 'a member of a confidential meeting who has not pledged for this sitting is asked to, before anybody is invited',
    begin: confidential([needy]), moves: [arrange()], waits: ['sign_pledge_late'],
    check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual([needy]),
  },
  { title: 'once all have pledged the confidential meeting is prepared', begin: confidential([school, needy], []), moves: [arrange(), done('sign_pledge_late')], waits: ['cover_lost_prepared', 'prepare_materials'] },
  { title: 'whoever does not pledge is replaced', begin: confidential([needy], [needy]), moves: [arrange(), done('sign_pledge_late', { signs: 'no' })], waits: ['arrange_meeting'] },
  {
    title: 'an agency that the consent leaves out is taken off the list before the others are invited',
    begin: cover({ groups: [school] }, {}), moves: [arrange(), arrange([needy])], waits: ['cover_lost_prepared', 'prepare_materials'],
  },
  {
    title: 'a case is not discussed in a plan meeting while its consent covers nobody at the table',
    begin: cover({ groups: [school, needy], cases: [known.caseId] }), moves: [arrange()], ends: 'meeting_blocked', error: 'consent_missing',
  },
  {
    title: 'a meeting that could not be held is arranged anew',
    moves: [arrange(), ...prepared, done('hold_plan_meeting', { meetingResult: 'postponed', postponeReason: '大雨のため' })], waits: ['arrange_meeting'],
  },
  ...([['before the invitation', []], ['while its members answer', ['prepare_materials']], ['while its day is waited for', ['prepare_materials', 'confirm_attendance']]] as const).map(([when, steps]) => ({
    title: `the consent is gone ${when}: the meeting is not held, and its office decides anew`,
    moves: [arrange(), ...steps.map((id) => done(id)), arrives('meeting_cover_lost', {}, sittingId)], waits: ['arrange_meeting'],
  })),
  {
    title: 'papers of a plan meeting that are not back keep its end open too',
    moves: [arrange(), ...prepared, done('hold_plan_meeting', { meetingResult: 'suitable' }), ...after.slice(0, 3), done('collect_handouts', { handoutsCollected: 'no', missingNumbers: '2' })], waits: ['collect_handouts'],
  },
  { title: 'an ordinary one is reminded two business days before it should be arranged', moves: [], waits: ['arrange_meeting'], check: ({ waits }) => expect(waits[0]!.task).toMatchObject({ deadline: { dueIn: '5BD', remindBefore: ['2BD'] } }) },
  {
    title: 'an urgent meeting is arranged within one business day',
    begin: { variables: { urgency: 'urgent' } }, moves: [], waits: ['arrange_meeting'],
    check: ({ waits }) => expect(waits[0]!.task).toMatchObject({ urgent: true, deadline: { dueIn: '1BD', remindBefore: [] } }),
  },
], { days: 9, elements: ['confirm_minutes', 'meeting_day'] });
