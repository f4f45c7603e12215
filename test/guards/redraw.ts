// What policy staff may do to forms and diagrams, for the tests that break a guard by it: fields taken out, options renamed, defaults
// set, the mark of a 帳票 taken off, steps left out or given to others.
import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { deployDefinition } from '../../src/actions/deploy-definition.js';
import type { App } from '../../src/app.js';
import type { Json } from '../../src/engine/model.js';
import { diagram, end, flows, keeper, message, startBy, task } from '../support/diagrams.js';
import type { Desk } from '../http/desk.js';
import { openTwo, type Two } from '../http/two-instances.js';

interface Component {
  key?: string;
  path?: string;
  components?: Component[];
  [name: string]: unknown;
}
export type Form = { components: Component[] } & Record<string, unknown>;
export type Forms = Record<string, Json>;

const read = (path: string): string => readFileSync(new URL(`../../processes/${path}`, import.meta.url), 'utf8');
export const shippedForm = (folder: string, key: string): Form => JSON.parse(read(`${folder}/forms/${key}.json`)) as Form;
export const shippedDiagram = (folder: string): string => read(`${folder}/${folder}.bpmn`);

/** The form with the field of that key replaced by what `change` makes of it; null: taken out. */
export function withField(form: Form, key: string, change: (component: Component) => Component | null): Form {
  const walk = (components: Component[]): Component[] => components.flatMap<Component>((one) => ((one.key ?? one.path) === key ? (change(one) ?? []) : [one.components ? { ...one, components: walk(one.components) } : one]));
  return { ...form, components: walk(form.components) };
}

/** A form that is kept as no 帳票 any more. */
export function unmarked({ record: _record, ...form }: Form): Form {
  return form as Form;
}

/** What is done to a field that the law is decided by, by name. */
export const spoilt: readonly (readonly [what: string, change: (component: Component) => Component | null])[] = [
  ['the field taken out', () => null],
  ['an option renamed', (one) => ({ ...one, values: ((one['values'] ?? [{ label: 'はい', value: 'yes' }]) as { label: string; value: string }[]).map((option, at) => (at === 0 ? { ...option, value: 'renamed' } : option)) })],
  ['no answer required', (one) => ({ ...one, validate: { required: false } })],
];

/** The details of the refusals; empty when it was deployed. */
export async function refusalOf(app: App, xml: string, forms: Record<string, Form>): Promise<string> {
  return deployDefinition(app, keeper, { xml, forms: forms as unknown as Forms }).then(
    () => '',
    (error: { errors?: { detail: string }[]; message: string }) => error.errors?.map(({ detail }) => detail).join(' ') ?? error.message,
  );
}

export interface Step {
  /** The id of the element, also the key of its form. */
  id: string;
  group: string;
  form?: Form;
}

/** Deploys a process that asks these steps one after the other and nothing else; it starts by the message of its own name. */
export async function redraw(app: App, name: string, steps: readonly Step[]): Promise<void> {
  const path = ['start', ...steps.map(({ id }) => id), 'end'];
  const body = [startBy(name), ...steps.map(({ id, group, form }) => task(id, { group, ...(form ? { form: id } : {}) })), end(), flows(...path.slice(1).map((to, at) => `${path[at]}>${to}`))].join('');
  const forms = Object.fromEntries(steps.flatMap(({ id, form }) => (form ? [[id, form]] : [])));
  expect(await refusalOf(app, diagram(name, body, message(name)), forms)).toBe('');
}

/** Starts it for a case, as policy staff would. */
export async function begin(desk: Desk, name: string, { caseNo, caseId }: { caseNo: string; caseId: string }, variables: Record<string, Json> = {}): Promise<void> {
  await (await desk.as('kato.m')).post('/api/messages', { name, correlationKey: caseId, businessKey: caseNo, variables, ttlS: 0 }).expect(201);
}

/** The open task of a case as this person sees it; they take it. */
export async function taken(desk: Desk, login: string, caseNo: string, elementId: string): Promise<{ id: string; version: number; carried: Record<string, Json> }> {
  const client = await desk.as(login);
  const { tasks } = (await client.get(`/api/tasks?view=all&case=${caseNo}&elementId=${elementId}`).expect(200)).body as { tasks: { id: string; version: number; assigneeId: string | null }[] };
  const found = tasks.find(({ assigneeId }) => assigneeId === null) ?? tasks[0];
  const claimed = await client.post(`/api/tasks/${found!.id}/claim`, { version: found!.version });
  expect([claimed.status, claimed.body.title]).toEqual([200, undefined]);
  return (await client.get(`/api/tasks/${found!.id}`).expect(200)).body as { id: string; version: number; carried: Record<string, Json> };
}

/** The code of a refusal, or `done`. */
export const codeOf = ({ status, body }: { status: number; body: { type?: string } }): string => (status < 300 ? 'done' : String(body.type).split('/').at(-1)!);

/** The system started anew on what is stored. Closed by whoever asked. */
export const restarted = (desk: Desk): Promise<Two> => openTwo({ database: desk.two.app.database, deploy: [], clock: { now: desk.now } });

/** Everything that the API shows of a case, as far as this person is shown anything: for looking whether a word is in it. */
export async function everythingShown(desk: Desk, login: string, caseNo: string): Promise<string> {
  const client = await desk.as(login);
  const pages = ['', '/records', '/chronology', '/attachments', '/household', '/consents', '/disclosures', '/plans', '/roles', '/evaluations', '/decisions', '/referrals', '/flags', '/emergencies', '/exits', '/outreach', '/participation', '/conversion', '/disclosure-requests'];
  const shown: string[] = [];
  for (const page of pages) {
    const { status, body } = await client.get(`/api/cases/${caseNo}${page}`);
    if (status === 200) shown.push(JSON.stringify(body));
  }
  const records = await client.get(`/api/cases/${caseNo}/records`);
  for (const { id } of (records.status === 200 ? records.body.records : []) as { id: string }[]) shown.push((await client.get(`/api/records/${id}`)).text);
  for (const view of ['all', 'done', 'escalated']) {
    const { tasks } = (await client.get(`/api/tasks?view=${view}&case=${caseNo}`).expect(200)).body as { tasks: { id: string }[] };
    for (const { id } of tasks) shown.push((await client.get(`/api/tasks/${id}`)).text);
  }
  for (const path of ['/api/notifications', '/api/meetings?past=true', '/api/meetings/decisions', '/api/community-issues', `/api/instances?case=${caseNo}`]) {
    const { status, text } = await client.get(path);
    if (status === 200) shown.push(text);
  }
  return shown.join('\n');
}
