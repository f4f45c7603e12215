// 中断・転出・死亡・連絡不通・入院等・保留 as staff write them down (F93, ours), and 引継書 to another municipality (F20).
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { inWareki } from '../../base/wareki.js';
import { rightsOf } from '../access.js';
import { coveringConsent, scopeItems } from '../consents/consents.js';
import { recordDisclosure } from '../disclosures.js';
import { whyGroundFails } from '../grounds.js';
import { handOver, handoverKinds } from '../evaluations/closures.js';
import { tellMoment } from '../counted.js';
import { caseOf, choiceAt, dayAt, refuseField, roughDayAt, textAt, textsAt, variableText } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';
import { cityClocks } from '../settings.js';
import { breakOf, exitKinds, mustBeFreeToExit, noticeExit, registerExit, type ExitKind } from './exits.js';

const choice = ['radio', 'select'];
const noticed = ['lost_contact', 'moved', 'died', 'institution', 'hold', 'resume'] as const;

/** A move or an admission may be known beforehand; a death, or a contact that was lost, lies behind. */
const happened = ({ exitKind }: Filed['answers']): string[] => (exitKind === 'died' || exitKind === 'lost_contact' ? ['occurredOn'] : []);

/**
 * Who lets a case rest or go on works on it: everything that runs for it stands meanwhile. A right that names kinds of content, or a seat in a
 * 支援会議, is none to decide that; whoever has one tells those who work on it.
 * @throws Problem forbidden
 */
async function mustWorkOnIt(tx: Tx, filed: Filed, caseId: string): Promise<void> {
  const rights = await rightsOf(tx, filed.by, caseId);
  if (!rights.some(({ level, items, basis }) => level === 'content' && items === null && basis !== 'meeting')) {
    throw new Problem('forbidden', { detail: '保留と再開は、このケースの支援に当たっている機関だけが届け出られます。担当コーディネーターか受け付けた機関に連絡してください。' });
  }
}

/** The end of a rest, told to the process that keeps it. */
async function tellResumed(tx: Tx, filed: Filed, caseId: string): Promise<boolean> {
  const rest = await breakOf(tx, caseId);
  if (rest) filed.tell({ kind: 'message', name: rest.kind === 'on_hold' ? 'hold_ended' : 'contact_found', variables: { caseId } });
  return rest !== null;
}

/** Filed at any moment: starts P11, or ends the rest that the case has. */
const notice: RecordKind = {
  key: 'F93', title: '中断・転出・死亡・保留等の届', compartment: 'team', anytime: 'case', happened,
  // a death or a move is told by whoever hears of it, also by somebody who knows the case but not what is written in it
  reach: 'exists', refuses: ['exit_running'], needs: [{ at: 'exitKind', types: choice, options: noticed, required: true }, { at: 'occurredOn', types: ['textfield', 'datetime'] }, { at: 'resumeOn', types: ['datetime'] }],
  async project(tx, filed) {
    const caseId = caseOf(filed);
    const said = choiceAt(filed.answers, 'exitKind', noticed)!;
    if (said === 'resume' || said === 'hold') await mustWorkOnIt(tx, filed, caseId);
    if (said === 'resume') {
      if (!(await tellResumed(tx, filed, caseId))) throw new Problem('exit_running');
      return {};
    }
    if (await mustBeFreeToExit(tx, caseId, said)) await tellResumed(tx, filed, caseId);
    const exitId = await noticeExit(tx, { caseId, kind: said, occurred: roughDayAt(filed.answers, 'occurredOn'), submissionId: filed.submissionId });
    filed.tell({ kind: 'message', name: 'exit_noticed', variables: { caseId, agencyCode: filed.by.agencyCode, exitKind: said, exitId, resumeAt: said === 'hold' ? await tellMoment(tx, caseId, await resumeAt(tx, filed)) : null } });
    return { exitId };
  },
};

/** The opening of the office on the day on which work goes on. @throws Problem form_invalid without one, for one that is past, or one further ahead than the city lets a case rest (city/clocks.json) */
async function resumeAt(tx: Tx, filed: Filed): Promise<Date> {
  const day = dayAt(filed.answers, 'resumeOn');
  if (day === null) refuseField('resumeOn', '再開する日を入れてください。');
  const at = filed.calendar.nextOpening(new Date(`${day}T00:00:00+09:00`));
  if (at <= tx.now) refuseField('resumeOn', '再開する日は、これからの日にしてください。');
  const latest = filed.calendar.onDate(filed.calendar.add(tx.now, (await cityClocks(tx)).exits.holdAtMost));
  if (day > latest) refuseField('resumeOn', `再開する日は ${inWareki(latest)}までの日にしてください。そのあとも休むときは、その日にもう一度届け出ます。`);
  return at;
}

/** T-P11-01 */
const registration: RecordKind = {
  key: 'F93.registration', title: '中断等の事由の登録', compartment: 'team', happened,
  needs: [{ at: 'exitKind', types: choice, options: exitKinds.filter((kind) => kind !== 'hold' && kind !== 'interrupted'), required: true }, { at: 'occurredOn', types: ['textfield', 'datetime'] }],
  async project(tx, filed) {
    const exitId = variableText(filed, 'exitId');
    const kind = textAt(filed.answers, 'exitKind') as ExitKind;
    if (exitId !== null) await registerExit(tx, exitId, caseOf(filed), kind, roughDayAt(filed.answers, 'occurredOn'));
    return {};
  },
};

const handoverNeeds = [
  { at: 'handoverKind', types: choice, options: handoverKinds, required: true },
  { at: 'toGroup', types: choice },
  { at: 'handedOn', types: ['datetime'], required: true },
] as const;

/** To another municipality: under the person's consent, or on a basis of law that is named. Written down as told. */
const toMunicipality: RecordKind = {
  key: 'F20.municipality', title: '引継書（転出先自治体）', compartment: 'team', happened: ['handedOn'],
  refuses: ['handover_basis_missing'], needs: [
    ...handoverNeeds,
    { at: 'toMunicipality', types: ['textfield'], required: true },
    { at: 'handoverBasis', types: choice, options: ['consent', 'law', 'not_handed_over'], required: true },
    { at: 'legalBasis', types: ['select'], options: ['69-2-3', '69-2-4', 'abuse_notice', 'imminent_danger', '27-1'] },
    { at: 'items', types: ['checklist', 'taglist'], options: scopeItems },
  ],
  async project(tx, filed) {
    const caseId = caseOf(filed);
    const { answers } = filed;
    const basis = choiceAt(answers, 'handoverBasis', ['consent', 'law', 'not_handed_over'])!;
    if (basis !== 'not_handed_over') await tell(tx, filed, caseId, basis);
    return { handoverId: await handOver(tx, filed) };
  },
};

async function tell(tx: Tx, filed: Filed, caseId: string, basis: 'consent' | 'law'): Promise<void> {
  const items = scopeItems.filter((item) => textsAt(filed.answers, 'items').includes(item));
  if (items.length === 0) refuseField('items', '引き継ぐ内容を選んでください。');
  const consent = basis === 'consent' ? await coveringConsent(tx, caseId, null) : null;
  const legalBasis = basis === 'consent' ? '69-2-1' : textAt(filed.answers, 'legalBasis');
  if (legalBasis === null || (basis === 'consent' && !consent)) throw new Problem('handover_basis_missing');
  const why = basis === 'law' ? await whyGroundFails(tx, { ground: legalBasis, from: filed.by.agencyCode, to: 'other_municipality', forTheCity: true }) : null;
  if (why !== null) refuseField('legalBasis', why);
  const beyond = consent ? items.filter((item) => !consent.items.includes(item)) : [];
  if (beyond.length > 0) throw new Problem('handover_basis_missing', { extra: { items: beyond } });
  await recordDisclosure(tx, { caseId, to: { kind: 'authority', code: 'other_municipality' }, purpose: 'share', items, legalBasis, consentId: consent?.consentId ?? null, meetingId: null, submissionId: filed.submissionId });
}

/** 死亡時の残務・世帯支援: who of the household remains, and where what is left to do goes. */
const death: RecordKind = {
  key: 'F93.death', title: '死亡時の残務・世帯支援', compartment: 'team', happened: ['diedOn', 'handedOn'],
  needs: [...handoverNeeds, { at: 'householdRemains', types: choice, options: ['yes', 'no'], required: true }, { at: 'memberField', types: choice, options: ['elder', 'disability', 'child', 'needy'] }],
  project: async (tx, filed): Promise<Record<string, Json>> => ({ handoverId: await handOver(tx, filed) }),
};

/** T-P11-06: an interruption is prolonged once. @throws Problem held_once */
const review: RecordKind = {
  key: 'F93.review', title: '再開・見守りの確認', compartment: 'team',
  refuses: ['held_once'], needs: [{ at: 'interruptionReview', types: choice, options: ['resume', 'hold_more', 'close'], required: true }],
  async project(_tx, filed) {
    if (filed.answers['interruptionReview'] === 'hold_more' && typeof filed.variables['interruptionReviews'] === 'number') throw new Problem('held_once');
    return {};
  },
};

const whereabouts: RecordKind = { key: 'F93.whereabouts', title: '所在・安否の確認', compartment: 'team', needs: [{ at: 'whereabouts', types: choice, options: ['found', 'not_found', 'other_kind'], required: true }] };
const decision: RecordKind = { key: 'F93.decision', title: '中断の決定', compartment: 'team', needs: [{ at: 'meetingResult', types: choice, options: ['interrupt', 'continue', 'close'], required: true }] };

export const exitRecords: readonly RecordKind[] = [notice, registration, toMunicipality, death, review, whereabouts, decision];
