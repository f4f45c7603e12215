// 研修: what was taught to whom and when, so that it can be asked whether somebody was taught what they are bound to.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { mustDayAt, numberAt, refuseField, rowsAt, textAt, textsAt, wrongField } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';

export interface Attendee {
  /** null: nobody who signs in here. */
  userId: string | null;
  name: string;
  agencyCode: string;
}

/** @throws Problem form_invalid: nobody of that number, nobody named, somebody twice */
async function attendeesIn(tx: Tx, filed: Filed): Promise<Attendee[]> {
  const rows = rowsAt(filed.answers, 'attendees');
  const ids = rows.flatMap((row) => textAt(row, 'userId') ?? []);
  const users = new Map((await tx.db.user.findMany({ where: { id: { in: ids } }, select: { id: true, name: true, agencyCode: true } })).map((user) => [user.id, user]));
  const seen = new Set<string>();
  return rows.map((row, at) => {
    const userId = textAt(row, 'userId');
    const user = userId === null ? undefined : users.get(userId);
    if (userId !== null && !user) throw wrongField(`attendees/${at}/userId`, 'この番号の職員はいません。');
    const name = user?.name ?? textAt(row, 'name');
    const agencyCode = user?.agencyCode ?? textAt(row, 'agency');
    if (name === null) throw wrongField(`attendees/${at}/name`, '職員の番号か、氏名と機関を入力してください。');
    if (agencyCode === null) throw wrongField(`attendees/${at}/agency`, '機関を選んでください。');
    const key = userId ?? `${nameKey(name)} ${agencyCode}`;
    if (seen.has(key)) throw wrongField(`attendees/${at}/${userId === null ? 'name' : 'userId'}`, '同じ人が二度あります。');
    seen.add(key);
    return { userId, name, agencyCode };
  });
}

const nameKey = (name: string): string => name.normalize('NFKC').replace(/\s+/g, '');

export const trainingRecord: RecordKind = {
  key: 'F89', title: '研修記録', compartment: 'office', anytime: { roles: ['coordinator', 'sectionLead', 'meetingConvenor', 'chair', 'manager', 'policyEditor'] },
  needs: [{ at: 'trainingKind', types: ['select', 'radio'], required: true }, { at: 'title', types: ['textfield'], required: true }, { at: 'heldOn', types: ['datetime'], required: true }, { at: 'agencies', types: ['checklist', 'taglist'], required: true }, { at: 'participants', types: ['number'], required: true }, { at: 'attendees', types: ['dynamiclist'] }, { at: 'attendees[].userId', types: ['textfield'] }, { at: 'attendees[].name', types: ['textfield'] }, { at: 'attendees[].agency', types: ['select', 'radio'] }],
  async project(tx, filed) {
    const heldOn = mustDayAt(filed.answers, 'heldOn');
    if (heldOn > filed.calendar.onDate(tx.now)) refuseField('heldOn', 'これからの研修は、終わってから記録してください。');
    const attendees = await attendeesIn(tx, filed);
    const participants = numberAt(filed.answers, 'participants') ?? 0;
    if (participants < attendees.length) refuseField('participants', '参加者の名簿より少ない人数です。');
    const title = textAt(filed.answers, 'title')!;
    const before = await tx.db.training.findMany({ where: { title, heldOn: new Date(`${heldOn}T00:00:00Z`) }, select: { id: true }, orderBy: { id: 'asc' } });
    if (before.length > 0) filed.warn({ code: 'training_twice', detail: '同じ名前・同じ日の研修がすでに記録されています。二重の記録でないか確かめてください。', ids: before.map(({ id }) => id) });
    const id = newId(tx.now.getTime());
    await tx.db.training.create({ data: { id, kind: textAt(filed.answers, 'trainingKind')!, title, heldOn: new Date(`${heldOn}T00:00:00Z`), agencies: textsAt(filed.answers, 'agencies'), participants, submissionId: filed.submissionId, recordedById: filed.by.userId, recordedAt: tx.now } });
    await tx.db.trainingAttendee.createMany({ data: attendees.map((one, line) => ({ trainingId: id, line, ...one })) });
    return { trainingId: id };
  },
};

export interface TrainingLine {
  id: string;
  kind: string;
  title: string;
  heldOn: string;
  agencies: string[];
  participants: number;
  /** Whoever is known by name; there may have been more. */
  attendees: Attendee[];
}

export interface TrainingAsk {
  kind?: string | undefined;
  /** Trainings at which this person was. */
  userId?: string | undefined;
  /** Trainings at which somebody of this name was; spaces do not count. */
  name?: string | undefined;
  /** Together with a name: of this agency. */
  agencyCode?: string | undefined;
}

/** Newest first. */
export async function listTrainings(tx: Tx, { kind, userId, name, agencyCode }: TrainingAsk = {}): Promise<TrainingLine[]> {
  return tx.db.$queryRawUnsafe<TrainingLine[]>(
    `select t.id, t.kind, t.title, t.held_on::text as "heldOn", t.agencies, t.participants,
       coalesce((select jsonb_agg(jsonb_build_object('userId', a.user_id, 'name', a.name, 'agencyCode', a.agency_code) order by a.line) from training_attendee a where a.training_id = t.id), '[]') as attendees
     from training t where ($1::text is null or t.kind = $1) and (($2::uuid is null and $3::text is null) or exists (select 1 from training_attendee a where a.training_id = t.id
       and ($2::uuid is null or a.user_id = $2::uuid) and ($3::text is null or regexp_replace(normalize(a.name, NFKC), '\\s', '', 'g') = $3) and ($4::text is null or a.agency_code = $4)))
     order by t.held_on desc, t.id desc limit 500`,
    kind ?? null, userId ?? null, name === undefined ? null : nameKey(name), agencyCode ?? null,
  );
}
