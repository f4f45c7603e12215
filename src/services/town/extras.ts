// What happens beside the steps of a case: a clock that staff stop, a paper that is attached, the year of the office itself.
import { attachFile } from '../../actions/attach-file.js';
import { beginAnnualRuns } from '../../actions/begin-annual-runs.js';
import { pauseCaseClock } from '../../actions/pause-clock.js';
import { publishMessage } from '../../actions/publish-message.js';
import type { App } from '../../app.js';
import type { Person, System } from '../../base/db.js';
import type { Chance } from './random.js';
import { mergeTwice } from './twice.js';

/** What may stand in the `files` of a route beside the keys of forms. */
export const extras = ['@pause', '@attach', '@year', '@change', '@merge'] as const;
export type Extra = (typeof extras)[number];
export const isExtra = (key: string): key is Extra => extras.some((one) => one === key);

const dayMs = 86_400_000;

interface Happening {
  caseNo: string | null;
  by: Person;
  people: readonly Person[];
  clerk: System;
  chance: Chance;
  now: Date;
  /** Of a merge. */
  reason?: string;
}

/** @throws Problem where a rule of the office refuses it */
export async function happenExtra(app: App, extra: Extra, { caseNo, by, people, clerk, chance, now, reason }: Happening): Promise<void> {
  if (extra === '@year') return void (await beginAnnualRuns(app, clerk));
  if (extra === '@change') {
    const editor = people.find(({ roles }) => roles.includes('policyEditor')) ?? by;
    return void (await publishMessage(app, editor, { name: 'definition_change_requested', correlationKey: `town-${now.getTime()}`, businessKey: null, variables: {}, ttlS: 0 }));
  }
  if (caseNo === null) throw new Error(`${extra} is about a case`);
  if (extra === '@merge') return mergeTwice(app, people, caseNo, reason ?? '');
  if (extra === '@pause') {
    const lead = people.find(({ agencyCode, roles }) => agencyCode === by.agencyCode && (roles.includes('sectionLead') || roles.includes('manager'))) ?? by;
    const resumeOn = app.calendar.onDate(new Date(now.getTime() + (7 + chance.below(30)) * dayMs));
    return void (await pauseCaseClock(app, lead, { caseNo, reason: chance.pick(['awaiting_person', 'awaiting_agency'] as const), resumeOn }));
  }
  const text = `聞き取りの控え（架空）\n${app.calendar.onDate(now)}\n訪問の前に家族から渡されたメモの写し。\n`;
  await attachFile(app, by, { caseNo, name: '聞き取りの控え.txt', bytes: Buffer.from(text, 'utf8'), submissionId: null, compartment: 'team' });
}
