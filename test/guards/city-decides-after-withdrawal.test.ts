// Guard: whether and on what ground support goes on after a withdrawal is decided by the city, never by whoever coordinates (T-P10-04).
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { publishMessage } from '../../src/actions/publish-message.js';
import { transact } from '../../src/base/db.js';
import { newId } from '../../src/base/id.js';
import { grantAccess } from '../../src/domain/access.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { keeper } from '../support/diagrams.js';
import { bareCase, type OpenCase } from '../support/steps.js';
import { openDesk, type Desk } from '../http/desk.js';
import { redraw, shippedForm } from './redraw.js';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:00:00+09:00'));
}, 180_000);
afterAll(() => desk.close());

const answers = (said: Record<string, Json> = {}) => ({ ...sampleOf('consent_withdrawal', 'judge_continuation'), ...said });
const decided = (caseId: string) => desk.sql<{ decision: string; login: string }>(`select d.decision, u.login from case_decision d join app_user u on u.id = d.decided_by_id where d.case_id = $1 and d.kind = 'continuation' order by d.decided_at`, [caseId]);

/** A case whose consent was taken back, as far as the proposal. */
async function proposed(): Promise<OpenCase> {
  const one = await bareCase(desk.two.app);
  await transact(desk.two.app.db, keeper, (tx) => grantAccess(tx, { caseId: one.caseId, reader: 'agency:chiiki_houkatsu', level: 'content', basis: 'intake', basisId: null }));
  const mori = await desk.as('mori.d');
  const file = (formKey: string, said: Record<string, Json> = {}) => mori.post(`/api/cases/${one.caseNo}/records`, { formKey, answers: { ...sampleOf('anytime', formKey), ...said } }).expect(201);
  await file('consent', { consentState: 'full', scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }], householdMembers: [] });
  await file('consent_withdrawal');
  await desk.does('mori.d', one.caseNo, 'record_withdrawal');
  await desk.does('sato.h', one.caseNo, 'confirm_stop');
  while ((await desk.sql(`select 1 from task where business_key = $1 and element_id = 'notify_recipient' and status = 'open'`, [one.caseNo])).length > 0) await desk.does('sato.h', one.caseNo, 'notify_recipient');
  await desk.does('sato.h', one.caseNo, 'propose_continuation', { continuation: 'declined', judgementReason: '本人は、もう誰にも来てほしくないと話している。', keeps: [], reviewOn: '' });
  return one;
}

const taskId = async (caseNo: string, step: string): Promise<{ id: string; version: number }> => (await desk.sql<{ id: string; version: number }>(`select id, version from task where business_key = $1 and element_id = $2 and status = 'open'`, [caseNo, step]))[0]!;

describe('after a withdrawal the city decides', () => {
  test('ROLE the coordinator who proposed, of the city or of a contractor, cannot decide; the chair can, and otherwise than proposed', async () => {
    const { caseNo, caseId } = await proposed();
    const { id, version } = await taskId(caseNo, 'judge_continuation');
    for (const login of ['sato.h', 'yamaguchi.n', 'mori.d', 'ishikawa.r']) expect([login, (await (await desk.as(login)).post(`/api/tasks/${id}/complete`, { version, answers: answers({ continuation: 'declined' }) })).status]).toEqual([login, 404]);
    expect(await decided(caseId)).toEqual([]);
    const { carried } = (await (await desk.as('nakamura.m')).get(`/api/tasks/${id}`).expect(200)).body as { carried: Record<string, Json> };
    expect(carried).toMatchObject({ proposal: 'declined', judgementReason: '本人は、もう誰にも来てほしくないと話している。', legalBasis: 'none' });
    await desk.does('nakamura.m', caseNo, 'judge_continuation', { continuation: 'limited' });
    expect(await decided(caseId)).toEqual([{ decision: 'limited', login: 'nakamura.m' }]);
  }, 120_000);

  test('DIAGRAM a step that is given to the coordinators decides nothing', async () => {
    await redraw(desk.two.app, 'judged_by_coordinator', [{ id: 'judged_by_coordinator_task', group: 'grp.coordinator.city,grp.coordinator.shakyo,grp.chair', form: shippedForm('consent_withdrawal', 'judge_continuation') }]);
    const { caseNo, caseId } = await proposed();
    await publishMessage(desk.two.app, keeper, { name: 'judged_by_coordinator', correlationKey: caseId, businessKey: caseNo, variables: { caseId }, ttlS: 0 });
    const { id, version } = await taskId(caseNo, 'judged_by_coordinator_task');
    for (const login of ['sato.h', 'yamaguchi.n']) for (const continuation of ['limited', 'declined', 'serious_risk', 'narrowed']) {
      const said = continuation === 'declined' ? { keeps: [], reviewOn: '', risk: '' } : continuation === 'narrowed' ? { risk: '' } : {};
      const { status, body } = await (await desk.as(login)).post(`/api/tasks/${id}/complete`, { version, answers: answers({ continuation, ...said }) });
      expect([login, continuation, status, String(body.type).split(/[/:]/).at(-1)]).toEqual([login, continuation, 403, 'not_city_decision']);
    }
    expect(await decided(caseId)).toEqual([]);
    expect(await desk.sql(`select 1 from submission where case_id = $1 and record = 'F17.judgement'`, [caseId])).toEqual([]);
  }, 120_000);

  test('SQL the application cannot write that somebody else decided it', async () => {
    const { caseId } = await bareCase(desk.two.app);
    const writes = (login: string) => transact(desk.two.app.db, keeper, (tx) => tx.db.$executeRawUnsafe(
      `insert into case_decision (id, case_id, kind, decision, decided_by_id, decided_at, submission_id) values ($1::uuid, $2::uuid, 'continuation', 'limited', (select id from app_user where login = $3), now(), $1::uuid)`, newId(Date.now()), caseId, login));
    for (const login of ['sato.h', 'saito.o', 'mori.d']) await expect(writes(login)).rejects.toThrow('decided by its chair or director');
    await writes('kobayashi.t');
    expect(await decided(caseId)).toEqual([{ decision: 'limited', login: 'kobayashi.t' }]);
  });
});
