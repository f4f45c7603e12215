// The invented town: households that come one after another over some months, each going its way through the office by the real
// actions, at the office's hours, mostly on time and sometimes late. Everything in it is made up.
import { completeTask } from '../../actions/complete-task.js';
import { fileRecord } from '../../actions/file-record.js';
import { fireTimer } from '../../actions/fire-timer.js';
import { openCase } from '../../actions/open-case.js';
import { townWork, type TownTask, type TownTimer } from '../../actions/town-work.js';
import type { App } from '../../app.js';
import type { Person, System } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { listStandingForms, type StandingForm } from '../../domain/standing-forms.js';
import { readSample, type Answers } from '../samples.js';
import { happenExtra, isExtra } from './extras.js';
import { asTold, fittingAnswers, openFamily, otherChoices, renamer, routes, type Family } from './persona.js';
import { openChance, type Chance } from './random.js';
import { readSituations, type Situation } from './situations.js';

/** Moves the clock of the App that it was opened with. */
export interface TownClock {
  now(): Date;
  set(at: Date): void;
}

export interface TownOptions {
  households: number;
  /** Same seed, same town. */
  seed: number;
  /** The first comes so many days before `endsAt`. */
  days: number;
  endsAt: Date;
  /** Stops after so long, ms: what is there by then is whole. */
  budgetMs: number;
  /** How much of the months has passed, 0 to 1. */
  tell(share: number): void;
}

export interface TownMade {
  cases: number;
  steps: number;
  /** Steps that nobody could take: the case waits there. */
  stuck: Record<string, number>;
}

interface Household {
  number: number;
  /** The office itself: what is about no case. */
  office: boolean;
  nextAt: Date;
  begun: boolean;
  caseNo: string | null;
  opener: Person;
  field: string;
  family: Family;
  chance: Chance;
  route: (typeof routes)[number];
  seen: Map<string, number>;
  /** Tasks that nobody could complete. */
  given: Set<string>;
  /** When each task will be done. */
  doneAt: Map<string, Date>;
  files: { key: string; at: Date }[];
  next: Event | null;
  steps: number;
}

const clerk: System = { kind: 'system', name: 'town' };
const dayMs = 86_400_000;
const minuteMs = 60_000;
const mostSteps = 120;
const mostTries = 24;
const mostPeople = 4;

interface Cast {
  people: Person[];
  openers: { person: Person; field: string }[];
  standing: StandingForm[];
  intake: Answers;
  situations: Situation[];
}

async function castOf(app: App): Promise<Cast> {
  const users = await app.db.prisma.user.findMany({ where: { active: true }, orderBy: { login: 'asc' }, select: { id: true, name: true, agencyCode: true, roles: true, memberships: { select: { groupKey: true } } } });
  const people = users.map((user): Person => ({ kind: 'person', userId: user.id, name: user.name, agencyCode: user.agencyCode, roles: user.roles, groups: user.memberships.map(({ groupKey }) => groupKey) }));
  const agencies = await app.db.prisma.agency.findMany({ where: { active: true, canIntake: true, field: { not: null } }, select: { code: true, field: true } });
  const openers = people.flatMap((person) => {
    const agency = agencies.find(({ code }) => code === person.agencyCode);
    return agency?.field && person.roles.includes('intakeWorker') ? [{ person, field: agency.field }] : [];
  });
  return { people, openers, standing: await listStandingForms({ db: app.db.prisma }), intake: readSample(app.env.PROCESSES_DIR, 'intake_screening', 'receive_consultation'), situations: readSituations(app.env.CITY_DIR) };
}

/** A moment in which the office is open, at or after `at`. */
function inOffice(app: App, at: Date, chance: Chance): Date {
  const opening = app.calendar.nextOpening(new Date(at.getTime() - dayMs / 2));
  const from = opening > at ? opening : at;
  const open = app.calendar.openMs(from, new Date(from.getTime() + 60 * minuteMs)) > 0;
  return open ? from : new Date(app.calendar.nextOpening(from).getTime() + chance.below(240) * minuteMs);
}

/** The households of a field take its situations in turn. */
function situationOf({ situations }: Cast, field: string, number: number): Situation | null {
  const fitting = situations.filter((one) => one.field === field);
  return fitting[Math.floor(number / 4) % Math.max(1, fitting.length)] ?? null;
}

function plan(app: App, options: TownOptions, cast: Cast): Household[] {
  return Array.from({ length: options.households }, (_, number) => {
    const chance = openChance(options.seed * 7919 + number);
    const age = 0.5 + (options.days - 1) * ((options.households - number) / options.households) ** 1.2;
    const { person, field } = cast.openers[number % cast.openers.length]!;
    // the first to come have had the time for a whole story
    const long = routes.filter((one) => one.long);
    const route = number % 2 === 0 && number < options.households / 3 ? long[(number / 2) % long.length]! : routes[(number * 7 + (number / routes.length | 0)) % routes.length]!;
    const startsAt = inOffice(app, new Date(options.endsAt.getTime() - age * dayMs), chance);
    const usual = cast.standing.filter(({ key }) => key.includes('note')).map(({ key }) => key);
    const wanted = [...(route.files ?? []), ...(chance.likely(0.4) ? usual : [])].filter((key) => isExtra(key) || cast.standing.some((form) => form.key === key));
    const files = wanted.map((key) => ({ key, at: new Date(startsAt.getTime() + (0.3 + 0.5 * chance.next()) * (options.endsAt.getTime() - startsAt.getTime())) })).toSorted((a, b) => a.at.getTime() - b.at.getTime());
    return { number, office: false, begun: false, nextAt: startsAt, caseNo: null, opener: person, field, family: openFamily(chance, situationOf(cast, field, number)), chance, route, seen: new Map(), given: new Set(), doneAt: new Map(), files, next: null, steps: 0 };
  });
}

/** The year of the office: its figures and councils, a change of its diagrams, trainings. */
function planOffice(app: App, options: TownOptions, cast: Cast): Household {
  const chance = openChance(options.seed);
  const from = options.endsAt.getTime() - options.days * dayMs;
  const at = (share: number): Date => inOffice(app, new Date(from + share * options.days * dayMs), chance);
  const files = [['@year', 0.02], ['training', 0.1], ['@change', 0.3], ['@year', 0.42], ['training', 0.5], ['resource_check', 0.6], ['@year', 0.8], ['training', 0.85], ['pledge', 0.9]] as const;
  return { number: -1, office: true, begun: true, nextAt: at(0), caseNo: null, opener: cast.openers[0]!.person, field: '', family: openFamily(chance), chance, route: { name: 'office', route: {} }, seen: new Map(), given: new Set(), doneAt: new Map(), files: files.map(([key, share]) => ({ key, at: at(share) })), next: null, steps: 0 };
}

/** When whoever has the task will be done with it: mostly in time, sometimes late, without a due time in some days. */
function willBeDone(app: App, home: Household, task: TownTask): Date {
  const known = home.doneAt.get(task.id);
  if (known) return known;
  const { chance } = home;
  const span = task.dueAt ? task.dueAt.getTime() - task.createdAt.getTime() : 3 * dayMs;
  const share = chance.likely(0.86) ? 0.1 + 0.75 * chance.next() : 1.05 + 0.5 * chance.next();
  const at = inOffice(app, new Date(task.createdAt.getTime() + Math.min(Math.max(span, 60 * minuteMs), 40 * dayMs) * share), chance);
  home.doneAt.set(task.id, at);
  return at;
}

/** What happens next to a household. */
type Event = { at: Date } & ({ kind: 'task'; task: TownTask } | { kind: 'timer'; timer: TownTimer } | { kind: 'file'; key: string });

async function nextEvent(app: App, home: Household): Promise<Event | null> {
  const { tasks, timers } = await townWork(app, clerk, home.office ? null : home.caseNo);
  const events: Event[] = [
    ...tasks.filter(({ id }) => !home.given.has(id)).map((task): Event => ({ kind: 'task', at: willBeDone(app, home, task), task })),
    ...timers.filter(({ id }) => !home.given.has(id)).map((timer): Event => ({ kind: 'timer', at: timer.dueAt, timer })),
    ...home.files.slice(0, 1).map(({ key, at }): Event => ({ kind: 'file', at, key })),
  ];
  return events.toSorted((a, b) => a.at.getTime() - b.at.getTime())[0] ?? null;
}

function saidBy(home: Household, elementId: string): Answers {
  const said = home.route.route[elementId];
  const before = home.seen.get(elementId) ?? 0;
  home.seen.set(elementId, before + 1);
  if (said === undefined) return {};
  return Array.isArray(said) ? ((said as readonly Answers[])[Math.min(before, said.length - 1)] ?? {}) : (said as Answers);
}

/** The rule that refused what was tried (the next may do better); anything else is a fault and thrown. */
async function refusedBy(work: () => Promise<unknown>): Promise<Problem | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

async function doTask(app: App, cast: Cast, home: Household, task: TownTask, now: Date): Promise<boolean> {
  const able = cast.people.filter((person) => (task.assigneeId === null ? task.candidateGroups.some((key) => person.groups.includes(key)) : person.userId === task.assigneeId));
  const rename = renamer(cast.intake, home.family);
  const sample = task.formKey === null ? {} : readSample(app.env.PROCESSES_DIR, task.processKey, task.formKey);
  const choices = task.formKey === null ? [{}] : fittingAnswers({ schema: task.schema, sample, told: asTold(sample, home.family, home.chance), said: saidBy(home, task.elementId), carried: task.carried, rename, now });
  const queue = [...choices];
  for (let tries = 0; queue.length > 0 && tries < mostTries; ) {
    const answers = queue.shift()!;
    for (const person of able.slice(0, mostPeople)) {
      tries += 1;
      const refused = await refusedBy(() => completeTask(app, person, { taskId: task.id, version: task.version, answers }));
      if (!refused) return true;
          if (refused.code !== 'form_invalid') continue;
      if (queue.length < mostTries) queue.push(...otherChoices(task.schema, answers, refused.errors.map(({ pointer }) => pointer), { carried: task.carried, now }));
      break; // what is wrong with the answers is wrong whoever sends them
    }
  }
  return false;
}

async function doFile(app: App, cast: Cast, home: Household, key: string, now: Date): Promise<boolean> {
  home.files.shift();
  if (isExtra(key)) return (await refusedBy(() => happenExtra(app, key, { caseNo: home.caseNo, by: home.opener, people: cast.people, clerk, chance: home.chance, now }))) === null;
  const form = cast.standing.find((one) => one.key === key)!;
  const rename = renamer(cast.intake, home.family);
  const sample = readSample(app.env.PROCESSES_DIR, 'anytime', key);
  for (const answers of fittingAnswers({ schema: form.schema, sample, told: asTold(sample, home.family, home.chance), said: {}, carried: {}, rename, now })) {
    for (const person of home.office ? cast.people : [home.opener]) if (!(await refusedBy(() => fileRecord(app, person, { formKey: key, caseNo: home.caseNo, answers })))) return true;
  }
  return false;
}

async function begin(app: App, home: Household): Promise<void> {
  const { opener, field, route, chance } = home;
  const { caseNo } = await openCase(app, opener, { field: field as Parameters<typeof openCase>[2]['field'], kind: route.worry ? 'worry' : 'consultation', channel: chance.pick(['desk', 'phone', 'visit', 'web'] as const) });
  home.caseNo = caseNo;
  home.begun = true;
}

/** @returns what could not be done; null: it was */
async function happen(app: App, cast: Cast, home: Household, event: Event): Promise<string | null> {
  if (event.kind === 'file') return (await doFile(app, cast, home, event.key, event.at)) ? null : event.key;
  if (event.kind === 'timer') {
    const { outcome } = await fireTimer(app, clerk, { timerId: event.timer.id });
    if (outcome !== 'fired') home.given.add(event.timer.id);
    return outcome === 'fired' ? null : 'timer';
  }
  if (await doTask(app, cast, home, event.task, event.at)) return null;
  home.given.add(event.task.id);
  return event.task.elementId;
}

/**
 * Makes the town. The clock only ever goes forward: whatever is next in any household is next.
 * @param clock of the App
 * @throws Error when nobody takes consultations here
 */
export async function makeTown(app: App, clock: TownClock, options: TownOptions): Promise<TownMade> {
  const cast = await castOf(app);
  if (cast.openers.length === 0) throw new Error('nobody takes consultations in this city');
  const made: TownMade = { cases: 0, steps: 0, stuck: {} };
  let waiting = [...plan(app, options, cast), planOffice(app, options, cast)];
  const endAt = performance.now() + options.budgetMs;
  while (waiting.length > 0 && performance.now() < endAt) {
    const home = waiting.reduce((first, one) => (one.nextAt < first.nextAt ? one : first));
    clock.set(home.nextAt > clock.now() ? home.nextAt : clock.now());
    if (!home.begun) {
      if (await refusedBy(() => begin(app, home))) home.steps = mostSteps;
      else made.cases += 1;
    } else if (home.next) {
      const failed = await happen(app, cast, home, { ...home.next, at: clock.now() });
      if (failed === null) made.steps += 1;
      else made.stuck[failed] = (made.stuck[failed] ?? 0) + 1;
      home.steps += 1;
    }
    home.next = !home.begun || home.steps >= (home.office ? mostSteps * 4 : mostSteps) ? null : await nextEvent(app, home);
    const { next } = home;
    if (next && next.at <= options.endsAt) home.nextAt = next.at > clock.now() ? next.at : new Date(clock.now().getTime() + minuteMs);
    else waiting = waiting.filter((one) => one !== home);
    options.tell(1 - (options.endsAt.getTime() - clock.now().getTime()) / (options.days * dayMs));
  }
  return made;
}
