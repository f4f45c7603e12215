// 開催依頼, 構成員, 開催通知 (F09): how a sitting comes about.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { instantAt, rowsAt, textAt, textsAt, variableText, wrongField } from '../records/answers.js';
import type { Filed, Placed, RecordKind } from '../records/record.js';
import { asked, askTheCity, asksForConfidential } from './asking.js';
import { numberHandouts } from './papers.js';
import { inItsSitting, meetingOf, sittingOf } from './place.js';
import { offerSlots } from './schedule.js';
import { invite, seatGroups, seatsOf, uncovered, unpledgedGroups } from './seats.js';
import { changeSitting, consentMissingReasons, convene, meetingKinds, mustBeTheCity, sittingToPrepare, type MeetingKind, type Sitting } from './sittings.js';

/** The kind that the process says; without a process, that the form says. The two may not contradict each other. */
function kindOf(filed: Filed): MeetingKind {
  const said = textAt(filed.answers, 'kind');
  const known = variableText(filed, 'kind') ?? said;
  const kind = meetingKinds.find((one) => one === known);
  if (!kind || (said !== null && (said === 'confidential') !== (kind === 'confidential'))) throw wrongField('kind', 'この手続きの会議の種類と違います。');
  return kind;
}

function caseIdsOf(filed: Filed): string[] {
  const given = filed.variables['caseIds'];
  const ids = Array.isArray(given) ? given.filter((id): id is string => typeof id === 'string') : [];
  return [...new Set([...(filed.caseId === null ? [] : [filed.caseId]), ...ids])];
}

async function meetingFor(tx: Tx, filed: Filed): Promise<string> {
  const kind = kindOf(filed);
  if (kind === 'confidential') await mustBeTheCity(tx, filed.by.agencyCode);
  const known = await meetingOf(tx, filed, kind);
  if (known !== null) return known;
  const urgent = filed.variables['urgency'] === 'urgent' || filed.answers['urgency'] === 'urgent';
  return convene(tx, {
    kind, caseIds: caseIdsOf(filed), urgency: urgent ? 'urgent' : 'none', by: filed.by, legalBasis: textAt(filed.answers, 'legalBasis'), consentMissing: textsAt(filed.answers, 'consentMissing'), consentState: variableText(filed, 'consentState'),
  });
}

const seated = async (tx: Tx, sitting: Sitting): Promise<Record<string, string | string[]>> => ({ meetingId: sitting.meetingId, sittingId: sitting.id, unpledgedGroups: sitting.kind === 'confidential' ? await unpledgedGroups(tx, sitting.id) : [] });

/** Members of a 支援会議 are invited when they are chosen: the invitation is what they pledge for. */
async function seatThem(tx: Tx, filed: Filed, sitting: Sitting): Promise<void> {
  await seatGroups(tx, sitting, textsAt(filed.answers, 'memberGroups'));
  if (sitting.kind === 'confidential') await invite(tx, sitting);
  else if (sitting.status === 'draft') await changeSitting(tx, sitting.id, { status: 'convened' });
}

const toBePrepared = async (tx: Tx, filed: Filed): Promise<Placed> => {
  const sitting = await sittingToPrepare(tx, await meetingFor(tx, filed), filed.calendar);
  return { compartment: sitting.kind === 'confidential' ? 'confidential' : 'team', sittingId: sitting.id };
};

/** Seats, dates and all that a request or an arrangement says of them. */
async function arrange(tx: Tx, filed: Filed): Promise<{ sitting: Sitting; made: Record<string, string | string[]> }> {
  const sitting = await sittingOf(tx, filed, kindOf(filed));
  await seatThem(tx, filed, sitting);
  await offerSlots(tx, sitting, rowsAt(filed.answers, 'wishDates').flatMap((row) => instantAt(row, 'startsAt') ?? []));
  const meetsAt = instantAt(filed.answers, 'meetingAt');
  if (meetsAt !== null) await changeSitting(tx, sitting.id, { meetsAt });
  return { sitting, made: await seated(tx, sitting) };
}

/**
 * A 重層的支援会議 speaks of nobody who has not agreed to it: said when it is asked for, not first when it is arranged. Members that the
 * consent does not name yet are only pointed out; they are not invited before it does (P12).
 * @throws Problem consent_missing where the consent of a case covers nobody at the table
 */
async function mustBeSpeakable(tx: Tx, filed: Filed, sitting: Sitting): Promise<void> {
  const { groups, cases } = await uncovered(tx, sitting);
  if (cases.length > 0) {
    const detail = '重層的支援会議で話し合うには、構成員の機関への情報提供（重層的支援会議への情報提供）について、いま有効な本人の同意が要ります。先に本人に説明して同意書（F10）に記録するか、同意が得られないまま検討が必要なときは、会長（福祉政策課）に支援会議（社会福祉法106条の6）の対象かどうかの判断を求めてください。';
    throw new Problem('consent_missing', { detail, errors: [{ pointer: '/answers/memberGroups', detail: 'この機関のどれにも、本人の同意が及んでいません。' }] });
  }
  if (groups.length === 0) return;
  const names = (await seatsOf(tx, sitting.id)).filter(({ groupKey }) => groups.includes(groupKey)).map(({ groupName }) => groupName);
  filed.warn({ code: 'uncovered_members', detail: `本人の同意が及ばない構成員がいます（${names.join('、')}）。同意を確かめるまで招くことはできません。`, ids: [] });
}

const said = [{ at: 'purpose', types: ['textarea'], required: true }, { at: 'memberGroups', types: ['checklist', 'taglist'], required: true }, { at: 'wishDates[].startsAt', types: ['datetime'] }] as const;

/**
 * Filed at any time by whoever has the case: what for, with whom, when. One for a 支援会議 only asks the city for it: it is the chair's card
 * that convenes.
 */
const request: RecordKind = {
  key: 'F09.request',
  title: '会議開催依頼',
  compartment: 'team',
  ofRun: true,
  anytime: 'case',
  refuses: ['city_alone', 'consent_missing', 'legal_basis_missing', 'sitting_state'], needs: [{ at: 'kind', types: ['radio', 'select'], options: ['plan', 'closure', 'confidential'], required: true }, ...said],
  keptAs: (answers) => (asksForConfidential(answers) ? asked : request),
  place: async (tx, filed) => (asksForConfidential(filed.answers) ? { compartment: 'confidential', sittingId: null } : toBePrepared(tx, filed)),
  async project(tx, filed) {
    if (asksForConfidential(filed.answers)) return askTheCity(tx, filed);
    const { sitting, made } = await arrange(tx, filed);
    await mustBeSpeakable(tx, filed, sitting);
    filed.tell({ kind: 'message', name: 'meeting_requested', variables: { meetingId: sitting.meetingId, caseId: filed.caseId, caseIds: sitting.caseIds, kind: sitting.kind, urgency: sitting.urgency, memberGroups: textsAt(filed.answers, 'memberGroups') } });
    return made;
  },
};

/** T-P12-01. */
const arrangement: RecordKind = {
  key: 'F09.arrangement',
  title: '日程・構成員の調整',
  compartment: 'team',
  ofRun: true,
  refuses: ['city_alone', 'consent_missing', 'legal_basis_missing', 'sitting_state'], needs: [
    { at: 'kind', types: ['radio', 'select'], options: ['conference', 'confidential'], required: true },
    ...said,
    { at: 'meetingAt', types: ['datetime'], required: true },
    { at: 'legalBasis', types: ['radio', 'select'], options: ['106-6'] },
    { at: 'consentMissing', types: ['checklist', 'taglist'], options: consentMissingReasons },
  ],
  place: toBePrepared,
  // the day that somebody wanted is dealt with: a sitting that has to be arranged once more (延期) needs another
  project: async (tx, filed) => ({ ...(await arrange(tx, filed)).made, ...(variableText(filed, 'wantedAt') === null ? {} : { wantedAt: null }) }),
};

/** T-P03-02: whom the chair wants at the table. */
const members: RecordKind = {
  key: 'F09.members',
  title: '支援会議 構成員の選定',
  compartment: 'confidential',
  refuses: ['city_alone', 'consent_missing', 'legal_basis_missing', 'sitting_state'], needs: [{ at: 'memberGroups', types: ['checklist', 'taglist'], required: true }],
  async place(tx, filed) {
    await mustBeTheCity(tx, filed.by.agencyCode);
    const meetingId = await meetingOf(tx, filed, 'confidential');
    if (meetingId === null) throw new Problem('legal_basis_missing');
    return { compartment: 'confidential', sittingId: (await sittingToPrepare(tx, meetingId, filed.calendar)).id };
  },
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed, 'confidential');
    await seatThem(tx, filed, sitting);
    return seated(tx, sitting);
  },
};

/** T-P12-02: the invitation and its papers. Nobody is invited whom the consent does not cover. */
const invitation: RecordKind = {
  key: 'F09.invitation',
  title: '開催通知',
  compartment: 'team',
  refuses: ['consent_missing', 'pledge_missing', 'sitting_state'], needs: [
    { at: 'place', types: ['textfield'], required: true },
    { at: 'format', types: ['radio', 'select'], options: ['room', 'online', 'both'], required: true },
    { at: 'agenda', types: ['textarea'], required: true },
    { at: 'handoutRule', types: ['radio', 'select'], options: ['numbered', 'screen_only', 'none'], required: true },
  ],
  place: inItsSitting(),
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed);
    const handoutRule = textAt(filed.answers, 'handoutRule') ?? 'none';
    await changeSitting(tx, sitting.id, { place: textAt(filed.answers, 'place') ?? '', format: textAt(filed.answers, 'format') ?? 'room', handoutRule });
    await invite(tx, sitting);
    if (handoutRule === 'numbered') await numberHandouts(tx, sitting.id);
    return {};
  },
};

export const invitationRecords: readonly RecordKind[] = [request, asked, arrangement, members, invitation];
