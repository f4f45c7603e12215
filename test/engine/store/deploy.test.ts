import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completeTask } from '../../../src/actions/complete-task.js';
import { publishMessage } from '../../../src/actions/publish-message.js';
import { deployDefinition } from '../../../src/actions/deploy-definition.js';
import type { Person } from '../../../src/base/db.js';
import { testApp, type TestApp } from '../../support/app.js';
import { personByLogin } from '../../support/city.js';
import { query } from '../../support/database.js';
import { deploy, diagram, end, flows, form, keeper, message, openTasks, startBy, task } from '../../support/diagrams.js';
import { begin, codeOf, complete, instances, leftOpen, refusal } from './setup.js';

let app: TestApp;
let other: TestApp;
let mori: Person;

beforeAll(async () => {
  app = await testApp();
  other = await testApp({ database: app.database });
  mori = await personByLogin(app.database.ownerUrl, 'mori.d');
});

afterAll(async () => {
  await other?.close();
  await app?.close();
});

const version = (extra: string): string => diagram('versions', `${startBy('versions')}${task('one')}${task(extra)}${end()}${flows('start>one', `one>${extra}`, `${extra}>end`)}`, message('versions'));

describe('deploying', () => {
  test('the same again changes nothing; a change is the next version, and running cases keep theirs', async () => {
    expect(await deploy(app, version('two'))).toMatchObject({ key: 'versions', version: 1, isNew: true });
    expect(await deploy(other, version('two'))).toMatchObject({ version: 1, isNew: false });
    await begin(app, 'versions', 'V-1');
    expect(await deploy(other, version('three'))).toMatchObject({ version: 2, isNew: true });
    await begin(app, 'versions', 'V-2');
    await complete(app, mori, 'V-1', 'one');
    await complete(other, mori, 'V-2', 'one');
    expect((await openTasks(app.database.ownerUrl, 'V-1')).map((t) => t.elementId)).toEqual(['two']);
    expect((await openTasks(app.database.ownerUrl, 'V-2')).map((t) => t.elementId)).toEqual(['three']);
  });

  test('an earlier diagram deployed again is the newest one; a start that brings its folder by itself takes nothing back', async () => {
    const changed = (extra: string): string => version(extra).replaceAll('versions', 'back');
    for (const id of ['b1', 'b2']) await deploy(app, changed(id));
    expect(await deployDefinition(app, keeper, { xml: changed('b1'), once: true })).toMatchObject({ version: 1, isNew: false });
    await begin(app, 'back', 'B-1');
    expect(await deploy(app, changed('b1'))).toMatchObject({ version: 3, isNew: true });
    expect(await deploy(other, changed('b1'))).toMatchObject({ version: 3, isNew: false });
    await begin(app, 'back', 'B-2');
    await complete(app, mori, 'B-1', 'one');
    await complete(app, mori, 'B-2', 'one');
    expect((await openTasks(app.database.ownerUrl, 'B-1')).map((t) => t.elementId)).toEqual(['b2']);
    expect((await openTasks(app.database.ownerUrl, 'B-2')).map((t) => t.elementId)).toEqual(['b1']);
  });

  test('several at once make one version each', async () => {
    const deployed = await Promise.all(['a1', 'a2', 'a3', 'a4'].map((id, i) => deploy(i % 2 ? app : other, version(id))));
    expect(deployed.map((d) => d.version).toSorted()).toEqual([3, 4, 5, 6]);
  });

  test('is refused with the rule and the element, and nothing is stored', async () => {
    const xml = diagram('bad', `${startBy('bad')}${task('one', { form: 'missing', group: 'grp.nowhere' })}${end()}${flows('start>one', 'one>end')}`, message('bad'));
    const problem = await refusal(deployDefinition(app, keeper, { xml }));
    expect(problem.code).toBe('diagram_refused');
    expect((problem.extra['refusals'] as { element: string }[]).map((r) => r.element)).toEqual(expect.arrayContaining(['one']));
    expect(await query(app.database.ownerUrl, `select 1 from process_definition where key = 'bad'`)).toEqual([]);
  });

  test('is refused when another process starts with the same message', async () => {
    const xml = diagram('rival', `${startBy('versions')}${task('one')}${end()}${flows('start>one', 'one>end')}`, message('versions'));
    expect((await refusal(deployDefinition(app, keeper, { xml }))).extra).toMatchObject({ refusals: [{ rule: 'start-message-taken', element: 'start' }] });
  });

  test('is for policy staff', async () => {
    expect(await codeOf(deployDefinition(app, mori, { xml: version('x') }))).toBe('forbidden');
  });
});

const many = diagram(
  'many_agencies',
  `${startBy('many_agencies')}${task('answer', { group: '="grp.sectionLead." + agency', form: 'f', inner: '<bpmn:multiInstanceLoopCharacteristics camunda:collection="=agencies" camunda:elementVariable="agency" />' })}${task('sum_up')}${end()}${flows('start>answer', 'answer>sum_up', 'sum_up>end')}`,
  message('many_agencies'),
);

describe('one task for each agency', () => {
  const agencies = ['shakyo', 'elderly_welfare', 'school_education'];

  test('goes to each with its own inbox, and the case goes on when all have answered', async () => {
    await deploy(app, many, { f: form });
    await begin(app, 'many_agencies', 'N-1', { agencies });
    const tasks = await query<{ id: string; item: string; groups: string[] }>(app.database.ownerUrl, `select id, item, candidate_groups as groups from task where business_key = 'N-1'`);
    expect(tasks.map((t) => [t.item, t.groups]).toSorted()).toEqual(agencies.toSorted().map((a) => [a, [`grp.sectionLead.${a}`]]));
    const people = tasks.map((t): Person => ({ ...mori, groups: t.groups }));
    await Promise.all(tasks.map((t, i) => completeTask(i % 2 ? app : other, people[i]!, { taskId: t.id, version: 1, answers: { result: 'ok' } })));
    expect((await openTasks(app.database.ownerUrl, 'N-1')).map((t) => t.elementId)).toEqual(['sum_up']);
    await complete(app, mori, 'N-1', 'sum_up');
    expect(await leftOpen(app, 'N-1')).toEqual([]);
    expect((await instances(app, 'N-1'))[0]).toMatchObject({ status: 'ended', endReason: 'completed' });
  });

  test('is never opened for an agency that does not exist', async () => {
    const kato = await personByLogin(app.database.ownerUrl, 'kato.m');
    const problem = await refusal(publishMessage(app, kato, { name: 'many_agencies', businessKey: 'N-2', variables: { agencies: ['shakyo', 'atlantis'] } }));
    expect(problem).toMatchObject({ code: 'step_failed', extra: { elementId: null, code: 'expression' } });
    expect(await instances(app, 'N-2')).toEqual([]);
  });
});
