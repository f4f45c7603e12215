// Walks a shipped diagram: the real diagram, the real forms, the pure step, with the state written as JSON and read back
// before every action. It notes which arrows were taken, so that a test can demand all of them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { evaluate } from 'feelin';
import { openCalendar, type Calendar } from '../../src/base/calendar.js';
import { compile } from '../../src/engine/executor/compile.js';
import { validateAnswers } from '../../src/engine/forms.js';
import type { Action, Compiled, HistoryEntry, Json, StepResult, Thrown, Variables, Wait } from '../../src/engine/model.js';
import { step } from '../../src/engine/step.js';
import { nextFollowUp } from '../../src/handlers/next-follow-up.js';
import { answersFor, freeTexts } from '../support/answers.js';
import { inTown } from '../support/options.js';
import { arrowsOf, type Arrow } from './arrows.js';

const root = new URL('../../processes/', import.meta.url);
/** A Monday morning without a holiday near it. */
export const monday = new Date('2026-05-11T10:00:00+09:00');
export const calendar: Calendar = openCalendar({ closesAt: '17:15', days: [] });
/** What everybody writes into every memo. It may never be seen again. */
export const memo = '門田ハナ子さんの長男は10年ひきこもり';

/** The answers that somebody who says `answers` sends: the sample's for the rest, and the canary in every free text. */
export function written(folder: string, formKey: string, form: Json, answers: Record<string, Json>, then?: Date): Record<string, Json> {
  const texts = Object.fromEntries(freeTexts(form).map((key) => [key, memo]));
  return answersFor(folder, formKey, form, { ...texts, ...answers }, then);
}

export interface Diagram {
  name: string;
  xml: string;
  forms: ReadonlyMap<string, Json>;
  compiled: Compiled;
  arrows: readonly Arrow[];
}

export const processNames = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/${entry.name}.bpmn`, root))).map((entry) => entry.name).sort();

export function readForms(name: string): Map<string, Json> {
  const folder = new URL(`${name}/forms/`, root);
  return new Map(readdirSync(folder).map((file) => [file.replace(/\.json$/, ''), JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Json]));
}

export async function readDiagram(name: string): Promise<Diagram> {
  const xml = readFileSync(new URL(`${name}/${name}.bpmn`, root), 'utf8');
  return { name, xml, forms: readForms(name), compiled: await compile(xml), arrows: await arrowsOf(xml) };
}

/** What a person, the clock or another process does next. `done` completes all open instances of a task. */
export type Move =
  | { kind: 'done'; elementId: string; answers: Record<string, Json> }
  | { kind: 'fire'; elementId: string }
  | { kind: 'knows'; variables: Variables }
  | { kind: 'arrives'; name: string; variables: Variables; about: string | null }
  | { kind: 'returned'; elementId: string; variables: Variables }
  | { kind: 'broken'; elementId: string; code: string };

export const done = (elementId: string, answers: Record<string, Json> = {}): Move => ({ kind: 'done', elementId, answers });
/** What the record of the next step will hand back (ids and decisions that no form says). */
export const knows = (variables: Variables): Move => ({ kind: 'knows', variables });
export const fire = (elementId: string): Move => ({ kind: 'fire', elementId });
/** `about`: what the message is about, where that is not the case. */
export const arrives = (name: string, variables: Variables = {}, about: string | null = null): Move => ({ kind: 'arrives', name, variables, about });
export const returned = (elementId: string, variables: Variables = {}): Move => ({ kind: 'returned', elementId, variables });
export const broken = (elementId: string, code: string): Move => ({ kind: 'broken', elementId, code });

export interface Walk {
  /** Ids of the sequence flows taken. */
  taken: Set<string>;
  /** Elements entered, in order. */
  path: string[];
  waits: Wait[];
  variables: Variables;
  thrown: Thrown[];
  jobs: { elementId: string; handler: string; input: Variables }[];
  /** Every wait that was ever opened, when, and when its time is over (null: it has none). */
  opened: { wait: Wait; at: Date; dueAt: Date | null }[];
  ended: boolean;
  error: string | null;
  now: Date;
}

export interface Begin {
  /** The start event; the only one if not named. */
  at?: string;
  variables: Variables;
  /** What a handler hands back at its first, second … call, where that is not always the same; the last for all further ones. `bpmnError`: the code in which it ends. */
  outputs?: Readonly<Record<string, readonly Variables[]>>;
}

interface Running extends Walk {
  diagram: Diagram;
  outputs: NonNullable<Begin['outputs']>;
  state: string | null;
}

/** Walks that begin alike are walked once: a step is a pure function. */
const walked = new Map<string, Running>();

/** Walks from a start event by the moves, jobs doing themselves. @throws Error when a move finds nothing to act on */
export function walk(diagram: Diagram, begin: Begin, moves: readonly Move[]): Walk {
  const key = JSON.stringify([diagram.name, begin, moves]);
  const run = walked.get(key) ?? (moves.length === 0 ? setOut(diagram, begin) : { ...(walk(diagram, begin, moves.slice(0, -1)) as Running) });
  if (walked.has(key)) return run;
  const last = moves.at(-1);
  if (last) apply(run, last);
  doJobs(run);
  walked.set(key, run);
  return run;
}

function setOut(diagram: Diagram, begin: Begin): Running {
  const run: Running = {
    diagram, outputs: begin.outputs ?? {}, state: null, taken: new Set(), path: [], waits: [], variables: begin.variables, thrown: [], jobs: [], opened: [], ended: false, error: null, now: monday,
  };
  act(run, { kind: 'start', ...(begin.at === undefined ? {} : { startElementId: begin.at }) });
  return run;
}

function apply(run: Running, move: Move): void {
  if (move.kind === 'done') {
    const formKey = run.diagram.compiled.elements.get(move.elementId)?.formKey ?? '';
    const form = run.diagram.forms.get(formKey) as Json;
    const { errors, variables } = validateAnswers(inTown(form), written(run.diagram.name, formKey, form, move.answers));
    if (errors.length > 0) throw new Error(`${move.elementId}: ${JSON.stringify(errors)}`);
    const open = openAt(run, 'user', (wait) => wait.elementId === move.elementId, move.elementId);
    for (const wait of open) act(run, { kind: 'complete', executionId: wait.executionId, variables });
    return;
  }
  if (move.kind === 'knows') return act(run, { kind: 'variables', variables: move.variables });
  if (move.kind === 'arrives') {
    const [wait] = openAt(run, 'message', (one) => one.name === move.name && one.correlationKey === (move.about ?? run.variables['caseId']), move.name);
    return act(run, { kind: 'message', executionId: wait!.executionId, variables: move.variables });
  }
  if (move.kind === 'fire') {
    const [wait] = openAt(run, 'timer', (one) => one.elementId === move.elementId, move.elementId);
    run.now = new Date(Math.max(run.now.getTime(), Date.parse(wait!.dueAt!)));
    return act(run, { kind: 'fire', executionId: wait!.executionId });
  }
  const [wait] = openAt(run, 'call', (one) => one.elementId === move.elementId, move.elementId);
  const { executionId } = wait!;
  act(run, move.kind === 'returned' ? { kind: 'complete', executionId, variables: move.variables } : { kind: 'fail', executionId, code: move.code });
}

function openAt(run: Running, kind: Wait['kind'], fits: (wait: Wait) => boolean, what: string): Wait[] {
  const found = run.waits.filter((wait) => wait.kind === kind && fits(wait));
  if (found.length === 0) throw new Error(`nothing waits for ${what}; open: ${run.waits.map((wait) => wait.elementId).join(', ') || 'nothing'}`);
  return found;
}

/** Where a case stands, as `begin_exit` finds it. */
const team = { field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', coordinatorGroup: 'grp.coordinator.city', leadGroup: 'grp.sectionLead.elderly_welfare', caseGroups: ['grp.coordinator.city', 'grp.sectionLead.elderly_welfare'], roleGroups: ['grp.sectionLead.elderly_welfare'], planVersion: 1, consentState: 'full' };

/** What the handlers hand back (processes/HANDLERS.md); what they write is the database's business. */
function outputOf(job: NonNullable<Wait['job']>, now: Date, variables: Variables): Variables {
  const { input } = job;
  if (job.handler === 'check_pledges') return { unpledgedGroups: [] };
  if (job.handler === 'check_meeting_cover') return { uncoveredGroups: [], uncoveredCases: [] };
  if (job.handler === 'share_decisions') return { decisionIds: [] };
  if (job.handler === 'count_up') return { [textOf(input['name'])]: Number(input['value'] ?? 0) + 1 };
  if (job.handler === 'next_follow_up') {
    const from = input['from'] ? new Date(textOf(input['from'])) : now;
    return { followUpFrom: from.toISOString(), followUpAt: nextFollowUp(calendar, now, from, input['after'] as string[], textOf(input['every'])).toISOString() };
  }
  if (job.handler === 'open_emergency') return { emergencyId: input['emergencyId'] ?? '0190aaaa-0000-7000-8000-0000000000e0', emergencyIsNew: variables['alarm'] !== 'second', discovererGroup: 'grp.intake.elder', field: 'elder', intakeGroup: 'grp.intake.elder' };
  if (job.handler === 'begin_exit') return { ...team, hasPlan: variables['planless'] !== true, exitId: input['exitId'] ?? '0190aaaa-0000-7000-8000-0000000000e9', exitKind: input['exitKind'] ?? null, exitOrigin: input['origin'] ?? null };
  if (job.handler === 'open_member_case') return { memberCaseId: '0190aaaa-0000-7000-8000-0000000000c2', memberCaseNo: 'R8-00002', memberIntakeGroup: 'grp.intake.disability' };
  if (job.handler === 'set_next_monitoring') return { monitorAt: calendar.add(now, textOf(input['every'])).toISOString() };
  if (job.handler !== 'set_plan_dates') return {};
  const endsAt = calendar.add(input['from'] ? new Date(textOf(input['from'])) : now, textOf(input['period']));
  return { planEndsAt: endsAt.toISOString(), evaluationOpensAt: calendar.subtract(endsAt, textOf(input['openBefore'])).toISOString(), monitorAt: calendar.add(now, textOf(input['firstAfter'])).toISOString() };
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`a text is needed, not ${JSON.stringify(value)}`);
  return value;
}

function doJobs(run: Running): void {
  for (let wait = run.waits.find((one) => one.kind === 'job'); wait; wait = run.waits.find((one) => one.kind === 'job')) {
    run.jobs = [...run.jobs, { elementId: wait.elementId, ...wait.job! }];
    const { handler } = wait.job!;
    const said = run.outputs[handler];
    const times = run.jobs.filter((job) => job.handler === handler).length;
    const given = said?.[Math.min(times, said.length) - 1]?.['bpmnError'];
    if (typeof given === 'string') act(run, { kind: 'fail', executionId: wait.executionId, code: given });
    else act(run, { kind: 'complete', executionId: wait.executionId, variables: said ? said[Math.min(times, said.length) - 1]! : outputOf(wait.job!, run.now, run.variables) });
  }
}

const shapeOf = (result: StepResult): unknown => result.waits.map((wait) => [wait.elementId, wait.kind, wait.item, wait.dueAt]);

function act(run: Running, action: Action): void {
  const input = { state: run.state, variables: run.variables, action, now: run.now, calendar, businessKey: 'R8-00001' };
  const result = step(run.diagram.compiled, input);
  const whole = step(run.diagram.compiled, { ...input, context: 'full' });
  if (JSON.stringify(shapeOf(result)) !== JSON.stringify(shapeOf(whole))) throw new Error(`sliced and full contexts differ after ${JSON.stringify(action)}`);
  Object.assign(run, { state: result.state, waits: result.waits, variables: result.variables, ended: result.ended, error: result.error?.code ?? null });
  run.thrown = [...run.thrown, ...result.thrown];
  run.opened = [...run.opened, ...result.opened.map((wait) => ({ wait, at: run.now, dueAt: dueOf(wait, run.now) }))];
  run.path = [...run.path, ...result.history.filter((entry) => entry.type === 'entered').map((entry) => entry.elementId)];
  run.taken = new Set(run.taken);
  noteArrows(run, result.history);
}

const dueOf = (wait: Wait, now: Date): Date | null =>
  wait.dueAt !== undefined ? new Date(wait.dueAt) : wait.task?.deadline ? calendar.add(now, wait.task.deadline.dueIn) : null;

/** The arrows that the history of one step speaks of: gateways are asked here a second time, by FEEL alone. */
function noteArrows(run: Running, history: readonly HistoryEntry[]): void {
  const entered = new Set(history.filter((entry) => entry.type === 'entered').map((entry) => entry.elementId));
  for (const { elementId } of history.filter((entry) => entry.type === 'left')) {
    const type = run.diagram.compiled.elements.get(elementId)?.type;
    const out = run.diagram.arrows.filter((arrow) => arrow.from === elementId);
    const race = run.diagram.arrows.find((arrow) => arrow.to === elementId && run.diagram.compiled.elements.get(arrow.from)?.type === 'bpmn:EventBasedGateway');
    if (race) run.taken.add(race.id);
    const chosen = type === 'bpmn:EventBasedGateway' ? [] : type === 'bpmn:ExclusiveGateway' || type === 'bpmn:InclusiveGateway' ? decide(out, type, run.variables) : out;
    for (const arrow of chosen) {
      const target = run.diagram.compiled.elements.get(arrow.to)?.type ?? '';
      if (!entered.has(arrow.to) && !/(Parallel|Inclusive)Gateway/.test(target)) throw new Error(`${arrow.id} should have been taken, ${arrow.to} was not entered`);
      run.taken.add(arrow.id);
    }
  }
}

function decide(out: readonly Arrow[], type: string, variables: Variables): Arrow[] {
  if (out.length < 2) return [...out];
  const open = out.filter((arrow) => arrow.condition !== null && evaluate(arrow.condition.slice(1), variables).value === true);
  const chosen = type === 'bpmn:ExclusiveGateway' ? open.slice(0, 1) : open;
  return chosen.length > 0 ? chosen : out.filter((arrow) => arrow.isDefault);
}
