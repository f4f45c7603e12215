// What happens beside the steps of a case: a clock that staff stop, a paper that is attached, the year of the office itself.
import { attachFile } from '../../actions/attach-file.js';
import { beginAnnualRuns } from '../../actions/begin-annual-runs.js';
import { pauseCaseClock } from '../../actions/pause-clock.js';
import { proposeCandidate } from '../../actions/propose-candidate.js';
import { publishMessage } from '../../actions/publish-message.js';
import type { App } from '../../app.js';
import { readAs, type Person, type System } from '../../base/db.js';
import { listDefinitionChanges } from '../../domain/definition-changes/definition-changes.js';
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

/** Whoever looks after the diagrams has a draft of P13 checked: the diagram as it runs, with the shorter time that the draft asks for. @returns whether one waited for it */
export async function haveDraftChecked(app: App, people: readonly Person[]): Promise<boolean> {
  const editor = people.find(({ roles }) => roles.includes('policyEditor'));
  if (!editor) return false;
  const draft = (await readAs(app.db, editor, listDefinitionChanges)).find(({ status, candidateSha256 }) => status === 'drafted' && candidateSha256 === null);
  const now = draft && (await app.definitions.byKey({ db: app.db.prisma }, draft.targetKey));
  if (!draft || !now) return false;
  const xml = now.xml.replace('name="dueIn" value="5BD"', 'name="dueIn" value="3BD"');
  await proposeCandidate(app, editor, { changeId: draft.id, content: { xml, forms: Object.fromEntries([...now.forms].map(([key, { schema }]) => [key, schema])) } });
  return true;
}
