// P13: every path of 業務手順の改定, and that nobody approves their own draft.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completeTask } from '../../src/actions/complete-task.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import { testApp, type TestApp } from '../support/app.js';
import type { Answers } from '../../src/services/samples.js';
import { answersFor } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { walkPaths } from './paths.js';
import { done, readDiagram } from './walk.js';

const diagram = await readDiagram('definition_change');
const tried = (trialOutcome: string) => [done('draft_change'), done('try_change', { trialOutcome })];
const approval = (said: string) => [...tried('good'), done('approve_change', { approval: said, ...(said === 'approve' ? {} : { approvalReason: '再考' }) })];

walkPaths(diagram, { variables: { changeId: null, caseId: null } }, [
  { title: 'a draft is tried before anybody is asked', moves: [done('draft_change')], waits: ['try_change'] },
  { title: 'what does not work is drafted again', moves: tried('mend'), waits: ['draft_change'] },
  { title: 'what works lies with the head of section for ten days', moves: tried('good'), waits: ['approve_change'], check: ({ waits }) => expect(waits[0]!.task).toMatchObject({ candidateGroups: ['grp.chair'], deadline: { dueIn: '10BD' } }) },
  { title: 'approved, published with its day, and made known', moves: [...approval('approve'), done('publish_change'), done('tell_agencies')], ends: 'end_told' },
  { title: 'returned, it is drafted again', moves: approval('return'), waits: ['draft_change'] },
  { title: 'dropped, it ends', moves: approval('drop'), ends: 'end_dropped' },
], { days: 28, elements: ['draft_change', 'tell_agencies'] });

describe('a second person', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({ deploy: ['processes/definition_change'] });
  }, 180_000);
  afterAll(() => app.close());

  const does = async (login: string, elementId: string, said: Answers = {}): Promise<void> => {
    const person = await personByLogin(app.database.ownerUrl, login);
    const [task] = await query<{ id: string; version: number }>(app.database.ownerUrl, `select id, version from task where element_id = $1 and status = 'open' order by id desc limit 1`, [elementId]);
    await completeTask(app, person, { taskId: task!.id, version: task!.version, answers: answersFor('definition_change', elementId, diagram.forms.get(elementId)!, said) });
  };
  const begin = async (): Promise<void> => {
    await publishMessage(app, await personByLogin(app.database.ownerUrl, 'kato.m'), { name: 'definition_change_requested' });
  };
  const joins = (login: string, group: string): Promise<unknown> => query(app.database.ownerUrl, `insert into membership (user_id, group_key) select id, $2 from app_user where login = $1 on conflict do nothing`, [login, group]);
  const changeNow = async (): Promise<Record<string, unknown>> => (await query(app.database.ownerUrl, `select status, approved_by_id as "approvedBy", effective_on::text as "effectiveOn", version from definition_change order by drafted_at desc, id desc limit 1`))[0]!;

  test('nobody approves a draft that they had a hand in, also not the second to draft it', async () => {
    await joins('kato.m', 'grp.chair');
    await joins('nakamura.m', 'grp.policy');
    await begin();
    await does('kato.m', 'draft_change');
    await does('kato.m', 'try_change');
    await expect(does('kato.m', 'approve_change')).rejects.toMatchObject({ code: 'own_change' });
    await does('nakamura.m', 'approve_change', { approval: 'return', approvalReason: '理由が足りない' });
    await does('nakamura.m', 'draft_change');
    await does('kato.m', 'try_change');
    for (const login of ['kato.m', 'nakamura.m']) await expect(does(login, 'approve_change')).rejects.toMatchObject({ code: 'own_change' });
    await joins('kobayashi.t', 'grp.chair');
    await does('kobayashi.t', 'approve_change');
    const { userId } = await personByLogin(app.database.ownerUrl, 'kobayashi.t');
    expect(await changeNow()).toMatchObject({ status: 'approved', approvedBy: userId });
    await expect(does('kato.m', 'publish_change', { effectiveOn: '2020-01-01' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/effectiveOn' }] });
    await does('kato.m', 'publish_change');
    expect(await changeNow()).toMatchObject({ status: 'published', effectiveOn: '2099-04-01', version: 2 });
    await does('kato.m', 'tell_agencies');
    expect(await changeNow()).toMatchObject({ status: 'told' });
  });

  test('not by a changed diagram, and not past the application', async () => {
    await begin();
    await does('kato.m', 'draft_change');
    // as if somebody had drawn the publication straight after the draft
    await query(app.database.ownerUrl, `update task set element_id = 'publish_change', form_key = 'publish_change' where element_id = 'try_change' and status = 'open'`);
    await expect(does('kato.m', 'publish_change')).rejects.toMatchObject({ code: 'change_not_approved' });
    await expect(query(app.database.ownerUrl, `update definition_change set approved_by_id = drafters[1] where status = 'drafted'`)).rejects.toThrow('definition_change_second_person');
    await expect(query(app.database.ownerUrl, `update definition_change set status = 'published' where status = 'drafted'`)).rejects.toThrow('definition_change_status');
  });
});
