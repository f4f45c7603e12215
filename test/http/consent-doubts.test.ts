// 判断困難 of somebody whose consent stands, at the desks: chair or coordinator have a task about it, with its day and its ladder, until
// it is settled. A notice alone is lost on staff who are interrupted all day.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { grantAccess } from '../../src/domain/access.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { day, openDesk, type Desk } from './desk.js';

const why = '認知症が進み、説明の意味を受け取れない';
let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:00:00+09:00'));
}, 180_000);
afterAll(() => desk?.close());

interface Case {
  caseNo: string;
  caseId: string;
}
const files = async ({ caseNo }: Case, said: Record<string, Json>) => (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'consent', answers: said });
const given = { ...sampleOf('anytime', 'consent'), consentState: 'full', scopeAgencies: ['elderly_welfare', 'welfare_policy'].map((agency) => ({ agency, answer: 'agreed' })), householdMembers: [] };
const doubts = { subject: 'self', consentState: 'incapable', explained: ['purpose'], explainedBy: '森 大輔', explainedOn: '令和8年5月11日', refusalReason: why };

async function consented(): Promise<Case> {
  const case_ = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
  const { excludedGroups: _none, ...answers } = given as Record<string, Json>;
  expect((await files(case_, answers)).status).toBe(201);
  return case_;
}
async function doubted(): Promise<Case> {
  const case_ = await consented();
  desk.later(60_000); // what is said in one and the same millisecond has no order
  expect((await files(case_, doubts)).body).toMatchObject({ warnings: [{ code: 'consent_still_holds', detail: expect.stringContaining('T-P10-06') }] });
  return case_;
}
interface Line {
  id: string;
  dueAt: string;
  candidateGroups: string[];
}
const tasksOf = async ({ caseNo }: Case, login = 'nakamura.m', elementId = 'decide_consent_use'): Promise<Line[]> => (await (await desk.as(login)).get(`/api/tasks?view=all&case=${caseNo}&elementId=${elementId}`).expect(200)).body.tasks as Line[];
const flagsOf = async ({ caseNo }: Case) => (await (await desk.as('mori.d')).get(`/api/cases/${caseNo}/flags`).expect(200)).body.flags as { reviewOn: string; resolvedAt: string | null; history: { kind: string; reason: string }[] }[];
const covered = async ({ caseId }: Case): Promise<number> => (await desk.sql(`select 1 from case_access where case_id = $1 and basis = 'consent' and ended_at is null`, [caseId])).length;
const decides = (case_: Case, said: Record<string, Json>, login = 'nakamura.m') => desk.tries(login, case_.caseNo, 'decide_consent_use', { ...sampleOf('consent_withdrawal', 'decide_consent_use'), ...said });

describe('somebody whose consent stands can no longer judge', () => {
  test('chair and coordinators have a task, due in ten business days, which says why to whoever may see it; nobody else has', async () => {
    const case_ = await doubted();
    for (const login of ['nakamura.m', 'sato.h']) {
      const [task, ...more] = await tasksOf(case_, login);
      expect([task!.candidateGroups, task!.dueAt, more]).toEqual([['grp.chair', 'grp.coordinator.city'], '2026-05-25T08:15:00.000Z', []]);
    }
    expect(await tasksOf(case_, 'ishikawa.r')).toEqual([]);
    const [task] = await tasksOf(case_);
    const carried = async () => ((await (await desk.as('nakamura.m')).get(`/api/tasks/${task!.id}`).expect(200)).body as { carried: Record<string, Json> }).carried;
    // by a consent alone one is not told why somebody is thought unable to judge; who works on the case is
    expect(await carried()).toMatchObject({ situationOn: '令和8年5月11日' });
    expect(JSON.stringify(await carried())).not.toContain(why);
    await transact(desk.two.app.db, { kind: 'system', name: 'test' }, (tx) => grantAccess(tx, { caseId: case_.caseId, reader: 'grp.chair', level: 'content', basis: 'assignment', basisId: null }));
    expect(await carried()).toMatchObject({ situation: why, situationOn: '令和8年5月11日' });
    const rungs = await desk.sql<{ kind: string; n: number }>(`select kind, count(*)::int as n from timer where task_id = $1 and status = 'pending' group by kind order by kind`, [task!.id]);
    expect(rungs.map(({ kind, n }) => `${kind} ${n}`)).toEqual(['escalation 3', 'reminder 1']);
    expect(await covered(case_)).toBe(2);
  });

  test('used on as it was given: the flag is resolved with the reason, the consent goes on to its own last day', async () => {
    const case_ = await doubted();
    const keeps = { consentUse: 'keep', arrangements: null, reviewOn: null, useReason: '本人の暮らしを支えている' };
    // whoever coordinates may look for somebody or ask the chair; that it is used on with nobody beside them, the city decides
    const refused = await decides(case_, keeps, 'sato.h');
    expect([refused.status, refused.body.type]).toEqual([403, expect.stringMatching(/not_city_decision$/)]);
    expect([await flagsOf(case_), await tasksOf(case_)]).toMatchObject([[{ resolvedAt: null }], [{}]]);
    expect((await decides(case_, keeps)).status).toBe(200);
    expect(await flagsOf(case_)).toMatchObject([{ resolvedAt: expect.any(String), history: expect.arrayContaining([expect.objectContaining({ kind: 'resolved', reason: '本人の暮らしを支えている' })]) }]);
    expect([await tasksOf(case_), await covered(case_)]).toEqual([[], 2]);
  });

  test('somebody has to be found who stands by them: on the day that was said the task comes back, until it is settled', async () => {
    const case_ = await doubted();
    for (const [reviewOn, status] of [[null, 422], ['令和8年5月11日', 422], ['令和8年5月', 422], ['令和8年8月14日', 200]] as const) expect([reviewOn, (await decides(case_, { reviewOn })).status]).toEqual([reviewOn, status]);
    expect(await flagsOf(case_)).toMatchObject([{ reviewOn: '2026-08-14', resolvedAt: null, history: expect.arrayContaining([expect.objectContaining({ kind: 'changed' })]) }]);
    expect(await tasksOf(case_)).toEqual([]);
    const [timer] = await desk.sql<{ id: string; due_at: Date }>(`select id, due_at from timer where case_id = $1 and rule = 'capacity_undecided' and status = 'pending'`, [case_.caseId]);
    expect(timer!.due_at.toISOString()).toBe('2026-08-13T23:45:00.000Z');
    const { fireDomainTimer } = await import('../../src/actions/fire-domain-timer.js');
    const before = desk.now();
    desk.later(timer!.due_at.getTime() - before.getTime());
    try {
      await Promise.all([1, 2].map(() => fireDomainTimer(desk.two.app, { kind: 'system', name: 'test' }, { timerId: timer!.id })));
      expect(await tasksOf(case_)).toHaveLength(1);
      expect((await decides(case_, { consentUse: 'keep', arrangements: null, reviewOn: null })).status).toBe(200);
      expect(await flagsOf(case_)).toMatchObject([{ resolvedAt: expect.any(String) }]);
    } finally {
      desk.later(before.getTime() - desk.now().getTime());
    }
  });

  test('a 支援会議 decides it: the chair judges whether it may; where one is at work already, none begins', async () => {
    const case_ = await doubted();
    expect((await decides(case_, { consentUse: 'confidential', arrangements: null }, 'sato.h')).status).toBe(200);
    expect(await tasksOf(case_, 'nakamura.m', 'judge_applicability')).toHaveLength(1);
    const [flag] = await flagsOf(case_);
    expect(flag).toMatchObject({ reviewOn: '2026-08-14', resolvedAt: null });
    const again = await desk.sql<{ id: string }>(`select id from timer where case_id = $1 and rule = 'capacity_undecided' and status = 'pending'`, [case_.caseId]);
    const { fireDomainTimer } = await import('../../src/actions/fire-domain-timer.js');
    desk.later(100 * day);
    try {
      await fireDomainTimer(desk.two.app, { kind: 'system', name: 'test' }, { timerId: again[0]!.id });
      expect((await decides(case_, { consentUse: 'confidential', arrangements: null, reviewOn: '令和8年12月1日' })).status).toBe(200);
      expect(await tasksOf(case_, 'nakamura.m', 'judge_applicability')).toHaveLength(1);
    } finally {
      desk.later(-100 * day);
    }
  });

  test('said twice at once, and once more, it is one task', async () => {
    const case_ = await consented();
    const both = await Promise.all([files(case_, doubts), files(case_, doubts)]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    await files(case_, doubts);
    expect(await tasksOf(case_)).toHaveLength(1);
    expect(await flagsOf(case_)).toHaveLength(1);
  });
});
