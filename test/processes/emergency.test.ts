// P04: every path of 緊急対応.
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { done, type Move, readDiagram, returned, type Walk } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const known = { caseId, agencyCode: 'chiiki_houkatsu', emergencyId: null };
const opened = { caseId, agencyCode: 'chiiki_houkatsu', emergencyId: '0190aaaa-0000-7000-8000-0000000000e1' };
const alone = { responderGroups: ['grp.sectionLead.chiiki_houkatsu'] };
const assess = (said: Record<string, unknown> = {}): Move[] => [done('call_services'), done('assess_emergency', { ...alone, ...(said as Record<string, never>) })];
const abuse = assess({ emergencyTrack: 'abuse', abuseKind: 'child', statutoryGroup: 'grp.sectionLead.child_family_centre' });
const seen = (measuresNeeded: string) => done('confirm_safety', { safetyResult: 'safe', measuresNeeded });
const closing = (emergencyOutcome: string) => done('record_basis', { emergencyOutcome });
const straight = [...assess(), seen('no')];
const dueOf = (walked: Walk, elementId: string) => walked.opened.find(({ wait }) => wait.elementId === elementId)!;
const hours = (walked: Walk, elementId: string): number => (dueOf(walked, elementId).dueAt!.getTime() - dueOf(walked, elementId).at.getTime()) / 3_600_000;

walkPaths(await readDiagram('emergency'), { variables: known }, [
  {
    title: 'the alarm reaches coordinators and the head of section at once, and whoever found it calls within the hour',
    moves: [], waits: ['call_services'],
    jobs: { open_emergency: { caseId, agencyCode: 'chiiki_houkatsu', emergencyId: null, hours: 72 }, notify_emergency: { groups: ['grp.coordinator.city', 'grp.coordinator.shakyo', 'grp.chair'], rule: 'emergency_raised', urgent: true } },
    check: (walked) => {
      expect(hours(walked, 'call_services')).toBe(1);
      expect(walked.waits[0]!.task).toMatchObject({ candidateGroups: ['grp.intake.elder'], urgent: true });
    },
  },
  { title: 'an alarm whose record was filed goes on with it', begin: { variables: opened }, moves: [], waits: ['call_services'], jobs: { open_emergency: { emergencyId: opened.emergencyId } } },
  {
    title: 'a second alarm while one is being answered is added to it, and told', begin: { variables: { alarm: 'second' } }, moves: [], ends: 'end_already',
    jobs: { notify_again: { rule: 'emergency_again', urgent: true } },
  },
  { title: 'the coordinator judges and sets up the response within four hours', moves: [done('call_services')], waits: ['assess_emergency'], check: (walked) => expect(hours(walked, 'assess_emergency')).toBe(4) },
  {
    title: 'danger to life: the agency that was named sees the person within 48 hours, on the clock', moves: assess(), waits: ['confirm_safety'],
    check: (walked) => {
      expect(hours(walked, 'confirm_safety')).toBe(48);
      expect(walked.waits[0]!.task).toMatchObject({ candidateGroups: ['grp.sectionLead.chiiki_houkatsu'], deadline: { remindBefore: ['24h'] } });
    },
  },
  { title: 'a check by which nobody was seen comes again', moves: [...assess(), done('confirm_safety', { safetyResult: 'not_seen' })], waits: ['confirm_safety'] },
  { title: 'seen and safe, only the record is left', moves: straight, waits: ['record_basis'] },
  { title: 'seen and in need, every agency that responds does what it can', moves: [...assess(), seen('yes'), done('carry_out_measures')], waits: ['record_basis'] },
  {
    title: 'suspected abuse is notified to the line that the law names, and the supporting role goes on', moves: abuse, waits: ['confirm_safety'],
    jobs: { notify_statutory_line: { groups: 'grp.sectionLead.child_family_centre', rule: 'abuse_notified', urgent: true } },
  },
  { title: 'a crisis of livelihood is met with what is needed at once', moves: [...assess({ emergencyTrack: 'livelihood' }), done('carry_out_measures')], waits: ['record_basis'] },
  {
    title: 'more than one agency: the urgent meeting is convened beside the response', moves: assess({ responderGroups: ['grp.sectionLead.elderly_welfare', 'grp.sectionLead.chiiki_houkatsu'] }),
    waits: ['confirm_safety', 'convene_emergency_meeting'],
    check: ({ waits }) => expect(waits.find(({ elementId }) => elementId === 'convene_emergency_meeting')!.task!.deadline!.dueIn).toBe('2BD'),
  },
  {
    title: 'the record waits for the meeting', moves: [...assess({ responderGroups: ['grp.sectionLead.elderly_welfare', 'grp.sectionLead.chiiki_houkatsu'] }), seen('no'), done('convene_emergency_meeting')], waits: ['hold_emergency_meeting'],
    check: ({ waits }) => expect(waits[0]!.call).toMatchObject({ processKey: 'meeting', variables: { kind: 'confidential', urgency: 'urgent', caseId } }),
  },
  {
    title: 'meeting held and person seen, the record closes it', ends: 'end_resolved', thrown: [],
    moves: [...assess({ responderGroups: ['grp.sectionLead.elderly_welfare', 'grp.sectionLead.chiiki_houkatsu'] }), seen('no'), done('convene_emergency_meeting'), returned('hold_emergency_meeting', { meetingResult: 'direction_agreed' }), closing('resolved')],
  },
  { title: 'what goes on in the processes that run needs no other', moves: [...straight, closing('continue_running')], ends: 'end_continue_running', thrown: [] },
  {
    title: 'what goes on without consent goes to the 支援会議, urgently', moves: [...straight, closing('to_confidential')], ends: 'worry_reported', thrown: ['worry_reported'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', coordinatorGroup: 'grp.coordinator.city', urgency: 'urgent' }),
  },
  {
    title: 'what goes on with consent goes to the coordinators, urgently', moves: [...straight, closing('to_coordination')], ends: 'referral_to_coordination', thrown: ['referral_to_coordination'],
    check: ({ thrown }) => expect(thrown[0]!.variables).toMatchObject({ caseId, urgency: 'urgent', intakeGroup: 'grp.intake.elder' }),
  },
], { days: 3, elements: ['carry_out_measures'] });
