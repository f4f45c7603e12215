// P05: every path of アウトリーチ.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { done, fire, readDiagram, returned } from './walk.js';

const begin = { variables: { caseId: '0190aaaa-0000-7000-8000-000000000001', coordinatorGroup: 'grp.coordinator.shakyo', startBasis: 'consented', urgency: 'none' } };
const confidential = { variables: { ...begin.variables, startBasis: 'confidential' } };
const planned = (attemptLimit: number, startBasis = 'consented') => [done('gather_information', { startBasis }), done('plan_approach', { attemptLimit })];
const visit = (attemptResult: string, attemptNext = 'continue') => [done('carry_out_visit', { attemptResult, attemptNext, ...(attemptNext === 'close' ? { closeReason: '転出した' } : {}) }), done('update_stage')];
const asked = (outreachConsent: string) => [...visit('answered'), done('obtain_consent', { outreachConsent })];
const toNeighbours = done('hand_to_agency', { handToKind: 'community' });
const stable = (startParticipation: string) => [toNeighbours, done('confirm_relation', { relationStable: 'yes', startParticipation })];
const closing = { jobs: { notify_closing: { groups: 'grp.coordinator.shakyo', rule: 'outreach_closing' } } } as const;
const dayMs = 86_400_000;

walkPaths(await readDiagram('outreach'), begin, [
  {
    title: 'somebody is reached, says yes, is connected, and the outreach ends',
    moves: [...planned(6), ...asked('obtained'), ...stable('no'), done('propose_closing')],
    ends: 'outreach_ended', thrown: ['consent_obtained'], ...closing,
  },
  {
    title: 'consent that was on record is not told again; participation support begins',
    moves: [...planned(6), ...asked('already'), ...stable('yes'), done('propose_closing')],
    ends: 'outreach_ended', thrown: ['participation_requested'], ...closing,
  },
  {
    title: 'whoever has not said yes is visited again',
    moves: [...planned(6), ...asked('not_yet'), ...asked('refused')], waits: ['carry_out_visit', 'recheck_due', 'review_reminder'],
  },
  {
    title: 'who is not met is sought again until the agreed number of attempts',
    moves: [...planned(3), ...visit('absent'), ...visit('no_answer')], waits: ['carry_out_visit', 'recheck_due', 'review_reminder'],
    check: ({ variables }) => expect(variables['attempts']).toBe(2),
  },
  {
    title: 'at the limit the coordinator looks at it anew, and with a new plan the attempts count from the beginning',
    moves: [...planned(2), ...visit('absent'), ...visit('family_met'), done('review_outreach', { outreachReview: 'continue' }), done('plan_approach', { attemptLimit: 2 })],
    waits: ['carry_out_visit', 'recheck_due', 'review_reminder'], check: ({ variables, opened }) => {
      expect(variables['attempts']).toBe(0);
      expect(opened.find(({ wait }) => wait.elementId === 'review_outreach')!.wait.task!.candidateGroups).toEqual(['grp.coordinator.shakyo']);
    },
  },
  {
    title: 'without consent it is the 支援会議 that looks at it anew, and its chair who decides',
    begin: confidential,
    moves: [...planned(1, 'confidential'), ...visit('absent'), returned('hold_review_meeting', { meetingResult: 'direction_agreed' }), done('review_outreach', { outreachReview: 'end' }), done('propose_closing')],
    ends: 'outreach_ended', ...closing, check: ({ opened }) => expect(opened.find(({ wait }) => wait.elementId === 'review_outreach')!.wait.task!.candidateGroups).toEqual(['grp.chair']),
  },
  {
    title: 'after three months it is looked at again, wherever it stands, and the open visit is given up',
    begin: { variables: { coordinatorGroup: null } },
    moves: [...planned(6), fire('recheck_due')], waits: ['review_outreach'],
    check: ({ waits, opened }) => {
      expect(waits[0]!.task!.candidateGroups).toEqual(['grp.coordinator.city']);
      const recheck = opened.find(({ wait }) => wait.elementId === 'recheck_due')!;
      expect(Math.round((recheck.dueAt!.getTime() - recheck.at.getTime()) / dayMs)).toBe(92);
    },
  },
  {
    title: 'every thirty days somebody is reminded to look at it, and the work goes on',
    moves: [...planned(6), fire('review_reminder'), fire('review_reminder')],
    waits: ['carry_out_visit', 'recheck_due', 'review_reminder'], jobs: { notify_review: { groups: ['grp.outreach', 'grp.coordinator.shakyo'], rule: 'outreach_review' } },
  },
  {
    title: 'a household that moves away is no longer visited',
    moves: [...planned(6), ...visit('absent', 'close'), done('propose_closing', { endReason: 'moved' })], ends: 'outreach_ended', thrown: [], ...closing,
  },
  {
    title: 'a relation that does not hold yet is worked on again',
    moves: [...planned(6), ...asked('obtained'), toNeighbours, done('confirm_relation', { relationStable: 'no', nextContactOn: '2026-06-20' })],
    waits: ['carry_out_visit', 'recheck_due', 'review_reminder'], thrown: ['consent_obtained'],
  },
  {
    title: 'an agency is sent a slip, which is kept until it has answered and it is known what came of it',
    begin: { variables: { referralId: '0190aaaa-0000-7000-8000-0000000000f1', receivingGroup: 'grp.sectionLead.self_reliance', senderGroup: 'grp.outreach', senderAgency: 'shakyo' } },
    moves: [...planned(6), ...asked('already'), done('hand_to_agency', { handToKind: 'agency' })], waits: ['keep_referral'],
    check: ({ waits }) => expect(waits[0]!.call).toMatchObject({ processKey: 'referral', variables: { referralId: '0190aaaa-0000-7000-8000-0000000000f1', receivingGroup: 'grp.sectionLead.self_reliance', senderGroup: 'grp.outreach', agencyCode: 'shakyo' } }),
  },
  {
    title: 'whatever the agency has said, it is looked at whether the relation holds',
    moves: [...planned(6), ...asked('already'), done('hand_to_agency', { handToKind: 'agency' }), returned('keep_referral', { referralAnswer: 'returned' })], waits: ['confirm_relation'],
  },
  {
    title: 'the next visit is due on the day that was agreed, and after thirty days at the latest',
    begin: { variables: { nextContactIn: 'P12D' } },
    moves: [...planned(6)], waits: ['carry_out_visit', 'recheck_due', 'review_reminder'],
    check: ({ opened }) => {
      const task = opened.find(({ wait }) => wait.elementId === 'carry_out_visit')!;
      expect(Math.round((task.dueAt!.getTime() - task.at.getTime()) / dayMs)).toBe(12);
    },
  },
], { days: 92, elements: ['recheck_due'] });
