import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { correctIdentity as correct, type ClientRow, type Identity } from '../domain/people/clients.js';
import { mustWorkWithClient } from '../domain/people/reach.js';
import { formatProblem } from '../engine/forms/formats.js';
import { act, type Ask } from './act.js';
import { mustHaveReason } from './reason.js';

export interface CorrectInput extends Ask {
  clientId: string;
  version: number;
  changes: Partial<Identity>;
  reason: string;
}

const formats: readonly (readonly [keyof Identity, string])[] = [['kana', 'kana'], ['birthDate', 'date'], ['postalCode', 'postalCode'], ['phoneHome', 'phone'], ['phoneMobile', 'phone']];

function mustFit(changes: Partial<Identity>): void {
  const errors = formats.flatMap(([key, format]) => {
    const text = changes[key];
    const detail = typeof text === 'string' && text !== '' ? formatProblem(format, text) : null;
    return detail === null ? [] : [{ pointer: `/changes/${key}`, detail }];
  });
  if (Object.keys(changes).length === 0) errors.push({ pointer: '/changes', detail: '直す項目を入力してください。' });
  if (errors.length > 0) throw new Problem('invalid', { errors });
}

/**
 * Corrects who somebody is: once for every case and every form that carries it. What was said before stays with the reason.
 * @throws Problem forbidden (also of somebody whom one was only told of), not_found, version_conflict; invalid (no reason, no such date, nobody could be called by it)
 */
export async function correctIdentity(app: App, person: Person, input: CorrectInput): Promise<ClientRow> {
  const { clientId, version, changes, reason } = input;
  mustHaveReason(reason);
  mustFit(changes);
  return act(app, person, {
    action: 'people.correct',
    resource: { type: 'person', id: clientId },
    ask: input,
    request: { version, changes, reason },
    async work(tx) {
      const basis = authorize(person, 'people.correct');
      await mustWorkWithClient(tx, person, clientId);
      const answer = await correct(tx, clientId, version, changes, reason, app.calendar.onDate(tx.now));
      return { answer, basis, fields: Object.keys(changes) };
    },
  });
}
