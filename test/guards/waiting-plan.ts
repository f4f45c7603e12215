// A case whose plan waits for the city's decision, without its processes: for the guards that hold whatever is drawn.
import type { Person } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { Problem } from '../../src/base/problem.js';
import { sampleOf } from '../support/answers.js';
import type { TestApp } from '../support/app.js';
import { agrees, bareCase, projects } from '../support/casework.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const group = (agency: string): string => `grp.sectionLead.${agency}`;
const of = (key: string): Record<string, Json> => sampleOf('coordination_main', key);

/** The code of a refusal, the message of a fault, or `done`. */
export const refusedBy = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: Error) => (error instanceof Problem ? error.code : error.message));

export interface Planned {
  caseId: string;
  caseNo: string;
  rows<T extends Record<string, unknown>>(sql: string, ...more: unknown[]): Promise<T[]>;
  /** As that person is now on record, or as they are given. */
  files(by: string | Person, record: string, answers: Record<string, Json>, app?: TestApp): Promise<unknown>;
  drafts(by: string | Person, app?: TestApp): Promise<unknown>;
  decides(by: string | Person, supportDecision?: string, app?: TestApp): Promise<unknown>;
  status(): Promise<string[]>;
}

/** Drafted by the city's coordinator, explained and signed; the consent covers its agencies. */
export async function waitingPlan(app: TestApp, agencies: readonly string[] = ['elderly_welfare']): Promise<Planned> {
  const { caseId, caseNo } = await bareCase(app);
  const url = app.database.ownerUrl;
  const personOf = async (by: string | Person): Promise<Person> => (typeof by === 'string' ? personByLogin(url, by) : by);
  const files: Planned['files'] = async (by, record, answers, on = app) => projects(on, await personOf(by), { caseId, record, answers, variables: { meetingResult: 'suitable' } });
  const [firstRole] = of('draft_plan')['roles'] as Record<string, Json>[];
  const plan = { ...of('draft_plan'), leadGroup: group(agencies[0]!), roleGroups: agencies.map(group), roles: agencies.map((agency) => ({ ...firstRole!, agency: group(agency) })) };
  await files('sato.h', 'F05.coordinator', of('assign_coordinator'));
  await agrees(app, caseId, agencies);
  await files('sato.h', 'F05', plan);
  await files('sato.h', 'F05.signature', of('explain_plan'));
  return {
    caseId, caseNo, files,
    rows: (sql, ...more) => query(url, sql, [caseId, ...more]),
    drafts: (by, on) => files(by, 'F05', plan, on),
    decides: (by, supportDecision = 'decided', on = app) => files(by, 'F05.decision', { ...of('decide_support'), supportDecision }, on),
    status: async () => (await query<{ status: string }>(url, `select status from plan where case_id = $1 order by version`, [caseId])).map(({ status }) => status),
  };
}
