// 支援会議 事案カード (F16): the city finds that article 106-6 applies, says why consent is missing, and later whether to go on.
import type { Tx } from '../../base/db.js';
import { tellMoment } from '../counted.js';
import { dayAt, endOf, textAt, textsAt, wrongField } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';
import { cityClocks } from '../settings.js';
import { inItsSitting, sittingOf } from './place.js';
import { seatsOf } from './seats.js';
import { changeSitting, closeMeeting, closeSitting, consentMissingReasons, convene, mustBeTheCity, openMeetingOf, sittingToPrepare } from './sittings.js';

/**
 * When the review opens: so long before the day that was named for it that it is done by then; that day itself where it is nearer. It is
 * never later than the city lets a 支援会議 put it (city/clocks.json; domain.md §1.5). A day that is over names none: then the diagram counts.
 * @returns an ISO instant, or null
 */
async function opensFor(tx: Tx, filed: Filed, key: string, atMost: 'reviewAtMost' | 'watchAtMost'): Promise<string | null> {
  const { calendar } = filed;
  const named = dayAt(filed.answers, key);
  const today = calendar.onDate(tx.now);
  if (named === null || named <= today) return null;
  const { opensBefore, ...longest } = (await cityClocks(tx)).confidential;
  const latest = calendar.onDate(calendar.add(tx.now, longest[atMost]));
  const day = named < latest ? named : latest;
  const opens = calendar.subtract(endOf(day), opensBefore);
  const at = opens > tx.now ? opens : calendar.openingOf(day);
  return filed.caseId === null ? at.toISOString() : tellMoment(tx, filed.caseId, at);
}

/** T-P03-01. The chair's judgement convenes the 支援会議: from here on what is written about it is confidential. */
const card: RecordKind = {
  key: 'F16',
  title: '支援会議 事案カード',
  compartment: 'confidential',
  refuses: ['city_alone', 'legal_basis_missing', 'sitting_state'], needs: [
    { at: 'applicability', types: ['radio', 'select'], options: ['applicable', 'not_applicable'], required: true },
    { at: 'legalBasis', types: ['radio', 'select'], options: ['106-6'], required: true },
    { at: 'consentMissing', types: ['checklist', 'taglist'], options: consentMissingReasons, required: true },
    { at: 'facts', types: ['textarea'], required: true },
    { at: 'reviewOn', types: ['textfield'], required: true },
  ],
  async place(tx, filed) {
    await mustBeTheCity(tx, filed.by.agencyCode);
    if (filed.caseId === null) throw wrongField('applicability', 'ケースについて記録してください。');
    if (textAt(filed.answers, 'applicability') !== 'applicable') return { compartment: 'confidential', sittingId: null };
    const urgency = filed.answers['urgency'] === 'urgent' ? 'urgent' : 'none';
    const known = await openMeetingOf(tx, filed.caseId, 'confidential');
    const meetingId = known ?? (await convene(tx, { kind: 'confidential', caseIds: [filed.caseId], urgency, by: filed.by, legalBasis: textAt(filed.answers, 'legalBasis'), consentMissing: textsAt(filed.answers, 'consentMissing'), consentState: null }));
    const sitting = await sittingToPrepare(tx, meetingId, filed.calendar);
    if (sitting.status === 'draft') await changeSitting(tx, sitting.id, { status: 'convened' });
    return { compartment: 'confidential', sittingId: sitting.id };
  },
  async project(tx, filed) {
    if (textAt(filed.answers, 'applicability') !== 'applicable') return {};
    const { meetingId, id } = await sittingOf(tx, filed, 'confidential');
    return { meetingId, sittingId: id, reviewAt: await opensFor(tx, filed, 'reviewOn', 'reviewAtMost') };
  },
};

/** Whether the person has agreed since this meeting was convened, and it holds: while it sat or was looked through nobody waited to hear of it. */
async function consentSince(tx: Pick<Tx, 'db' | 'now'>, meetingId: string, caseId: string | null): Promise<boolean> {
  const rows = await tx.db.$queryRawUnsafe<unknown[]>(
    `select 1 as holds from meeting t join consent c on c.case_id = $2::uuid and c.subject = 'self' and c.place_name is null and c.state in ('full', 'partial') and c.recorded_at >= t.opened_at
     where t.id = $1::uuid and consent_holds(c.id, $3::timestamptz) limit 1`,
    meetingId, caseId, tx.now,
  );
  return rows.length > 0;
}

/** T-P03-04. Who watches over whom: only those who sit there carry a role, since only they may know. */
const watch: RecordKind = {
  key: 'F09.watch',
  title: '見守り・接触方針',
  compartment: 'confidential',
  refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'roleGroups', types: ['checklist', 'taglist'], required: true }, { at: 'approachGroup', types: ['select', 'radio'], required: true }, { at: 'nextOn', types: ['textfield'], required: true }],
  place: inItsSitting('confidential'),
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed, 'confidential');
    const seated = (await seatsOf(tx, sitting.id)).map(({ groupKey }) => groupKey);
    if (textsAt(filed.answers, 'roleGroups').some((key) => !seated.includes(key))) throw wrongField('roleGroups', '役割を担えるのは、この支援会議の構成員だけです。');
    return { consentHolds: await consentSince(tx, sitting.meetingId, filed.caseId), reviewAt: await opensFor(tx, filed, 'nextOn', 'reviewAtMost') };
  },
};

/** T-P03-05: what an agency did in its role, for those who sit there. */
const report: RecordKind = { key: 'F16.report', title: '支援経過記録（支援会議限定）', compartment: 'confidential', refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'content', types: ['textarea'], required: true }], place: inItsSitting('confidential') };

/** T-P03-07. The sitting is over whatever comes of it; to go on means a new one, with its own members and pledges. */
const review: RecordKind = {
  key: 'F16.review',
  title: '支援会議 継続要否の見直し',
  compartment: 'confidential',
  refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'reviewResult', types: ['radio', 'select'], options: ['continue', 'watch_only', 'end'], required: true }, { at: 'nextReviewOn', types: ['textfield'] }],
  place: inItsSitting('confidential'),
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed, 'confidential');
    if (textAt(filed.answers, 'reviewResult') === 'end') await closeMeeting(tx, sitting.meetingId, 'ended', filed.calendar);
    else await closeSitting(tx, sitting, filed.calendar);
    return { consentHolds: await consentSince(tx, sitting.meetingId, filed.caseId), watchReviewAt: await opensFor(tx, filed, 'nextReviewOn', 'watchAtMost') };
  },
};

export const confidentialRecords: readonly RecordKind[] = [card, watch, report, review];
