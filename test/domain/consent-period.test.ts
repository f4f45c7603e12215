// 同意の期間 (F10 validUntil): to the end of the plan in force where nobody says until when, else as long as the city has laid down.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Person } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { agrees, bareCase, projects } from '../support/casework.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const elderly = 'elderly_welfare';
const group = (agency: string): string => `grp.sectionLead.${agency}`;
const sample = (key: string): Record<string, Json> => sampleOf('coordination_main', key);
const [firstRole] = sample('draft_plan')['roles'] as Record<string, Json>[];

let app: TestApp;
let caseId: string;
const people: Record<string, Person> = {};
const rows = <T extends Record<string, unknown>>(sql: string): Promise<T[]> => query<T>(app.database.ownerUrl, sql, [caseId]);
const files = (login: string, record: string, answers: Record<string, Json>, variables: Record<string, Json> = {}) => projects(app, people[login]!, { caseId, record, answers, variables });
const drafted = () => files('sato.h', 'F05', { ...sample('draft_plan'), leadGroup: group(elderly), roleGroups: [group(elderly)], roles: [{ ...firstRole!, agency: group(elderly) }] });

beforeAll(async () => {
  app = await testApp();
  for (const login of ['sato.h', 'nakamura.m']) people[login] = await personByLogin(app.database.ownerUrl, login);
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ caseId } = await bareCase(app));
  await files('sato.h', 'F05.coordinator', sample('assign_coordinator'));
});

async function inForce(): Promise<void> {
  await agrees(app, caseId, [elderly]);
  await drafted();
  await files('sato.h', 'F05.signature', sample('explain_plan'));
  await files('nakamura.m', 'F05.decision', { ...sample('decide_support'), supportDecision: 'decided' }, { meetingResult: 'suitable' });
}

describe('a consent of which nobody says until when', () => {
  const today = (): string => app.calendar.onDate(new Date());
  const consents = (validUntil = '') => files('sato.h', 'F10', { ...sampleOf('anytime', 'consent'), validFrom: today(), explainedOn: today(), validUntil });
  const untils = async (): Promise<string[]> => (await rows<{ until: string }>(`select to_char((valid_until at time zone 'Asia/Tokyo') - interval '1 day', 'YYYY-MM-DD') as until from consent where case_id = $1 and recorded_at > valid_from order by recorded_at, id`)).map(({ until }) => until);
  const newest = async (): Promise<string> => (await untils()).at(-1)!;
  const aYear = (): string => app.calendar.onDate(app.calendar.add(new Date(`${today()}T00:00:00+09:00`), 'P1Y'));

  test('holds as long as the city has laid down while there is no plan, or one that is only drafted', async () => {
    await consents();
    expect(await newest()).toBe(aYear());
    await drafted();
    await consents();
    expect(await newest()).toBe(aYear());
  });

  test('holds to the end of the plan in force, as it was extended; what was agreed to before stays as it was', async () => {
    await inForce();
    await consents();
    const [{ ends }] = (await rows<{ ends: string }>(`select ends_on::text as ends from plan where case_id = $1`)) as [{ ends: string }];
    expect(ends).not.toBe(aYear());
    expect(await newest()).toBe(ends);
    const before = await untils();
    await files('nakamura.m', 'F05.extension', { ...sampleOf('monitor_replan', 'decide_plan_end'), planEndDecision: 'extend', extensionPeriod: 'P2M' });
    await consents();
    expect([(await untils()).slice(0, before.length), await newest() > ends]).toEqual([before, true]);
    await consents('2027-01-31');
    expect(await newest()).toBe('2027-01-31');
  });
});
