// What happens when a moment that the domain waits for has come (domain/timers): one line a rule.
import type { Calendar } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import { remindOfDoubt, remindToAsk } from './consents/ask-again.js';
import { expireConsent, warnOfExpiry } from './consents/expire.js';
import { incidentRules, remindOfIncident } from './incident-reports.js';
import { remindOfAnswer } from './disclosure-requests.js';
import { remindOfPromise } from './promises.js';
import type { Told } from './records/record.js';

/** Hands back what it has to say to the processes of the case. */
export type TimerRule = (tx: Tx, aboutId: string, calendar: Calendar) => Promise<readonly Told[] | void>;

export const timerRules: ReadonlyMap<string, TimerRule> = new Map<string, TimerRule>([
  ['consent_expires', expireConsent],
  ['consent_expiring', warnOfExpiry],
  ['consent_ask_again', remindToAsk],
  ['capacity_undecided', remindOfDoubt],
  ['promise_due', (tx, id) => remindOfPromise(tx, id, 'due')],
  ['promise_passed', (tx, id) => remindOfPromise(tx, id, 'passed')],
  ...incidentRules.map((rule): [string, TimerRule] => [rule, (tx, id) => remindOfIncident(tx, id, rule)]),
  ['disclosure_answer_near', (tx, id) => remindOfAnswer(tx, id, 'disclosure_answer_near')],
  ['disclosure_answer_due', (tx, id) => remindOfAnswer(tx, id, 'disclosure_answer_due')],
]);
