// What the people of the town do: they complete steps and file records by the real actions, say something else where a rule refuses
// what they said, and ask for a consent where a slip has none.
import { completeTask } from '../../actions/complete-task.js';
import { fileRecord } from '../../actions/file-record.js';
import { townForm, type TownForm, type TownTask } from '../../actions/town-work.js';
import type { App } from '../../app.js';
import { Problem } from '../../base/problem.js';
import { readSample, type Answers } from '../samples.js';
import { happenExtra, haveDraftChecked, isExtra } from './extras.js';
import { clerk, dayMs, type Cast, type Filing, type Household } from './household.js';
import { asTold, filledBy, fittingAnswers, instead, onDays, otherChoices, otherwise, renamer, type Asking } from './persona.js';

const mostTries = 24;
const mostPeople = 4;
const mostWaits = 30;

/** The rule that refused what was tried (the next may do better); anything else is a fault and thrown. */
export async function refusedBy(work: () => Promise<unknown>): Promise<Problem | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const inShort = ({ code, errors }: Problem): string => [code, ...errors.map(({ pointer }) => pointer)].join(' ');

function saidBy(home: Household, elementId: string): Answers {
  const said = home.route.route[elementId];
  const before = home.seen.get(elementId) ?? 0;
  home.seen.set(elementId, before + 1);
  if (said === undefined) return {};
  return Array.isArray(said) ? ((said as readonly Answers[])[Math.min(before, said.length - 1)] ?? {}) : (said as Answers);
}

/** Other answers, where it is the answers that were refused. */
function secondThoughts(step: string, answers: Answers, refused: Problem, asking: Asking): Answers[] {
  const pointers = refused.errors.map(({ pointer }) => pointer);
  if (refused.code === 'form_invalid') return otherChoices(asking.schema, answers, pointers, asking);
  if (refused.code === 'possible_duplicates') return [otherwise(asking, answers, {}, pointers)];
  const said = instead[step];
  return refused.code === 'consent_missing' && said !== undefined ? [otherwise(asking, answers, said)] : [];
}

/** The person is asked for a consent that covers the slip, and some days later it is sent again. Once: whoever says no has said no. */
function askConsent(home: Household, slip: string, now: Date): Date | null {
  if (home.asked.has(slip)) return null;
  home.asked.add(slip);
  const at = new Date(now.getTime() + (3 + home.chance.below(7)) * dayMs);
  home.files.unshift({ key: 'consent', at, said: { consentState: 'full' } });
  return new Date(at.getTime() + dayMs);
}

/** Nothing is closed over something that goes on: it is looked at again a week later. */
function putOff(home: Household, taskId: string, now: Date): Date | null {
  const times = home.waited.get(taskId) ?? 0;
  home.waited.set(taskId, times + 1);
  return times < mostWaits ? new Date(now.getTime() + 7 * dayMs) : null;
}

const isSlipRefused = ({ code, errors }: Problem, answers: Answers): boolean => code === 'consent_missing' && answers['consent'] === 'consented' && errors.some(({ pointer }) => pointer.startsWith('/answers/'));

/**
 * Whoever has it completes it, and with it the office goes on.
 * @returns why nobody could; null: somebody could, or will later
 */
export async function doTask(app: App, cast: Cast, home: Household, task: TownTask, now: Date): Promise<string[] | null> {
  const able = cast.people.filter((person) => (task.assigneeId === null ? task.candidateGroups.some((key) => person.groups.includes(key)) : person.userId === task.assigneeId));
  const sample = task.formKey === null ? {} : readSample(app.env.PROCESSES_DIR, task.processKey, task.formKey);
  const form: TownForm = await townForm(app, clerk, task.id);
  const asking: Asking = { ...form, sample, told: asTold(sample, home.family, home.chance), said: onDays(saidBy(home, task.elementId), now), rename: renamer(cast.intake, home.family), now };
  const choices = (form.schema === null ? [{}] : fittingAnswers(asking))[Symbol.iterator]();
  const others: Answers[] = [];
  const because = new Set<string>(able.length === 0 ? ['nobody has it'] : []);
  for (let tries = 0; tries < mostTries; ) {
    const answers = others.shift() ?? choices.next().value;
    if (!answers) break;
    for (const person of able.slice(0, mostPeople)) {
      tries += 1;
      const refused = await refusedBy(() => completeTask(app, person, { taskId: task.id, version: task.version, answers: filledBy(form.schema, answers, person) }));
      if (!refused) return afterStep(home, task.elementId, now);
      because.add(inShort(refused));
      const again = isSlipRefused(refused, answers) ? askConsent(home, task.id, now) : refused.code === 'case_running' ? putOff(home, task.id, now) : null;
      if (again) {
        home.doneAt.set(task.id, again);
        return null;
      }
      if (refused.code === 'change_not_checked' && (await haveDraftChecked(app, cast.people))) {
        others.unshift(answers);
        break;
      }
      const thoughts = secondThoughts(task.elementId, answers, refused, asking);
      if (others.length < mostTries) others.push(...thoughts);
      if (thoughts.length > 0 || refused.code === 'form_invalid') break; // what is wrong with the answers is wrong whoever sends them
    }
  }
  return because.size > 0 ? [...because] : ['no answers fit'];
}

function afterStep(home: Household, step: string, now: Date): null {
  const filing = home.after[step];
  if (filing) home.files.unshift({ ...filing, at: new Date(now.getTime() + dayMs) });
  delete home.after[step];
  return null;
}

/** @returns why it was refused; null: it was not, or comes later */
export async function doFile(app: App, cast: Cast, home: Household, filing: Filing, now: Date): Promise<string[] | null> {
  const { key } = filing;
  home.files.splice(home.files.indexOf(filing), 1);
  if (isExtra(key)) {
    const refused = await refusedBy(() => happenExtra(app, key, { caseNo: home.caseNo, by: home.opener, people: cast.people, clerk, chance: home.chance, now, ...(filing.reason === undefined ? {} : { reason: filing.reason }) }));
    return refused && [inShort(refused)];
  }
  const form = cast.standing.find((one) => one.key === key)!;
  const sample = readSample(app.env.PROCESSES_DIR, 'anytime', key);
  const asking: Asking = { schema: form.schema, sample, told: asTold(sample, home.family, home.chance), said: onDays(filing.said ?? (home.route.route[key] as Answers | undefined) ?? {}, now), carried: {}, rename: renamer(cast.intake, home.family), now };
  const because = new Set<string>();
  for (const answers of fittingAnswers(asking)) {
    for (const person of home.office ? cast.people : [home.opener]) {
      const refused = await refusedBy(() => fileRecord(app, person, { formKey: key, caseNo: home.caseNo, answers: filledBy(form.schema, answers, person) }));
      if (!refused) return null;
      because.add(inShort(refused));
      const again = isSlipRefused(refused, answers) ? askConsent(home, key, now) : null;
      if (again) {
        home.files.push({ ...filing, at: again });
        return null;
      }
    }
  }
  return because.size > 0 ? [...because] : ['no answers fit'];
}
