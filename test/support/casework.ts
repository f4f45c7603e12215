// A case without its processes: for the rules of the domain, which hold whatever is drawn.
import { transact, type Person } from '../../src/base/db.js';
import { newId } from '../../src/base/id.js';
import { lockCase } from '../../src/domain/cases.js';
import { storeSubmission } from '../../src/domain/submissions.js';
import type { Told } from '../../src/domain/records/record.js';
import type { Json } from '../../src/base/json.js';
import type { TestApp } from './app.js';
import { query } from './database.js';

let taken = 0;

/** Opens a case in a database without diagrams. */
export async function bareCase(app: TestApp, agencyCode = 'chiiki_houkatsu'): Promise<{ caseId: string; caseNo: string }> {
  const [caseId, caseNo] = [newId(Date.now()), `R8-9${String((taken += 1)).padStart(4, '0')}`];
  await query(app.database.ownerUrl, `insert into support_case (id, case_no, field, agency_code, opened_at) values ($1, $2, 'elder', $3, now())`, [caseId, caseNo, agencyCode]);
  return { caseId, caseNo };
}

/** The person agrees that these agencies are told (F10), from yesterday on for a year. @returns the id of the consent */
export async function agrees(app: TestApp, caseId: string, agencies: readonly string[]): Promise<string> {
  const id = newId(Date.now());
  const at = app.db.clock.now();
  await query(
    app.database.ownerUrl,
    `with s as (insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, compartment) values (gen_random_uuid(), $2, 'consent', 'x', '{}', $3, 'team') returning id),
       c as (insert into consent (id, case_id, submission_id, subject, state, types, items, method, explained, explained_on, legal_basis, valid_from, valid_until, recorded_at, agency_code, notice_version)
         select $1, $2, s.id, 'self', 'full', '{record,share,conference,plan}', '{basic,family,health,progress}', 'signed', '{purpose,scope}', '2026-12-01', '69-2-1', $3::timestamptz - interval '1 day', $3::timestamptz + interval '1 year', $3, 'chiiki_houkatsu', 'v1' from s returning id)
     insert into consent_agency (consent_id, agency_code, answer) select c.id, a, 'agreed' from c, unnest($4::text[]) as a`,
    [id, caseId, at, agencies],
  );
  return id;
}

/** The consent is withdrawn, or a part of it. */
export async function withdraws(app: TestApp, caseId: string, consentId: string, agencies: readonly string[] = []): Promise<void> {
  await query(
    app.database.ownerUrl, `insert into consent_end (id, consent_id, case_id, kind, agencies, items, types, at) values (gen_random_uuid(), $1, $2, $3, $4, '{}', '{}', $5)`,
    [consentId, caseId, agencies.length > 0 ? 'narrowed' : 'withdrawn', agencies, app.db.clock.now()],
  );
}

export interface Filing {
  caseId: string | null;
  /** Kept as this 帳票. */
  record: string;
  answers: Record<string, Json>;
  item?: Json;
  variables?: Record<string, Json>;
}

/** Has a record made of answers, as an action would: the case locked, everything in one transaction. */
export async function projects(app: TestApp, by: Person, { caseId, record, answers, item = null, variables = {} }: Filing): Promise<{ made: Record<string, Json>; told: Told[] }> {
  const told: Told[] = [];
  const made = await transact(app.db, by, async (tx) => {
    if (caseId !== null) await lockCase(tx, caseId);
    const filed = { submissionId: newId(tx.now.getTime()), taskId: null, caseId, by, answers, sent: new Set(Object.keys(answers)), item, variables, calendar: app.calendar, tell: (one: Told) => void told.push(one), warn: () => undefined };
    // a consent rests on its sheet
    if (record === 'F10') await storeSubmission(tx, { id: filed.submissionId, taskId: null, caseId, formKey: 'consent', formSha256: 'x', record: app.records.get(record)!, placed: null, answers, confidential: [], submittedById: by.userId, agencyCode: by.agencyCode });
    return (await app.records.get(record)?.project?.(tx, filed)) ?? {};
  });
  return { made, told };
}
