// P11: every path of 中断・転出・死亡・連絡不通・保留.
import { expect } from '@jest/globals';
import type { Variables } from '../../src/engine/model.js';
import { walkPaths } from './paths.js';
import { arrives, broken, calendar, done, fire, monday, type Move, readDiagram, returned } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const exitId = '0190aaaa-0000-7000-8000-0000000000e9';
const noticed = (exitKind: string, more: Variables = {}) => ({ at: 'exit_noticed', variables: { caseId, agencyCode: 'chiiki_houkatsu', exitKind, exitId, resumeAt: null, ...more } });
const lost = { at: 'contact_lost', variables: { caseId, agencyCode: 'chiiki_houkatsu' } };
const decided = { at: 'interruption_decided', variables: { caseId } };
const registered = (exitKind: string): Move => done('register_exit', { exitKind, ...(exitKind === 'institution' ? { institutionKind: 'hospital' } : {}) });
const searched = (whereabouts: string): Move => done('confirm_whereabouts', { whereabouts });
const toMeeting = [registered('lost_contact'), searched('not_found')];
const meets = (meetingResult: string): Move => returned('hold_interruption_meeting', { meetingResult });
const interrupted = [...toMeeting, meets('interrupt')];
const reviewed = (interruptionReview: string): Move[] => [fire('review_due'), done('review_interruption', { interruptionReview })];
const restarts = ['contact_found', 'review_due'];
const inAWeek = '2026-05-18T08:45:00+09:00';

walkPaths(await readDiagram('interruption'), noticed('lost_contact'), [
  { title: 'whoever coordinates or leads says within two days what has happened', moves: [], waits: ['register_exit'], jobs: { open_exit: { exitKind: 'lost_contact', origin: 'notice', exitId } }, check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.coordinator.city', 'grp.sectionLead.elderly_welfare']) },
  { title: 'a case that monitoring cannot reach is looked for by its lead', begin: lost, moves: [registered('lost_contact')], waits: ['confirm_whereabouts'], jobs: { open_lost_contact: { exitKind: 'lost_contact', origin: 'monitoring' } }, check: ({ waits }) => expect(waits[0]!.task).toMatchObject({ candidateGroups: ['grp.sectionLead.elderly_welfare'], urgent: false, deadline: { dueIn: '5BD' } }) },
  { title: 'where the case is urgent it is looked for within 48 hours', begin: noticed('lost_contact', { urgency: 'urgent' }), moves: [registered('lost_contact')], waits: ['confirm_whereabouts'], check: ({ waits }) => expect(waits[0]!.task).toMatchObject({ urgent: true, deadline: { dueIn: '48h', remindBefore: ['24h'] } }) },
  { title: 'found, the monitoring that had lost contact goes on', begin: lost, moves: [registered('lost_contact'), searched('found')], ends: 'contact_returned', thrown: ['contact_found'], jobs: { settle_returned: { outcome: 'returned', exitId } } },
  { title: 'found, a case that nobody had stopped just goes on', moves: [registered('lost_contact'), searched('found')], ends: 'end_went_on', thrown: [] },
  { title: 'looking shows that it is something else', moves: [registered('lost_contact'), searched('other_kind')], waits: ['register_exit'] },
  { title: 'not found, the meeting decides', moves: toMeeting, waits: ['hold_interruption_meeting', 'interruption_meeting_late'], check: ({ waits }) => expect(waits.find(({ kind }) => kind === 'call')!.call).toMatchObject({ processKey: 'meeting', variables: { caseId, kind: 'closure' } }) },
  { title: 'hospital, an institution or custody: the meeting decides', moves: [registered('institution')], waits: ['hold_interruption_meeting', 'interruption_meeting_late'] },
  { title: 'a meeting that is late is told and goes on', moves: [...toMeeting, fire('interruption_meeting_late')], waits: ['hold_interruption_meeting'], jobs: { notify_interruption_late: { rule: 'meeting_late' } } },
  { title: 'the meeting lets the case go on', begin: lost, moves: [...toMeeting, meets('continue')], ends: 'contact_returned', thrown: ['contact_found'] },
  { title: 'interrupted, the processes of the case rest where they are', moves: interrupted, waits: restarts, jobs: { begin_interruption: { kind: 'interrupted', exitId }, hold_interrupted: { reason: 'interrupted', except: ['interruption', 'emergency', 'consent_withdrawal'] } }, check: ({ waits }) => expect(waits.find(({ elementId }) => elementId === 'review_due')!.dueAt).toBe(calendar.add(monday, '60BD').toISOString()) },
  { title: 'without consent no meeting can be held, and the chair decides', moves: [...toMeeting, broken('hold_interruption_meeting', 'consent_missing')], waits: ['decide_interruption'] },
  { title: 'what the chair decides counts as the meeting would', moves: [...toMeeting, broken('hold_interruption_meeting', 'consent_missing'), done('decide_interruption', { meetingResult: 'interrupt' })], waits: restarts },
  { title: 'contact again: work goes on where it stood', moves: [...interrupted, arrives('contact_found')], ends: 'end_resumed', thrown: [], jobs: { end_interruption: { outcome: 'resumed' }, resume_interrupted: { reason: 'interrupted' } } },
  { title: 'contact again: the monitoring that waits hears of it', begin: lost, moves: [...interrupted, arrives('contact_found')], ends: 'contact_found_again', thrown: ['contact_found'] },
  { title: 'an interruption that the closure meeting decided begins at once', begin: decided, moves: [], waits: restarts, jobs: { open_interruption: { exitKind: 'interrupted', origin: 'closure' } } },
  { title: 'after it the support begins anew, with its team and plan', begin: decided, moves: [arrives('contact_found')], ends: 'support_started_again', thrown: ['support_started'], check: ({ thrown }) => expect(thrown[0]!.variables).toMatchObject({ caseId, leadGroup: 'grp.sectionLead.elderly_welfare', roleGroups: ['grp.sectionLead.elderly_welfare'], planVersion: 1 }) },
  { title: 'after sixty business days somebody looks, and work goes on', moves: [...interrupted, ...reviewed('resume')], ends: 'end_resumed' },
  { title: 'it may rest once more, for a hundred and twenty', moves: [...interrupted, ...reviewed('hold_more')], waits: restarts, check: ({ waits, now }) => expect(waits.find(({ elementId }) => elementId === 'review_due')!.dueAt).toBe(calendar.add(now, '120BD').toISOString()) },
  { title: 'the second look ends it, even where somebody would prolong it again', moves: [...interrupted, ...reviewed('hold_more'), ...reviewed('hold_more')], ends: 'closure_proposed' },
  { title: 'an interruption that comes to nothing goes to the evaluation, and the rest of the case ends', moves: [...interrupted, ...reviewed('close')], ends: 'closure_proposed', thrown: ['closure_proposed'], jobs: { settle_closing: { outcome: 'closed' }, stop_others: { reason: 'exit', except: ['interruption', 'emergency', 'consent_withdrawal'] } }, check: ({ thrown }) => expect(thrown[0]!.variables).toMatchObject({ caseId, exitKind: 'lost_contact', leadGroup: 'grp.sectionLead.elderly_welfare' }) },
  { title: 'the meeting may end the case at once', moves: [...toMeeting, meets('close')], ends: 'closure_proposed' },
  { title: 'a family that moves away is handed over, while nothing else goes on', begin: noticed('moved'), moves: [registered('moved')], waits: ['hand_over_to_city'], jobs: { hold_for_move: { reason: 'moved' } }, check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.coordinator.city']) },
  { title: 'handed over, it is evaluated and closed', begin: noticed('moved'), moves: [registered('moved'), done('hand_over_to_city')], ends: 'closure_proposed', thrown: ['closure_proposed'] },
  { title: 'a case that never had a plan is closed by the chair', begin: noticed('moved', { planless: true }), moves: [registered('moved'), done('hand_over_to_city'), done('decide_exit_closure', { closureReason: 'moved_out' })], ends: 'end_closed', jobs: { register_closure: { caseId, reason: 'moved_out' } } },
  {
    title: 'and who accompanies is asked in three months, where the chair wants that', begin: noticed('moved', { planless: true }), moves: [registered('moved'), done('hand_over_to_city'), done('decide_exit_closure', { closureReason: 'moved_out', followUp: 'yes' })],
    ends: 'follow_up_promised', thrown: ['follow_up_promised'], check: ({ thrown }) => expect(thrown[0]).toMatchObject({ correlationKey: caseId, variables: { caseId, leadGroup: 'grp.sectionLead.elderly_welfare' } }),
  },
  { title: 'after a death nothing goes on, and the lead sees to what is left', begin: noticed('died'), moves: [registered('died')], waits: ['settle_after_death'], jobs: { hold_for_death: { reason: 'died' } } },
  { title: 'a household of one: the case is closed', begin: noticed('died'), moves: [registered('died'), done('settle_after_death', { householdRemains: 'no' })], ends: 'closure_proposed', thrown: ['closure_proposed'] },
  {
    title: 'somebody is left who needs support: they get a case of their own, under its own number', begin: noticed('died'), ends: 'closure_proposed',
    moves: [registered('died'), done('settle_after_death', { householdRemains: 'yes', memberField: 'disability', memberName: '豊野 和雄', memberNote: '一人で残る', handoverKind: 'household', toGroup: 'grp.sectionLead.disability_consultation' })],
    jobs: { open_member_case: { caseId, field: 'disability' } }, thrown: ['consultation_received', 'closure_proposed'], elsewhere: ['member_case_opened'],
    check: ({ thrown }) => expect(thrown[0]).toMatchObject({ businessKey: 'R8-00002', correlationKey: 'R8-00002', variables: { caseId: '0190aaaa-0000-7000-8000-0000000000c2', field: 'disability', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.disability' } }),
  },
  { title: 'a case on hold rests until its day', begin: noticed('hold', { resumeAt: inAWeek }), moves: [], waits: ['hold_date', 'hold_ended'], jobs: { begin_hold: { kind: 'on_hold', until: inAWeek }, hold_case: { reason: 'on_hold', except: ['interruption', 'emergency', 'consent_withdrawal'] } } },
  { title: 'on that day it goes on, and its people hear of it', begin: noticed('hold', { resumeAt: inAWeek }), moves: [fire('hold_date')], ends: 'end_hold_over', jobs: { end_hold: { outcome: 'resumed' }, resume_held: { reason: 'on_hold' }, notify_hold_over: { groups: ['grp.coordinator.city', 'grp.sectionLead.elderly_welfare'], rule: 'hold_over' } }, check: ({ now }) => expect(now).toEqual(new Date(inAWeek)) },
  { title: 'a hold may end sooner', begin: noticed('hold', { resumeAt: inAWeek }), moves: [arrives('hold_ended')], ends: 'end_hold_over' },
], { days: 184, elements: ['review_due'] });
