// F13 緊急対応記録, step by step: the alarm, the calls, the response, the check, the meeting, what was done, and why it was allowed.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { processRuns } from '../closing.js';
import { scopeItems } from '../consents/consents.js';
import { promise } from '../promises.js';
import { caseOf, choiceAt, instantAt, numberAt, refuseField, rowsAt, textAt, textOf, textsAt } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';
import { cityClocks } from '../settings.js';
import { assessEmergency, closeEmergency, emergencyBases, mustHaveEmergency, noteStep, noteTold, outcomes, raiseEmergency, tracks, type Emergency, type Outcome } from './emergencies.js';

const choice = ['radio', 'select'];

/** Each call of the list, with its time (119, 110, 児相, 包括, 虐待窓口, 保健所 …). */
async function noteCalls(tx: Tx, filed: Filed, emergency: { id: string; caseId: string }): Promise<number> {
  const rows = rowsAt(filed.answers, 'calls');
  for (const [index, row] of rows.entries()) {
    const at = instantAt(row, 'calledAt');
    if (at === null) refuseField(`calls/${index}/calledAt`, '電話した日時を入れてください。');
    if (at > tx.now) refuseField(`calls/${index}/calledAt`, 'これからの日時は入れられません。');
    await noteStep(tx, { emergencyId: emergency.id, caseId: emergency.caseId, kind: 'called', at, detail: textAt(row, 'agency'), submissionId: filed.submissionId });
  }
  return rows.length;
}

const callNeeds = [
  { at: 'calls[].agency', types: ['select'], required: true },
  { at: 'calls[].calledAt', types: ['datetime'], required: true },
] as const;

/** The alarm, at any moment. A second one while one is going on is written down with it and starts nothing. */
const raised: RecordKind = {
  key: 'F13', title: '緊急対応記録（発見・通報）', compartment: 'team', anytime: 'case',
  // who knows the case but not what is written in it (after a withdrawal, after a closure, before a slip is answered) raises the alarm too
  reach: 'exists',
  needs: [...callNeeds, { at: 'situation', types: ['textarea'], required: true }],
  async project(tx, filed) {
    const caseId = caseOf(filed);
    const { emergencyId, isNew } = await raiseEmergency(tx, caseId, filed.by.agencyCode);
    await noteCalls(tx, filed, { id: emergencyId, caseId });
    if (isNew) filed.tell({ kind: 'message', name: 'emergency_raised', variables: { caseId, agencyCode: filed.by.agencyCode, emergencyId } });
    return { emergencyId };
  },
};

/** A step of P04 that is about the emergency that is going on. */
const stepOf = (key: string, title: string, needs: RecordKind['needs'], project: (tx: Tx, filed: Filed, emergency: Emergency) => Promise<Record<string, Json>>): RecordKind => ({
  key, title, compartment: 'team', refuses: ['emergency_missing'], needs,
  project: async (tx, filed) => project(tx, filed, await mustHaveEmergency(tx, caseOf(filed))),
});

const called = stepOf('F13.calls', '緊急対応記録（連絡）', [...callNeeds, { at: 'noCallReason', types: ['textarea'] }], async (tx, filed, emergency) => {
  const calls = await noteCalls(tx, filed, emergency);
  if (calls === 0 && textAt(filed.answers, 'noCallReason') === null) refuseField('calls', 'どこへ連絡したかを入れるか、連絡しない理由を書いてください。');
  return {};
});

const assessed = stepOf('F13.assessment', '緊急対応記録（体制と共有の根拠）', [
  { at: 'emergencyTrack', types: choice, options: tracks, required: true },
  { at: 'abuseKind', types: ['select'] },
  { at: 'statutoryGroup', types: ['select'] },
  { at: 'responderGroups', types: ['taglist', 'checklist'], required: true },
  { at: 'legalBasis', types: ['select'], options: emergencyBases, required: true },
  { at: 'sharingReason', types: ['textarea'], required: true },
  { at: 'shareHours', types: ['select', 'number'], required: true },
], async (tx, filed, emergency) => {
  const { answers } = filed;
  const track = choiceAt(answers, 'emergencyTrack', tracks)!;
  const statutoryGroup = track === 'abuse' ? textAt(answers, 'statutoryGroup') : null;
  if (track === 'abuse' && statutoryGroup === null) refuseField('statutoryGroup', '虐待の疑いがあるときは、通告・通報する窓口を選んでください。');
  const responders = textsAt(answers, 'responderGroups');
  if (responders.length === 0) refuseField('responderGroups', '対応する機関を選んでください。');
  const hours = numberAt(answers, 'shareHours') ?? Number(textAt(answers, 'shareHours'));
  const { shareHours } = (await cityClocks(tx)).emergencies;
  if (!(hours > 0 && hours <= shareHours)) refuseField('shareHours', `閲覧できる時間は${shareHours}時間までです。`);
  await assessEmergency(tx, emergency, { track, abuseKind: textAt(answers, 'abuseKind'), legalBasis: textAt(answers, 'legalBasis')!, hours, responders, statutoryGroup, by: filed.by, submissionId: filed.submissionId });
  return {};
});

const checked = stepOf('F13.check', '緊急対応記録（安否・安全の確認）', [
  { at: 'safetyResult', types: choice, options: ['safe', 'unsafe', 'not_seen'], required: true },
  { at: 'checkedAt', types: ['datetime'], required: true },
], async (tx, filed, emergency) => {
  const at = instantAt(filed.answers, 'checkedAt') ?? tx.now;
  if (at > tx.now) refuseField('checkedAt', 'これからの日時は入れられません。');
  await noteStep(tx, { emergencyId: emergency.id, caseId: emergency.caseId, kind: 'checked', at, detail: textAt(filed.answers, 'safetyResult'), submissionId: filed.submissionId });
  return {};
});

/** Whom the meeting wants and when goes to the process, so that the meeting (P12) which it calls does not ask it again. */
const convened: RecordKind = {
  ...stepOf('F13.meeting', '緊急対応記録（緊急支援会議の招集）', [
    { at: 'whyMeeting', types: ['textarea'], required: true }, { at: 'wantedAt', types: ['datetime'], required: true }, { at: 'wantedGroups', types: ['checklist', 'taglist'], required: true },
  ], async (tx, filed, emergency) => {
    await noteStep(tx, { emergencyId: emergency.id, caseId: emergency.caseId, kind: 'convened', at: tx.now, detail: null, submissionId: filed.submissionId });
    return { memberGroups: textsAt(filed.answers, 'wantedGroups'), wantedAt: textAt(filed.answers, 'wantedAt') };
  }),
  ofRun: true,
};

const measure = stepOf('F13.measure', '緊急対応記録（暫定対応）', [{ at: 'measures', types: ['checklist', 'taglist'], required: true }, { at: 'doneAt', types: ['datetime'], required: true }], async (tx, filed, emergency) => {
  const at = instantAt(filed.answers, 'doneAt') ?? tx.now;
  if (at > tx.now) refuseField('doneAt', 'これからの日時は入れられません。');
  for (const detail of textsAt(filed.answers, 'measures')) await noteStep(tx, { emergencyId: emergency.id, caseId: emergency.caseId, kind: 'measure', at, detail, submissionId: filed.submissionId });
  return {};
});

/** The processes that deal with what is handed on. */
const goesTo: Partial<Record<Outcome, readonly string[]>> = { to_confidential: ['confidential_route'], to_coordination: ['coordination_main', 'monitor_replan', 'closure_evaluation'] };

const closed = stepOf('F13.close', '緊急対応記録（事後の記録と根拠）', [
  { at: 'emergencyOutcome', types: choice, options: outcomes, required: true },
  { at: 'told[].agency', types: ['select'], required: true },
  { at: 'told[].items', types: ['checklist', 'taglist'], options: scopeItems, required: true },
  { at: 'told[].legalBasis', types: ['select'], options: emergencyBases, required: true },
  { at: 'subjectTold', types: choice, options: ['yes', 'not_yet', 'unsafe'], required: true },
  { at: 'followUpGroup', types: ['select'], required: true },
  { at: 'followUpOn', types: ['datetime'], required: true },
], async (tx, filed, emergency) => {
  for (const row of rowsAt(filed.answers, 'told')) {
    const items = scopeItems.filter((item) => textsAt(row, 'items').includes(item));
    await noteTold(tx, emergency.caseId, filed.submissionId, { agencyCode: textAt(row, 'agency')!, items, legalBasis: textAt(row, 'legalBasis')! });
  }
  const outcome = choiceAt(filed.answers, 'emergencyOutcome', outcomes)!;
  await closeEmergency(tx, emergency, outcome, filed.by, filed.submissionId);
  await promise(tx, filed, { caseId: emergency.caseId, kind: 'emergency_follow_up', onDay: textOf(filed.answers, 'followUpOn'), groupKey: textOf(filed.answers, 'followUpGroup'), at: 'followUpGroup' });
  // where it would go on is where the case is already: it goes on there, and no second one begins
  for (const processKey of goesTo[outcome] ?? []) if (await processRuns(tx, emergency.caseId, processKey)) return { emergencyOutcome: 'continue_running' };
  return {};
});

export const emergencyRecords: readonly RecordKind[] = [raised, called, assessed, checked, convened, measure, closed];
