import { enqueue } from '../base/outbox.js';
import { closeCase, isClosed, lockCaseNo } from '../domain/cases.js';
import { endWaiting, holdersOf, refuseClosing, standingOf } from '../domain/closing.js';
import { endWithLead } from '../domain/evaluations/closures.js';
import { endRunningServices } from '../domain/participation/end-services.js';
import { notifyMembers } from '../domain/process-notices.js';
import { BpmnError, optionalText, textOf, type InsideHandler } from './handler.js';

const whats = ['refuse', 'stay', 'tell'] as const;

/**
 * Input `caseId`, `reason`, `elsewhere?`, `running?`. Closes the case; from now on the time counts for which it is kept. Services
 * that still run for it end, and whoever had a step of them is told. What somebody is in the middle of forbids it (Problem
 * case_running to whoever completed the step; `running` = `tell`: the BPMN error `case_running`). Where another way works on the case
 * it stays open and goes on there (`elsewhere` = `stay`, the default), or that forbids it too (`refuse`). Hands back `caseClosed`.
 */
export const registerClosure: InsideHandler = {
  name: 'register_closure',
  kind: 'inside',
  refuses: ['case_running', 'closure_unaccompanied', 'lead_missing'],
  async run(tx, context) {
    const [caseId, reason] = [textOf(context, 'caseId'), textOf(context, 'reason')];
    const said = { elsewhere: optionalText(context, 'elsewhere') ?? 'stay', running: optionalText(context, 'running') ?? 'refuse' };
    if (Object.values(said).some((one) => !whats.some((known) => known === one))) throw new Error('input elsewhere or running is none');
    const caseNo = await lockCaseNo(tx, caseId);
    if (await isClosed(tx, caseId)) return { caseClosed: true };
    const { blocked, elsewhere, ends } = await standingOf(tx, { id: caseId, caseNo }, context.instanceId);
    const forbids = elsewhere && said.elsewhere === 'refuse' ? [...blocked, 'other' as const] : blocked;
    if (forbids.length > 0 && said.running === 'tell') throw new BpmnError('case_running');
    if (forbids.length > 0) refuseClosing([...new Set(forbids)]);
    if (elsewhere) return { caseClosed: false };
    await endWithLead(tx, caseId, reason);
    await closeCase(tx, caseId, reason);
    await endRunningServices(tx, caseId, context.calendar.onDate(tx.now));
    await endWaiting(tx, caseId, context.calendar);
    // a main line that waits for the closure hears of it from P08; else it ends here
    const only = context.input['announced'] === true ? ends.filter((key) => key !== 'coordination_main') : ends;
    if (only.length > 0) {
      await notifyMembers(tx, await holdersOf(tx, caseNo, only, context.instanceId), { businessKey: caseNo, rule: 'ended_with_case', urgent: false });
      await enqueue(tx, [{ kind: 'processes.steer', payload: { businessKey: caseNo, do: 'stop', reason: 'case_closed', instanceId: context.instanceId, only, except: [] } }]);
    }
    return { caseClosed: true };
  },
};
