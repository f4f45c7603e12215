// P12: every path of one decision of a meeting.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { done, monday, calendar, readDiagram } from './walk.js';

const school = 'grp.sectionLead.school_education';
const needy = 'grp.sectionLead.self_reliance';
const caseId = '0190aaaa-0000-7000-8000-000000000001';
const coordinator = 'grp.coordinator.shakyo';
const known = { caseId, caseIds: [caseId], kind: 'plan', urgency: 'none', meetingId: '0190aaaa-0000-7000-8000-0000000000a1', coordinatorGroup: coordinator, decisionId: '0190aaaa-0000-7000-8000-0000000000d1', doerGroups: [school], decisionDueIn: '12BD' };
const cannot = done('carry_out_decision', { decisionResult: 'impossible', doneOn: null, did: null, reason: '人手が足りない' });
const judge = (decisionNext: string) => done('judge_decision', { decisionNext, ...(decisionNext === 'reassign' ? {} : { doerGroup: null, newDueOn: null }) });
const groupsAt = (opened: { wait: { elementId: string; task?: { candidateGroups: string[] } } }[], id: string) => opened.filter(({ wait }) => wait.elementId === id).map(({ wait }) => wait.task!.candidateGroups);

walkPaths(await readDiagram('meeting_decision'), { variables: known }, [
  {
    title: 'a decision lies with whoever carries it until the day that the meeting set, and is over when it is done',
    moves: [done('carry_out_decision')], ends: 'end_decision_done',
    check: ({ opened }) => {
      expect(groupsAt(opened, 'carry_out_decision')).toEqual([[school]]);
      expect(opened[0]!.dueAt).toEqual(calendar.add(monday, '12BD'));
    },
  },
  { title: 'one that cannot be carried out goes to the coordinator', moves: [cannot], waits: ['judge_decision'], check: ({ opened }) => expect(groupsAt(opened, 'judge_decision')).toEqual([[coordinator]]) },
  { title: 'of a confidential meeting it goes to the office of the city', begin: { variables: { kind: 'confidential', coordinatorGroup: null } }, moves: [cannot], waits: ['judge_decision'], check: ({ opened }) => expect(groupsAt(opened, 'judge_decision')).toEqual([['grp.meetingOffice']]) },
  { title: 'it is given to another, or given more time', moves: [cannot, judge('reassign')], waits: ['carry_out_decision'] },
  { title: 'what another does is done', moves: [cannot, judge('reassign'), done('carry_out_decision')], ends: 'end_decision_done' },
  { title: 'it is dropped', moves: [cannot, judge('drop')], ends: 'end_decision_dropped' },
  {
    title: 'a consented meeting is asked for again',
    moves: [done('carry_out_decision', { decisionResult: 'to_meeting', doneOn: null, did: null, reason: '家族の考えが変わった' }), judge('meeting')], ends: 'end_meeting_requested', thrown: ['meeting_requested'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ caseId, caseIds: [caseId], kind: 'plan', urgency: 'none', coordinatorGroup: coordinator }),
  },
  {
    title: 'of a confidential meeting it waits for the next sitting, of which chair and office are told',
    begin: { variables: { kind: 'confidential', coordinatorGroup: null, doerGroups: [needy] } }, moves: [cannot, judge('meeting')], ends: 'end_decision_returned',
    jobs: { tell_chair: { groups: ['grp.chair', 'grp.meetingOffice'], rule: 'decision_returned' } }, thrown: [],
  },
], { days: 16, elements: ['carry_out_decision'] });
