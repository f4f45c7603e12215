// A city's staff at random: whoever may, does something that is theirs to do, or tries to, and the clock runs on as it would with
// workers that are never late. The same seed, the same days.
import type pg from 'pg';
import { assignTask } from '../../src/actions/assign-task.js';
import { claimTask } from '../../src/actions/claim-task.js';
import { completeTask } from '../../src/actions/complete-task.js';
import { delegateTask } from '../../src/actions/delegate-task.js';
import { fileRecord } from '../../src/actions/file-record.js';
import { fireDomainTimer } from '../../src/actions/fire-domain-timer.js';
import { fireReminder } from '../../src/actions/fire-reminder.js';
import { fireTimer } from '../../src/actions/fire-timer.js';
import { openCase } from '../../src/actions/open-case.js';
import { pauseCaseClock, pauseTaskClock } from '../../src/actions/pause-clock.js';
import { listDuePauses, resumeClock } from '../../src/actions/resume-clock.js';
import { townForm, townWork, type TownTask } from '../../src/actions/town-work.js';
import { unclaimTask } from '../../src/actions/unclaim-task.js';
import type { Person } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { Problem } from '../../src/base/problem.js';
import { fields } from '../../src/domain/cases.js';
import { formToCheck } from '../../src/actions/form-options.js';
import { listStandingForms, type StandingForm } from '../../src/domain/standing-forms.js';
import { pauseReasons } from '../../src/engine/clocks.js';
import { columnsOf, putAnswer } from '../../src/engine/forms/sheet.js';
import type { Answers } from '../../src/services/samples.js';
import { fittingAnswers, openFamily, otherChoices, renamer, routes, type Asking, type Family } from '../../src/services/town/persona.js';
import { openChance, type Chance } from '../../src/services/town/random.js';
import { sampleOf } from '../support/answers.js';
import type { TestApp } from '../support/app.js';
import { keeper } from '../support/diagrams.js';

/** What somebody did. `refused`: by what rule. */
export interface Deed {
  move: string;
  what: string;
  refused: string | null;
}

const firstTwo = (asking: Asking): Answers[] => {
  const fitting = fittingAnswers(asking);
  return [fitting.next().value, fitting.next().value].filter((answers) => answers !== undefined);
};

export interface Household {
  caseId: string;
  caseNo: string;
  family: Family;
  route: (typeof routes)[number];
  seen: Map<string, number>;
}

export interface Office {
  now(): Date;
  people: readonly Person[];
  homes: readonly Household[];
  chance: Chance;
  /** One thing happens. @throws what no rule has refused */
  step(): Promise<Deed>;
}

export interface Setting {
  app: TestApp;
  client: pg.Client;
  seed: number;
  clock: { now(): Date; set(at: Date): void };
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** So many cases are in hand at a time. */
const mostOpen = 10;

/** The rule that refused it; anything else is a fault. A step that cannot work is one too. */
async function refusedBy(work: () => Promise<unknown>): Promise<Problem | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Problem && error.code !== 'step_failed') return error;
    throw error;
  }
}

/** Moves, with how often each comes up. */
const weights = { complete: 62, hold: 8, file: 16, pause: 2, time: 12 } as const;
type Move = keyof typeof weights;

interface Due extends Record<string, unknown> {
  id: string;
  kind: string;
  due_at: Date;
}

const findPeople = `select u.id as "userId", u.name, u.agency_code as "agencyCode", u.roles, coalesce(array_agg(m.group_key order by m.group_key) filter (where m.group_key is not null), '{}') as groups
  from app_user u left join membership m on m.user_id = u.id where u.active group by u.id order by u.login`;
/** What a worker would see to, the next first. */
const findDue = `select t.id, t.kind, t.due_at from timer t left join process_instance i on i.id = t.instance_id left join task k on k.id = t.task_id
  where t.status = 'pending' and t.last_error is null and (t.kind = 'domain' or (i.status = 'active' and not t.paused and k.paused_at is null and ($1 or t.kind = 'bpmn'))) and t.due_at <= $2 order by t.due_at, t.id limit $3`;
/** Things of a case that a form about one of them names. */
const findThings = `select (select id from flag where case_id = $1 order by id desc limit 1) as "flagId", (select id from referral where case_id = $1 order by id desc limit 1) as "referralId",
  (select s.id from sitting s join meeting_case c on c.meeting_id = s.meeting_id where c.case_id = $1 order by s.id desc limit 1) as "sittingId",
  (select id from community_issue order by id desc limit 1) as "issueId", (select no from social_resource order by no limit 1) as "resourceNo"`;
const findReaders = `select reader from case_access where case_id = $1 and level = 'content' and ended_at is null and from_at <= $2 and (until_at is null or until_at > $2)`;

const base = { assess_urgency: { urgency: 'none' }, screen_consultation: { screeningResult: 'coordinate' }, consult_section_lead: { singleAgency: 'no' } };

class RandomOffice implements Office {
  readonly homes: Household[] = [];
  private readonly intake = sampleOf('intake_screening', 'receive_consultation');

  constructor(
    private readonly app: TestApp,
    private readonly client: pg.Client,
    private readonly clock: Setting['clock'],
    readonly chance: Chance,
    readonly people: readonly Person[],
    private readonly standing: readonly StandingForm[],
  ) {}

  now(): Date {
    return this.clock.now();
  }

  private async rows<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query(sql, values)).rows as Row[];
  }

  private async openNow(): Promise<Household[]> {
    const open = new Set((await this.rows<{ no: string }>(`select business_key as no from task where status = 'open' union select business_key from process_instance where status in ('active', 'suspended')`)).map(({ no }) => no));
    return this.homes.filter(({ caseNo }) => open.has(caseNo));
  }

  private rename(home: Household): Asking['rename'] {
    return renamer(this.intake, home.family);
  }

  async begin(): Promise<Deed> {
    const person = this.chance.pick(this.people.filter(({ roles }) => roles.includes('intakeWorker')));
    const route = this.chance.pick(routes);
    const kind = route.worry ? 'worry' : 'consultation';
    const input = { field: this.chance.pick(fields), kind, channel: this.chance.pick(['desk', 'phone', 'visit', 'web'] as const), urgent: this.chance.likely(0.1) } as const;
    let made: { caseId: string; caseNo: string } | null = null;
    const refused = await refusedBy(async () => (made = await openCase(this.app, person, input)));
    const opened = made as { caseId: string; caseNo: string } | null;
    if (opened) this.homes.push({ ...opened, family: openFamily(this.chance), route, seen: new Map() });
    return { move: 'begin', what: kind, refused: refused?.code ?? null };
  }

  /** What the route of this household says, and now and then something else in what decides where the process goes. */
  saidOf(home: Household, elementId: string, schema: Json): Answers {
    const said = { ...base, ...home.route.route }[elementId] as Answers | readonly Answers[] | undefined;
    const before = home.seen.get(elementId) ?? 0;
    home.seen.set(elementId, before + 1);
    const usual = Array.isArray(said) ? ((said as readonly Answers[])[Math.min(before, said.length - 1)] ?? {}) : ((said as Answers | undefined) ?? {});
    return this.chance.likely(0.18) ? { ...usual, ...this.chosen(schema, 0.6) } : usual;
  }

  /** Other choices in the top of a form: in what the process goes by, and seldom in the rest. */
  chosen(schema: Json, share: number): Answers {
    const said: Answers = {};
    for (const { path, component } of columnsOf(schema)) {
      if (path.length !== 1 || (component.type !== 'select' && component.type !== 'radio') || !component.values || component.values.length === 0) continue;
      if (this.chance.likely(component.properties?.['variable'] === undefined ? share / 5 : share)) said[String(path[0])] = this.chance.pick(component.values).value;
    }
    return said;
  }

  async complete(home: Household, task: TownTask): Promise<Deed> {
    const able = this.people.filter((person) => (task.assigneeId === null ? task.candidateGroups.some((key) => person.groups.includes(key)) : person.userId === task.assigneeId));
    const deed = { move: 'complete', what: `${task.processKey}/${task.elementId}` };
    if (able.length === 0) return { ...deed, refused: 'nobody' };
    const sample = task.formKey === null ? {} : sampleOf(task.processKey, task.formKey);
    const { schema, carried } = await townForm(this.app, keeper, task.id);
    const asking = { schema, sample, carried, rename: this.rename(home), now: this.clock.now() };
    const queue: Answers[] = task.formKey === null ? [{}] : [...firstTwo({ ...asking, said: this.saidOf(home, task.elementId, schema) }), ...firstTwo({ ...asking, said: {} })];
    const tried = new Map<string, number>();
    let refused: Problem | null = null;
    for (let tries = 0; tries < 10 && queue.length > 0; tries += 1) {
      const answers = queue.shift()!;
      const times = tried.get(JSON.stringify(answers)) ?? 0;
      if (times === 2) continue;
      tried.set(JSON.stringify(answers), times + 1);
      refused = await refusedBy(() => completeTask(this.app, this.chance.pick(able), { taskId: task.id, version: task.version, answers }));
      if (!refused) return { ...deed, refused: null };
      if (refused.code === 'form_invalid') queue.unshift(...this.mended(schema, answers, refused).filter((one) => !tried.has(JSON.stringify(one))).slice(0, 6));
      else if (refused.code === 'legal_basis_missing') queue.unshift({ ...answers, kind: 'confidential', legalBasis: '106-6', consentMissing: ['not_met'] });
      else queue.unshift(answers); // a rule about who: perhaps another may
    }
    return { ...deed, refused: refused ? said(refused) : 'no_answers' };
  }

  /** Choices and days other than those that a rule has refused. */
  mended(schema: Json, answers: Answers, refused: Problem): Answers[] {
    const pointers = refused.errors.map(({ pointer }) => pointer);
    const later = structuredClone(answers);
    const days = columnsOf(schema).filter(({ path, component }) => pointers.includes(`/answers/${path.join('/')}`) && component.properties?.['format'] === 'date');
    for (const { path } of days) putAnswer(later, path, this.app.calendar.onDate(new Date(this.clock.now().getTime() + 150 * dayMs)));
    return [...(days.length > 0 ? [later] : []), ...otherChoices(schema, answers, pointers)];
  }

  async hold(task: TownTask): Promise<Deed> {
    const theirs = this.people.filter((person) => person.userId === task.assigneeId || task.candidateGroups.some((key) => person.groups.includes(key)));
    if (theirs.length === 0) return { move: 'hold', what: task.elementId, refused: 'nobody' };
    const [person, other] = [this.chance.pick(theirs), this.chance.pick(theirs)];
    const holder = this.people.find(({ userId }) => userId === task.assigneeId) ?? person;
    const ask = { taskId: task.id, version: task.version };
    const doing: Record<string, () => Promise<unknown>> = {
      claim: () => claimTask(this.app, person, ask),
      assign: () => assignTask(this.app, person, { ...ask, assigneeId: other.userId }),
      unclaim: () => unclaimTask(this.app, holder, ask),
      delegate: () => delegateTask(this.app, holder, { ...ask, toUserId: other.userId, reason: '出張のため引き継ぐ' }),
    };
    const what = this.chance.pick(task.assigneeId === null ? ['claim', 'claim', 'assign'] : Object.keys(doing));
    return { move: 'hold', what, refused: (await refusedBy(doing[what]!))?.code ?? null };
  }

  async file(home: Household): Promise<Deed> {
    const form = this.chance.pick(this.standing);
    const kind = this.app.records.get(form.record)!;
    const ofCase = kind.anytime === 'case';
    const who = await this.filers(home, form, ofCase);
    const [things] = ofCase || /Id|No/.test(JSON.stringify(form.schema)) ? await this.rows<Record<string, string | null>>(findThings, [home.caseId]) : [];
    const named = Object.fromEntries(Object.entries(things ?? {}).filter(([key, value]) => value !== null && columnsOf(form.schema).some(({ path }) => path[0] === key))) as Answers;
    const person = this.chance.pick(who);
    if (form.key === 'pledge' && named['sittingId'] !== undefined) Object.assign(named, { signedBy: 'self', agency: person.agencyCode, validFor: 'sitting' });
    const asking = { schema: form.schema, sample: sampleOf('anytime', form.key), carried: {}, rename: this.rename(home), now: this.clock.now() };
    const varied = this.chance.likely(0.4) ? this.chosen(form.schema, 0.5) : {};
    const queue = [...firstTwo({ ...asking, said: { ...named, ...varied } }), ...firstTwo({ ...asking, said: named })];
    let refused: Problem | null = null;
    for (const answers of queue) {
      refused = await refusedBy(() => fileRecord(this.app, person, { formKey: form.key, caseNo: ofCase ? home.caseNo : null, answers }));
      if (!refused) break;
    }
    return { move: 'file', what: form.key, refused: refused ? said(refused) : queue.length === 0 ? 'no_answers' : null };
  }

  /** Mostly somebody who may; now and then anybody, who is refused. */
  async filers(home: Household, form: StandingForm, ofCase: boolean): Promise<readonly Person[]> {
    if (this.chance.likely(0.1)) return this.people;
    const { anytime } = this.app.records.get(form.record)!;
    if (!ofCase) return this.people.filter(({ roles }) => typeof anytime === 'object' && anytime.roles.some((role) => roles.includes(role)));
    const readers = new Set((await this.rows<{ reader: string }>(findReaders, [home.caseId, this.clock.now()])).map(({ reader }) => reader));
    const reach = this.people.filter((person) => [...person.groups, person.userId, `agency:${person.agencyCode}`].some((reader) => readers.has(reader)));
    return reach.length > 0 ? reach : this.people;
  }

  async pause(home: Household, task: TownTask | undefined): Promise<Deed> {
    const resumeOn = this.app.calendar.onDate(new Date(this.clock.now().getTime() + (1 + this.chance.below(20)) * dayMs));
    const reason = this.chance.pick(pauseReasons);
    const able = task ? this.people.filter((person) => task.candidateGroups.some((key) => person.groups.includes(key))) : await this.filers(home, this.standing[0]!, true);
    const person = this.chance.pick(able.length > 0 ? able : this.people);
    const refused = await refusedBy(() => (task ? pauseTaskClock(this.app, person, { taskId: task.id, reason, resumeOn }) : pauseCaseClock(this.app, person, { caseNo: home.caseNo, reason, resumeOn })));
    return { move: 'pause', what: task ? 'task' : 'case', refused: refused?.code ?? null };
  }

  async remind(): Promise<Deed> {
    const timerIds = (await this.rows<Due>(findDue, [true, this.clock.now(), 100])).filter(({ kind }) => kind === 'reminder' || kind === 'escalation').map(({ id }) => id);
    await fireReminder(this.app, keeper, { timerIds });
    return { move: 'time', what: 'reminders', refused: null };
  }

  async fire({ id, kind, due_at: dueAt }: Due): Promise<Deed> {
    if (dueAt > this.clock.now()) this.clock.set(dueAt);
    if (kind === 'reminder' || kind === 'escalation') return this.remind();
    const { outcome } = kind === 'domain' ? await fireDomainTimer(this.app, keeper, { timerId: id }) : await fireTimer(this.app, keeper, { timerId: id });
    return { move: 'time', what: `${kind} ${outcome}`, refused: null };
  }

  /** What is due is seen to before anybody does anything else. */
  async due(): Promise<Deed | null> {
    const [timer] = await this.rows<Due>(findDue, [true, this.clock.now(), 1]);
    if (timer) return this.fire(timer);
    const [pauseId] = await listDuePauses(this.app, keeper);
    if (pauseId === undefined) return null;
    await resumeClock(this.app, keeper, { pauseId });
    return { move: 'time', what: 'resume', refused: null };
  }

  /** The next morning, or the moment when the next process moves by itself. */
  async pass(): Promise<Deed> {
    const until = new Date(this.clock.now().getTime() + 60 * dayMs);
    const [timer] = this.chance.likely(0.7) ? await this.rows<Due>(findDue, [false, until, 1]) : [];
    if (!timer) this.clock.set(this.app.calendar.nextOpening(new Date(this.clock.now().getTime() + dayMs)));
    else if (timer.due_at > this.clock.now()) this.clock.set(timer.due_at);
    return (await this.due()) ?? { move: 'time', what: 'next day', refused: null };
  }

  async step(): Promise<Deed> {
    this.clock.set(new Date(this.clock.now().getTime() + (1 + this.chance.below(15)) * minuteMs));
    const waiting = await this.due();
    if (waiting) return waiting;
    const open = await this.openNow();
    if (open.length < mostOpen && (open.length < 3 || this.chance.likely(0.1))) return this.begin();
    const home = open[Math.min(this.chance.below(open.length), this.chance.below(open.length))]!; // the older ones rather: a case is a long way
    const move = this.chance.pick((Object.entries(weights) as [Move, number][]).flatMap(([name, weight]) => Array.from({ length: weight }, () => name)));
    if (move === 'time') return this.pass();
    if (move === 'file') return this.file(home);
    const { tasks } = await townWork(this.app, keeper, home.caseNo);
    if (move === 'pause') return this.pause(home, this.chance.likely(0.6) ? tasks[0] : undefined);
    if (tasks.length === 0) return this.pass();
    return move === 'hold' ? this.hold(this.chance.pick(tasks)) : this.complete(home, this.chance.pick(tasks));
  }
}

export async function openOffice({ app, client, seed, clock }: Setting): Promise<Office> {
  const people = (await client.query<Omit<Person, 'kind'>>(findPeople)).rows.map((row): Person => ({ kind: 'person', ...row }));
  const reader = { db: app.db.prisma };
  const standing = await Promise.all((await listStandingForms(reader)).map(async (form) => ({ ...form, schema: await formToCheck(reader, form.schema) })));
  return new RandomOffice(app, client, clock, openChance(seed), people, standing);
}

const said = (refused: Problem): string => (refused.code === 'form_invalid' ? `form_invalid ${refused.errors.map(({ pointer }) => pointer).join(' ')}` : refused.code);
