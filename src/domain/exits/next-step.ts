// 次の対応 (F93.next, ours): what becomes of a case that is open and of which nothing runs any more.
import { Problem } from '../../base/problem.js';
import { caseOf, choiceAt } from '../records/answers.js';
import type { RecordKind } from '../records/record.js';
import { lastDecidedPlan, mustBeInForce } from '../plans/plan.js';

const steps = ['intake', 'coordination', 'replan', 'confidential', 'monitoring', 'closing'] as const;

/** A new plan follows an older one, and what goes on is a plan that is in force. @throws Problem plan_missing */
export const nextStepRecord: RecordKind = {
  key: 'F93.next', title: '次の対応の決定', compartment: 'team',
  refuses: ['plan_missing'], needs: [{ at: 'nextStep', types: ['radio', 'select'], options: steps, required: true }, { at: 'reason', types: ['textarea'], required: true }],
  async project(tx, filed) {
    const said = choiceAt(filed.answers, 'nextStep', steps)!;
    if (said === 'monitoring') await mustBeInForce(tx, caseOf(filed));
    if (said === 'replan' && !(await lastDecidedPlan(tx, caseOf(filed)))) throw new Problem('plan_missing');
    return {};
  },
};
