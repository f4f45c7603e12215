// Staff at their desks: each step of a case done by name, through the API, with the sample answers that lie beside its form.
import { expect } from '@jest/globals';
import type { Response } from 'supertest';
import { fireReminder } from '../../src/actions/fire-reminder.js';
import { fireTimer } from '../../src/actions/fire-timer.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor, sampleOf, untilThen } from '../support/answers.js';
import { query } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';
import { openTwo, type Client, type Two } from './two-instances.js';

/** Something that happened at a desk. `title`: the name of the step, or of the clock, as staff read it. */
export interface Heard {
  caseNo: string;
  /** null: a clock. */
  login: string | null;
  title: string;
  /** The form that was answered, and what was said in it beside the sample. */
  schema: Json | null;
  said: Record<string, Json>;
  /** Why it was refused, in Japanese; null: it was done. */
  refused: string | null;
}

export interface Desk {
  two: Two;
  /** Has what nobody says of a case answered otherwise than the samples do. */
  retell(caseNo: string, tell: (sample: Record<string, Json>) => Record<string, Json>): void;
  /** Gives the reminders and escalations of the case that are due. */
  reminds(caseNo: string): Promise<void>;
  /** Hears of everything from now on. */
  hear(listener: (heard: Heard) => void): void;
  now(): Date;
  /** Moves the clock. */
  later(ms: number): void;
  as(login: string): Promise<Client & { userId: string }>;
  /** Completes a step of the case; what is said replaces the sample. Whatever the answer is. */
  tries(login: string, caseNo: string, step: string, said?: Record<string, Json>): Promise<Response>;
  /** The same, and it must be done. */
  does(login: string, caseNo: string, step: string, said?: Record<string, Json>): Promise<void>;
  /** Lets the clock run to the open timer of that element and fires it. `called`: what listeners hear of it instead of its name. */
  passes(caseNo: string, elementId: string, called?: string): Promise<void>;
  sql<T extends Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

interface Labelled {
  key?: string;
  path?: string;
  label?: string;
  dateLabel?: string;
  components?: Labelled[];
}

/** The label of the field that a pointer names (`/answers/legalBasis`); its key where it has none. */
function labelAt(schema: Json, pointer: string): string {
  const key = pointer.split('/').findLast((part) => part !== '' && !/^\d+$/.test(part)) ?? '';
  const find = (components: readonly Labelled[]): string | undefined => components.map((one) => (one.key === key ? (one.label ?? one.dateLabel ?? key) : find(one.components ?? []))).find((label) => label !== undefined);
  return find((schema as unknown as { components: Labelled[] }).components) ?? key;
}

/** Why it was refused, as the screen says it: at each field what is wrong there, else in one sentence. */
function whyOf({ body }: Response, schema: Json | null): string {
  const errors = (body.errors ?? []) as { pointer: string; detail: string }[];
  if (schema === null || errors.length === 0) return String(body.detail);
  return errors.map(({ pointer, detail }) => `${labelAt(schema, pointer)}: ${detail}`).join(' ');
}

interface Found {
  id: string;
  name: string;
  version: number;
  processKey: string;
  form: { key: string; schema: Json } | null;
}

export async function openDesk(startsAt: Date): Promise<Desk> {
  let at = startsAt;
  const two = await openTwo({ deploy: ['processes'], clock: { now: () => at } });
  const told = new Map<string, (sample: Record<string, Json>) => Record<string, Json>>();
  const listeners: ((heard: Heard) => void)[] = [];
  const people = new Map<string, Promise<Client & { userId: string }>>();
  const as: Desk['as'] = (login) => people.get(login) ?? people.set(login, two.as(login)).get(login)!;
  const url = two.app.database.ownerUrl;
  const tries: Desk['tries'] = async (login, caseNo, step, said = {}) => {
    const client = await as(login);
    const id = await waitFor(`a task ${step} of ${caseNo} for ${login}`, async () => {
      const [task] = (await client.get(`/api/tasks?view=all&case=${caseNo}&elementId=${step}`).expect(200)).body.tasks as { id: string }[];
      if (!task) throw new Error(`${login} has no ${step}`);
      return task.id;
    }, { timeoutMs: 30_000 });
    const task = (await client.get(`/api/tasks/${id}`).expect(200)).body as Found;
    const tell = told.get(caseNo);
    const own = tell && task.form ? untilThen(task.form.schema, tell(sampleOf(task.processKey, task.form.key)), at, said) : {};
    const answers = task.form ? answersFor(task.processKey, task.form.key, task.form.schema, { ...own, ...said }, at) : said;
    const answer = await client.post(`/api/tasks/${id}/complete`, { version: task.version, answers });
    const schema = task.form?.schema ?? null;
    const shown = Object.fromEntries(Object.entries(said).filter(([key]) => key in answers));
    listeners.forEach((listener) => listener({ caseNo, login, title: task.name, schema, said: shown, refused: answer.status === 200 ? null : whyOf(answer, schema) }));
    return answer;
  };
  return {
    two, as, tries,
    hear: (listener) => void listeners.push(listener),
    retell: (caseNo, tell) => void told.set(caseNo, tell),
    async reminds(caseNo) {
      const due = await query<{ id: string }>(url, `select m.id from timer m join task t on t.id = m.task_id where t.business_key = $1 and t.status = 'open' and m.kind in ('reminder', 'escalation') and m.status = 'pending' and m.due_at <= $2 order by m.due_at`, [caseNo, at]);
      await fireReminder(two.app, { kind: 'system', name: 'test' }, { timerIds: due.map(({ id }) => id) });
    },
    now: () => at,
    later: (ms) => void (at = new Date(at.getTime() + ms)),
    async does(login, caseNo, step, said) {
      const answer = await tries(login, caseNo, step, said);
      expect({ step, login, status: answer.status, body: answer.status === 200 ? null : answer.body }).toEqual({ step, login, status: 200, body: null });
    },
    async passes(caseNo, elementId, called) {
      const [timer] = await query<{ id: string; due_at: Date; name: string | null }>(url, `select t.id, t.due_at, substring(d.xml from 'id="' || t.element_id || '" name="([^"]*)"') as name from timer t join process_instance i on i.id = t.instance_id join process_definition d on d.id = i.definition_id where i.business_key = $1 and t.element_id = $2 and t.kind = 'bpmn' and t.status = 'pending'`, [caseNo, elementId]);
      if (!timer) throw new Error(`no timer ${elementId} of ${caseNo}`);
      if (timer.due_at > at) at = timer.due_at;
      listeners.forEach((listener) => listener({ caseNo, login: null, title: called ?? timer.name ?? elementId, schema: null, said: {}, refused: null }));
      while ((await fireTimer(two.app, { kind: 'system', name: 'test' }, { timerId: timer.id })).again);
    },
    sql: (text, values) => query(url, text, values),
    close: () => two.close(),
  };
}

export const hour = 3_600_000;
export const day = 24 * hour;
