// What is asked of other agencies about a case, and what the referrer adds to a referral that lacked something.
import type { PointedError } from '../../base/problem.js';
import { Problem } from '../../base/problem.js';
import { agenciesBehind } from '../agencies.js';
import { textsAt } from '../records/answers.js';
import type { RecordKind } from '../records/record.js';
import { shareUnderConsent } from '../disclosures.js';
import { mustBeCovered } from './decisions.js';

const words = ['textarea', 'textfield'];

/** 情報提供依頼: to agencies that the person's consent covers, and to no other. */
const inquiry: RecordKind = {
  key: 'F12.inquiry', title: '関係機関への情報提供依頼', compartment: 'team',
  refuses: ['consent_missing', 'plan_consent_missing'], needs: [{ at: 'informationGroups', types: ['checklist', 'taglist'], required: true }, { at: 'reason', types: words, required: true }, { at: 'replyDue', types: ['datetime'], required: true }],
  async project(tx, { caseId, answers, submissionId }) {
    if (caseId === null) throw new Problem('not_found');
    const asked = textsAt(answers, 'informationGroups');
    const behind = await agenciesBehind(tx, asked);
    const errors: PointedError[] = asked.flatMap((key, at) => (behind.has(key) ? [] : [{ pointer: `/answers/informationGroups/${at}`, detail: '活動中の機関ではありません。' }]));
    if (errors.length > 0) throw new Problem('form_invalid', { errors });
    await mustBeCovered(tx, caseId, asked.map((key, at) => ({ agencyCode: behind.get(key)!.code, pointer: `/answers/informationGroups/${at}` })));
    // that it is asked tells an agency whom the case is about
    for (const { code } of behind.values()) await shareUnderConsent(tx, { caseId, agencyCode: code, purpose: 'share', items: ['basic'], submissionId });
    return {};
  },
};

/** 不足情報の補足. */
const supplement: RecordKind = { key: 'F12.supplement', title: '不足情報の補足', compartment: 'team', needs: [{ at: 'supplement', types: words, required: true }] };

export const inquiryRecords: readonly RecordKind[] = [inquiry, supplement];
