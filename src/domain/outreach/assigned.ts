// Whose work it has become: the group that carries an outreach or a participation support reaches the case as long as it does.
import type { Person, Tx } from '../../base/db.js';

/** The groups of this kind that the person works in. */
export async function workGroupsOf(tx: Pick<Tx, 'db'>, person: Person, kind: string): Promise<string[]> {
  const found = await tx.db.$queryRawUnsafe<{ key: string }[]>(`select key from work_group where kind = $1 and key = any ($2::text[]) order by key`, kind, person.groups);
  return found.map(({ key }) => key);
}

/** Whether the person's newest consent leaves this agency out (F10 除外): then nothing of the case is opened to it. */
export async function mayBeGiven(tx: Pick<Tx, 'db'>, caseId: string, agencyCode: string): Promise<boolean> {
  const [newest] = await tx.db.$queryRawUnsafe<{ excluded: boolean }[]>(
    `select exists (select 1 from consent_agency a where a.consent_id = c.id and a.agency_code = $2 and a.answer = 'excluded')
       or exists (select 1 from consent_end e where e.consent_id = c.id and e.kind = 'narrowed' and $2 = any (e.agencies)) as excluded
     from consent c where c.case_id = $1::uuid and c.subject = 'self' and c.place_name is null order by c.recorded_at desc, c.id desc limit 1`, caseId, agencyCode);
  return newest?.excluded !== true;
}
