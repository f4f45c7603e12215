// The invented town: households that come one after another over some months, each going its way through the office by the real
// actions, at the office's hours, mostly on time and sometimes late. Everything in it is made up.
import { fireTimer } from '../../actions/fire-timer.js';
import { openCase } from '../../actions/open-case.js';
import { townWork, type TownTask } from '../../actions/town-work.js';
import type { App } from '../../app.js';
import type { Person } from '../../base/db.js';
import { formToCheck } from '../../actions/form-options.js';
import { startMovingIn } from '../../base/moving-in.js';
import { listStandingForms } from '../../domain/standing-forms.js';
import { readSample } from '../samples.js';
import { doFile, doTask, refusedBy } from './deeds.js';
import { isExtra } from './extras.js';
import { clerk, dayMs, type Cast, type Event, type Filing, type Household } from './household.js';
import { arriving, openFamily, routes, saidInField } from './persona.js';
import { openChance, type Chance } from './random.js';
import { readAgain, readSituations, type Situation } from './situations.js';
import { comeAgain } from './twice.js';

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
  /** The workers could not be held back any longer. */
  onLost?(error: Error): void;
  /** How much of the months has passed, 0 to 1. */
  tell(share: number): void;
}

export interface TownMade {
  cases: number;
  steps: number;
  /** Steps that nobody could take: the case waits there. */
  stuck: Stuck[];
}

export interface Stuck {
  step: string;
  route: string;
  caseNo: string | null;
  /** Every refusal that was met, once each: its code and the fields that it points at. */
  because: string[];
}

const minuteMs = 60_000;
const mostSteps = 120;

async function castOf(app: App): Promise<Cast> {
  const users = await app.db.prisma.user.findMany({ where: { active: true }, orderBy: { login: 'asc' }, select: { id: true, name: true, agencyCode: true, roles: true, memberships: { select: { groupKey: true } } } });
  const people = users.map((user): Person => ({ kind: 'person', userId: user.id, name: user.name, agencyCode: user.agencyCode, roles: user.roles, groups: user.memberships.map(({ groupKey }) => groupKey) }));
  const agencies = await app.db.prisma.agency.findMany({ where: { active: true, canIntake: true, field: { not: null } }, select: { code: true, field: true } });
  const openers = people.flatMap((person) => {
    const agency = agencies.find(({ code }) => code === person.agencyCode);
    return agency?.field && person.roles.includes('intakeWorker') ? [{ person, field: agency.field }] : [];
  });
  const reader = { db: app.db.prisma };
  const standing = await Promise.all((await listStandingForms(reader)).map(async (form) => ({ ...form, schema: await formToCheck(reader, form.schema) })));
  return { people, openers, standing, intake: readSample(app.env.PROCESSES_DIR, 'intake_screening', 'receive_consultation'), situations: readSituations(app.env.CITY_DIR), again: readAgain(app.env.CITY_DIR) };
}

const isOpen = (app: App, at: Date): boolean => app.calendar.openMs(at, new Date(at.getTime() + 60 * minuteMs)) > 0;

/** A moment in which the office is open, at or after `at`. */
function inOffice(app: App, at: Date, chance: Chance): Date {
  const opening = app.calendar.nextOpening(new Date(at.getTime() - dayMs / 2));
  const from = opening > at ? opening : at;
  return isOpen(app, from) ? from : new Date(app.calendar.nextOpening(from).getTime() + chance.below(240) * minuteMs);
}

/** The households of a field take its situations in turn. */
function situationOf({ situations }: Cast, field: string, number: number): Situation | null {
  const fitting = situations.filter((one) => one.field === field);
  return fitting[Math.floor(number / 4) % Math.max(1, fitting.length)] ?? null;
}

const filing = (field: string, key: string): Omit<Filing, 'at'> => {
  const said = saidInField(field, key);
  return said === undefined ? { key } : { key, said };
};

function plan(app: App, options: TownOptions, cast: Cast): Household[] {
  return Array.from({ length: options.households }, (_, number) => {
    const chance = openChance(options.seed * 7919 + number);
    const age = 0.5 + (options.days - 1) * ((options.households - number) / options.households) ** 1.2;
    const { person, field } = cast.openers[number % cast.openers.length]!;
    // the first to come have had the time for a whole story
    const long = routes.filter((one) => one.long);
    const isLast = number === options.households - 1;
    const route = isLast ? arriving : number % 2 === 0 && number < options.households / 3 ? long[(number / 2) % long.length]! : routes[(number * 7 + (number / routes.length | 0)) % routes.length]!;
    const startsAt = inOffice(app, isLast ? app.calendar.subtract(options.endsAt, '2BD') : new Date(options.endsAt.getTime() - age * dayMs), chance);
    const wanted = [...(route.files ?? []), ...(chance.likely(0.4) ? ['case_note'] : [])].filter((key) => isExtra(key) || cast.standing.some((form) => form.key === key));
    const files = wanted.map((key) => ({ ...filing(field, key), at: new Date(startsAt.getTime() + (0.3 + 0.5 * chance.next()) * (options.endsAt.getTime() - startsAt.getTime())) })).toSorted((a, b) => a.at.getTime() - b.at.getTime());
    return { number, office: false, begun: false, nextAt: startsAt, caseNo: null, opener: person, field, family: openFamily(chance, situationOf(cast, field, number)), chance, route, seen: new Map(), given: new Set(), asked: new Set(), doneAt: new Map(), files, after: Object.fromEntries(Object.entries(route.after ?? {}).map(([step, key]) => [step, filing(field, key)])), waited: new Map(), next: null, steps: 0 };
  });
}

/** The year of the office: its figures and councils, a change of its diagrams, trainings, and a letter that went astray. */
function planOffice(app: App, options: TownOptions, cast: Cast): Household {
  const chance = openChance(options.seed);
  const from = options.endsAt.getTime() - options.days * dayMs;
  const at = (share: number): Date => inOffice(app, new Date(from + share * options.days * dayMs), chance);
  const files = [['@year', 0.02], ['training', 0.1], ['@change', 0.3], ['@year', 0.42], ['incident_report', 0.45], ['training', 0.5], ['resource_check', 0.6], ['@year', 0.8], ['training', 0.85], ['pledge', 0.9]] as const;
  return { number: -1, office: true, begun: true, nextAt: at(0), caseNo: null, opener: cast.openers[0]!.person, field: '', family: openFamily(chance), chance, route: { name: 'office', route: {} }, seen: new Map(), given: new Set(), asked: new Set(), doneAt: new Map(), files: files.map(([key, share]) => ({ key, at: at(share) })), after: {}, waited: new Map(), next: null, steps: 0 };
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

async function nextEvent(app: App, home: Household): Promise<Event | null> {
  const { tasks, timers } = await townWork(app, clerk, home.office ? null : home.caseNo);
  const events: Event[] = [
    ...tasks.filter(({ id }) => !home.given.has(id)).map((task): Event => ({ kind: 'task', at: willBeDone(app, home, task), task })),
    ...timers.filter(({ id }) => !home.given.has(id)).map((timer): Event => ({ kind: 'timer', at: timer.dueAt, timer })),
    ...home.files.map((filing): Event => ({ kind: 'file', at: isOpen(app, filing.at) ? filing.at : app.calendar.nextOpening(filing.at), filing })),
  ];
  return events.toSorted((a, b) => a.at.getTime() - b.at.getTime())[0] ?? null;
}

async function begin(app: App, home: Household): Promise<void> {
  const { opener, field, route, chance } = home;
  const { caseNo } = await openCase(app, opener, { field: field as Parameters<typeof openCase>[2]['field'], kind: route.worry ? 'worry' : 'consultation', channel: chance.pick(['desk', 'phone', 'visit', 'web'] as const) });
  home.caseNo = caseNo;
  home.begun = true;
}

/** @returns what could not be done; null: it was */
async function happen(app: App, cast: Cast, home: Household, event: Event): Promise<Stuck | null> {
  const stuck = (step: string, because: string[] | null): Stuck | null => because && { step, route: home.route.name, caseNo: home.caseNo, because };
  if (event.kind === 'file') return stuck(event.filing.key, await doFile(app, cast, home, event.filing, event.at));
  if (event.kind === 'timer') {
    const { outcome } = await fireTimer(app, clerk, { timerId: event.timer.id });
    if (outcome !== 'fired') home.given.add(event.timer.id);
    return stuck('timer', outcome === 'fired' ? null : [outcome]);
  }
  const refused = await doTask(app, cast, home, event.task, event.at);
  if (refused) home.given.add(event.task.id);
  return stuck(event.task.elementId, refused);
}

/**
 * Makes the town, while the workers of this database wait: their clock is not the town's.
 * @param clock of the App
 * @throws Error when nobody takes consultations here, or another town is moving in
 */
export async function makeTown(app: App, clock: TownClock, options: TownOptions): Promise<TownMade> {
  const movingIn = await startMovingIn(app.env.APP_DATABASE_URL ?? app.env.DATABASE_URL, (error) => options.onLost?.(error));
  try {
    return await moveIn(app, clock, options);
  } finally {
    await movingIn.end();
  }
}

/** The clock only ever goes forward: whatever is next in any household is next. */
async function moveIn(app: App, clock: TownClock, options: TownOptions): Promise<TownMade> {
  const cast = await castOf(app);
  if (cast.openers.length === 0) throw new Error('nobody takes consultations in this city');
  const made: TownMade = { cases: 0, steps: 0, stuck: [] };
  let waiting = [...comeAgain(plan(app, options, cast), cast.again, options.endsAt), planOffice(app, options, cast)];
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
      else made.stuck.push(failed);
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
