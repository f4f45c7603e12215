// Staff at their desks: each step of a case done by name, through the API, with the sample answers that lie beside its form.
import { expect } from '@jest/globals';
import type { Response } from 'supertest';
import { fireTimer } from '../../src/actions/fire-timer.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor } from '../support/answers.js';
import { query } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';
import { openTwo, type Client, type Two } from './two-instances.js';

export interface Desk {
  two: Two;
  now(): Date;
  /** Moves the clock. */
  later(ms: number): void;
  as(login: string): Promise<Client & { userId: string }>;
  /** Completes a step of the case; what is said replaces the sample. Whatever the answer is. */
  tries(login: string, caseNo: string, step: string, said?: Record<string, Json>): Promise<Response>;
  /** The same, and it must be done. */
  does(login: string, caseNo: string, step: string, said?: Record<string, Json>): Promise<void>;
  /** Lets the clock run to the open timer of that element and fires it. */
  passes(caseNo: string, elementId: string): Promise<void>;
  sql<T extends Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

interface Found {
  id: string;
  version: number;
  processKey: string;
  form: { key: string; schema: Json } | null;
}

export async function openDesk(startsAt: Date): Promise<Desk> {
  let at = startsAt;
  const two = await openTwo({ deploy: ['processes'], clock: { now: () => at } });
  const people = new Map<string, Promise<Client & { userId: string }>>();
  const as: Desk['as'] = (login) => people.get(login) ?? people.set(login, two.as(login)).get(login)!;
  const url = two.app.database.ownerUrl;
  const tries: Desk['tries'] = async (login, caseNo, step, said = {}) => {
    const client = await as(login);
    const id = await waitFor(`a task ${step} of ${caseNo} for ${login}`, async () => {
      const [task] = (await client.get(`/api/tasks?view=all&case=${caseNo}&elementId=${step}`).expect(200)).body.tasks as { id: string }[];
      if (!task) throw new Error(`${login} has no ${step}`);
      return task.id;
    }, { timeoutMs: 8_000 });
    const task = (await client.get(`/api/tasks/${id}`).expect(200)).body as Found;
    const answers = task.form ? answersFor(task.processKey, task.form.key, task.form.schema, said) : said;
    return client.post(`/api/tasks/${id}/complete`, { version: task.version, answers });
  };
  return {
    two, as, tries,
    now: () => at,
    later: (ms) => void (at = new Date(at.getTime() + ms)),
    async does(login, caseNo, step, said) {
      const answer = await tries(login, caseNo, step, said);
      expect({ step, login, status: answer.status, body: answer.status === 200 ? null : answer.body }).toEqual({ step, login, status: 200, body: null });
    },
    async passes(caseNo, elementId) {
      const [timer] = await query<{ id: string; due_at: Date }>(url, `select t.id, t.due_at from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1 and t.element_id = $2 and t.kind = 'bpmn' and t.status = 'pending'`, [caseNo, elementId]);
      if (!timer) throw new Error(`no timer ${elementId} of ${caseNo}`);
      if (timer.due_at > at) at = timer.due_at;
      while ((await fireTimer(two.app, { kind: 'system', name: 'test' }, { timerId: timer.id })).again);
    },
    sql: (text, values) => query(url, text, values),
    close: () => two.close(),
  };
}

export const hour = 3_600_000;
export const day = 24 * hour;
