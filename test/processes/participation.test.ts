// P06: every path of 参加支援.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { calendar, done, fire, monday, readDiagram } from './walk.js';

const begin = { variables: { caseId: '0190aaaa-0000-7000-8000-000000000001', coordinatorGroup: 'grp.coordinator.shakyo', consentState: 'full' } };
const planned = [done('hear_wishes'), done('plan_participation')];
const found = done('search_resources', { resourceFound: 'found' });
const none = done('search_resources', { resourceFound: 'none', gapSummary: '夕方に静かに過ごせる居場所' });
const agreed = done('confirm_sharing_consent', { sharingConsent: 'yes' });
const trial = (trialResult: string) => done('carry_out_trial', { trialResult });
const matched = [...planned, found, agreed, trial('fit'), done('confirm_match')];
const followUp = (settlingResult: string) => [fire('wait_follow_up'), done('support_settling', { settlingResult })];
const evaluated = (outcome: string) => [...matched, ...followUp('stable'), done('evaluate_settling', { outcome })];

walkPaths(await readDiagram('participation'), begin, [
  {
    title: 'somebody finds a place, tries it, stays, and the main line hears of it',
    moves: [...matched, ...followUp('stable'), done('evaluate_settling')],
    ends: 'participation_settled', thrown: ['participation_ended'], check: ({ thrown }) => expect(thrown[0]!.variables['participationOutcome']).toBe('settled'),
  },
  {
    title: 'an evaluation that finds that it broke off ends it, and the main line hears of it',
    moves: evaluated('interrupted'), ends: 'participation_broken_off', thrown: ['participation_ended'], check: ({ thrown }) => expect(thrown[0]!.variables['participationOutcome']).toBe('withdrawn'),
  },
  { title: 'an evaluation that wants to go on looking keeps visiting', moves: evaluated('continuing'), waits: ['wait_follow_up'] },
  { title: 'an evaluation that finds the place wrong searches again', moves: evaluated('rematch'), waits: ['search_resources'] },
  {
    title: 'those who stay are visited after two weeks, one month, three months, six months and then every three months',
    moves: [...matched, ...Array.from({ length: 5 }, () => followUp('continuing')).flat()],
    waits: ['wait_follow_up'],
    check: ({ opened }) => {
      const visits = opened.filter(({ wait }) => wait.elementId === 'wait_follow_up').map(({ dueAt }) => dueAt);
      expect(visits).toEqual(['P14D', 'P1M', 'P3M', 'P6M', 'P9M', 'P12M'].map((period) => calendar.add(monday, period)));
    },
  },
  {
    title: 'no place is found: a new one is opened up',
    moves: [...planned, none, done('develop_resource', { resourceDeveloped: 'success' })], waits: ['confirm_sharing_consent'],
  },
  {
    title: 'no place can be opened up: it becomes a community issue and the search goes on',
    moves: [...planned, none, done('develop_resource', { resourceDeveloped: 'failure', communityIssue: '夕方に静かに過ごせる場所がない' })],
    waits: ['search_resources'], jobs: { report_community_issue: { groups: 'grp.coordinator.shakyo', rule: 'community_issue' } },
  },
  {
    title: 'a place that is not opened up within twenty business days is a community issue while the work goes on',
    begin: { variables: { coordinatorGroup: null } },
    moves: [...planned, none, fire('development_late')],
    waits: ['develop_resource'], jobs: { notify_development_late: { groups: 'grp.coordinator.city', rule: 'community_issue' } },
  },
  { title: 'whoever does not want to be named to a host is searched another one', moves: [...planned, found, done('confirm_sharing_consent', { sharingConsent: 'no' })], waits: ['search_resources'] },
  { title: 'a trial that does not fit leads to another search', moves: [...planned, found, agreed, trial('unfit')], waits: ['search_resources'] },
  {
    title: 'a person who declines after the trial is let go, and the main line hears of it',
    moves: [...planned, found, agreed, trial('withdrawn')],
    ends: 'participation_withdrawn', thrown: ['participation_ended'], check: ({ thrown }) => expect(thrown[0]!.variables['participationOutcome']).toBe('withdrawn'),
  },
  {
    title: 'trouble at the place is met by adjusting the surroundings, and the visits go on',
    moves: [...matched, ...followUp('adjust'), done('adjust_environment')], waits: ['support_settling'],
  },
  {
    title: 'a visit that is repeated after the surroundings were adjusted is no round of its own: the next one is a month after the match',
    moves: [...matched, ...followUp('adjust'), done('adjust_environment'), done('support_settling', { settlingResult: 'continuing' })],
    waits: ['wait_follow_up'], check: ({ waits }) => expect(waits[0]!.dueAt).toBe(calendar.add(monday, 'P1M').toISOString()),
  },
  {
    title: 'a place that does not hold is exchanged, and the visits count from the beginning',
    moves: [...matched, ...followUp('continuing'), ...followUp('rematch'), found, agreed, trial('fit'), done('confirm_match')],
    waits: ['wait_follow_up'], check: ({ waits, now }) => expect(waits[0]!.dueAt).toBe(calendar.add(now, 'P14D').toISOString()),
  },
], { days: 92, elements: ['wait_follow_up'] });
