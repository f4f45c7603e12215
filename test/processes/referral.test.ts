// Every path of つなぎ (a referral that is sent at any moment).
import { expect } from '@jest/globals';
import { walkPaths } from './paths.js';
import { arrives, done, readDiagram } from './walk.js';

const known = { caseId: '0190aaaa-0000-7000-8000-000000000001', agencyCode: 'chiiki_houkatsu', referralId: '0190aaaa-0000-7000-8000-0000000000f1', receivingGroup: 'grp.sectionLead.elderly_welfare', senderGroup: 'grp.intake.elder' };
const answered = (referralAnswer: string) => done('answer_standing_referral', { referralAnswer, ...(referralAnswer === 'accepted' ? {} : { replyReason: '足りない' }), ...(referralAnswer === 'out_of_scope' ? { alternative: '自立相談' } : {}) });
const again = [answered('returned'), done('follow_referral', { referralNext: 'send_again' })];

walkPaths(await readDiagram('referral'), { at: 'referral_sent', variables: known }, [
  { title: 'a process that hands somebody over calls it and waits for its end', begin: { at: 'referral_called' }, moves: [answered('accepted'), done('confirm_referral_result')], ends: 'end_referral_settled' },
  {
    title: 'a referral lies with the agency it was sent to, whose silence reaches the manager of the sender', moves: [], waits: ['answer_standing_referral', 'referral_cancelled'],
    check: ({ waits }) => {
      const { task } = waits.find(({ elementId }) => elementId === 'answer_standing_referral')!;
      expect(task).toMatchObject({ candidateGroups: ['grp.sectionLead.elderly_welfare'], deadline: { dueIn: '3BD', remindBefore: ['1BD'] } });
      expect(task!.deadline!.escalateAfter).toEqual([{ after: '1BD', to: 'manager' }, { after: '3BD', to: 'grp.manager.chiiki_houkatsu' }, { after: '10BD', to: 'grp.chair' }]);
    },
  },
  { title: 'accepted, it comes back to the sender, who sees whether it came to something', moves: [answered('accepted')], waits: ['confirm_referral_result'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.intake.elder']) },
  { title: 'a referral that came to something ends', moves: [answered('accepted'), done('confirm_referral_result')], ends: 'end_referral_settled' },
  { title: 'accepted with conditions is accepted', moves: [answered('accepted_with_conditions'), done('confirm_referral_result')], ends: 'end_referral_settled' },
  { title: 'a no comes back to the inbox of the sender', moves: [answered('out_of_scope')], waits: ['follow_referral'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.intake.elder']) },
  { title: 'the sender completes it and sends it again, elsewhere if need be', moves: [...again, done('amend_referral', { receivingGroup: 'grp.sectionLead.self_reliance' })], waits: ['answer_standing_referral', 'referral_cancelled'], check: ({ waits }) => expect(waits.find(({ elementId }) => elementId === 'answer_standing_referral')!.task!.candidateGroups).toEqual(['grp.sectionLead.self_reliance']) },
  { title: 'consent taken back before anybody answered ends it', moves: [arrives('referral_cancelled', { referralId: known.referralId }, known.referralId)], ends: 'end_referral_cancelled' },
  { title: 'the sender goes on alone', moves: [answered('returned'), done('follow_referral', { referralNext: 'keep' })], ends: 'end_referral_kept' },
], { days: 14, elements: ['confirm_referral_result'] });
