// The guards of the law as the shipped diagrams draw them: no path leads past the step that the law asks for. What holds when somebody draws
// one is in the other files here.
import { describe, expect, test } from '@jest/globals';
import { readDiagram, type Diagram } from '../processes/walk.js';

const diagrams = new Map<string, Diagram>();
for (const name of ['meeting', 'confidential_route', 'coordination_main', 'monitor_replan', 'closure_evaluation', 'interruption', 'consent_withdrawal']) diagrams.set(name, await readDiagram(name));

/** Whether some path along the arrows (and from a step to the events on it) leads there from a start without passing any of `through`. */
function leadsPast(name: string, to: string, through: readonly string[]): boolean {
  const { compiled, arrows } = diagrams.get(name)!;
  const elements = [...compiled.elements.values()];
  const next = (id: string): string[] => [...arrows.filter(({ from }) => from === id).map((arrow) => arrow.to), ...elements.filter(({ attachedToId, parentId, type }) => attachedToId === id || (parentId === id && type === 'bpmn:StartEvent')).map((one) => one.id)];
  const seen = new Set<string>();
  const queue = elements.filter(({ type, parentId }) => type === 'bpmn:StartEvent' && (parentId === null || parentId === compiled.processId)).map(({ id }) => id);
  expect(queue.length).toBeGreaterThan(0);
  while (queue.length > 0) {
    const id = queue.shift()!;
    if (id === to) return true;
    if (seen.has(id) || through.includes(id)) continue;
    seen.add(id);
    queue.push(...next(id));
  }
  return false;
}

const groupsOf = (name: string, id: string): string => /candidateGroups="([^"]*)"/.exec(new RegExp(`<bpmn:userTask id="${id}"[^>]*>`).exec(diagrams.get(name)!.xml)?.[0] ?? '')?.[1] ?? '';

describe('what the law asks for is drawn', () => {
  test.each([
    ['a conference is invited to only after the consent, or the pledges, of its members were asked for', 'meeting', 'prepare_materials', ['check_cover', 'check_pledges']],
    ['a plan conference is held only after its invitation', 'meeting', 'hold_plan_meeting', ['prepare_materials']],
    ['a closure conference is held only after its invitation', 'meeting', 'hold_closure_meeting', ['prepare_materials']],
    ['a confidential conference is held only after its invitation', 'meeting', 'hold_confidential_meeting', ['prepare_materials']],
    ['members are chosen only after the city has found that article 106-6 applies', 'confidential_route', 'select_members', ['judge_applicability']],
    ['nobody writes a sheet before the pledges were asked for', 'confidential_route', 'prepare_sheets', ['check_pledges', 'recheck_pledges']],
    ['a decision is shared, and roles begin, only after the city has decided', 'coordination_main', 'share_decision', ['decide_support']],
    ['roles begin only after the city has decided', 'coordination_main', 'start_role', ['decide_support']],
    ['a plan is put to the conference only after it was explained', 'coordination_main', 'decide_support', ['explain_plan']],
    ['agencies are asked only after the consent was asked for, here, in the 支援会議, or before the case came', 'coordination_main', 'request_information', ['check_consent', 'run_confidential_route', 'gw_consent_known']],
    ['a closure is decided only after the person was asked, the sheet was written and the lead has taken over', 'closure_evaluation', 'decide_closure', ['hand_over_to_lead', 'write_evaluation', 'confirm_wishes']],
  ] as const)('%s', (_what, name, step, through) => {
    const { compiled } = diagrams.get(name)!;
    expect([step, ...through].filter((id) => !compiled.elements.has(id))).toEqual([]);
    expect(leadsPast(name, step, [])).toBe(true);
    expect(leadsPast(name, step, through)).toBe(false);
  });

  test('every end that closes a case with a plan as decided comes after the decision that names who accompanies', () => {
    for (const [name, decision] of [['closure_evaluation', 'decide_closure']] as const) {
      const { compiled } = diagrams.get(name)!;
      const closing = [...compiled.elements.values()].filter(({ id }) => /^register_closure/.test(id)).map(({ id }) => id);
      expect(closing.length).toBeGreaterThan(0);
      for (const id of closing) expect([id, leadsPast(name, id, [decision])]).toEqual([id, false]);
    }
  });

  test.each([
    ['coordination_main', 'decide_support', 'grp.chair'], ['coordination_main', 'decide_eligibility', 'grp.chair'], ['closure_evaluation', 'decide_closure', 'grp.chair'], ['confidential_route', 'judge_applicability', 'grp.chair'],
    ['confidential_route', 'review_continuation', 'grp.chair'], ['confidential_route', 'select_members', 'grp.meetingOffice'], ['meeting', 'arrange_meeting', 'grp.meetingOffice'], ['meeting', 'prepare_materials', 'grp.meetingOffice'],
  ] as const)('%s gives %s to %s and to nobody else', (name, id, group) => {
    expect(groupsOf(name, id)).toBe(group);
  });
});
