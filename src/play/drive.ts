// Who decides what happens next: a script, or dice.
import type { Variables, WaitKind } from '../engine/model.js';
import type { ScriptAction, Settings } from './arguments.js';
import { Incident } from './incident.js';
import { actOn, isBlank, isOver, openWaits, sendMessage, sendSignal, startMain, type OpenWait, type Play } from './world.js';

/** Mulberry32: the same seed, the same run, on every machine. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A condition comes true by variables alone: the dice cannot do that. */
const canEnd = ({ wait }: OpenWait): boolean => wait.kind !== 'conditional';

function endOne(play: Play, open: OpenWait): void {
  const { wait } = open;
  if (wait.kind === 'timer') return actOn(play, open, { kind: 'fire' });
  if (wait.kind === 'message') return actOn(play, open, { kind: 'message' });
  if (wait.kind === 'signal') return sendSignal(play, wait.name ?? '', {});
  return actOn(play, open, { kind: 'complete' });
}

function playDice(play: Play, seed: number, maxSteps: number): void {
  const roll = dice(seed);
  for (let done = 0; done < maxSteps && !isOver(play); done += 1) {
    const open = openWaits(play).filter(canEnd);
    const chosen = open[Math.floor(roll() * open.length)];
    if (!chosen) return;
    endOne(play, chosen);
  }
}

function find(play: Play, elementId: string, kinds: readonly WaitKind[], what: string): OpenWait {
  const open = openWaits(play).filter(({ wait }) => wait.elementId === elementId && kinds.includes(wait.kind) && (wait.kind !== 'message' || wait.name === elementId));
  // of several timers of one element, the one that is due first
  const [first] = open.sort((a, b) => (a.wait.dueAt ?? '').localeCompare(b.wait.dueAt ?? ''));
  if (!first) throw new Incident('wait_not_open', elementId, `${what}: ${elementId} は待っていません`);
  return first;
}

function follow(play: Play, action: ScriptAction): void {
  if ('complete' in action) {
    const open = find(play, action.complete, ['user', 'job', 'call', 'message'], 'complete');
    return actOn(play, open, { kind: open.wait.kind === 'message' ? 'message' : 'complete', variables: action.variables });
  }
  if ('fail' in action) return actOn(play, find(play, action.fail, ['job', 'user', 'call'], 'fail'), { kind: 'fail', code: action.code });
  if ('fire' in action) return actOn(play, find(play, action.fire, ['timer'], 'fire'), { kind: 'fire' });
  if ('signal' in action) return sendSignal(play, action.signal, action.variables ?? {});
  const { message: name, key, variables = {} } = action;
  return sendMessage(play, { name, variables, ...(key == null ? {} : { key: String(key) }) });
}

/** A script that begins with what a start event waits for starts the process there. Where it may begin by itself, only `fire` chooses. */
function startOf(play: Play, script: readonly ScriptAction[] | null): { elementId: string; variables: Variables } | null {
  const [first] = script ?? [];
  const { starts, elements } = play.main;
  const named = (is: (start: (typeof starts)[number]) => boolean, variables: Variables = {}): { elementId: string; variables: Variables } | null => {
    const start = starts.find(is);
    return start ? { elementId: start.elementId, variables } : null;
  };
  if (!first) return null;
  if ('fire' in first) return named(({ elementId }) => elementId === first.fire && elements.get(elementId)?.timer != null);
  if (starts.some((start) => isBlank(play.main, start))) return null;
  if ('message' in first) return named(({ messageName }) => messageName === first.message, first.variables);
  if ('signal' in first) return named(({ elementId, messageName }) => messageName === null && elements.get(elementId)?.eventName === first.signal, first.variables);
  return null;
}

/** Starts the process and goes on until the script or the dice have nothing left to do. @throws Incident */
export function drive(play: Play, { script, seed, maxSteps, variables }: Settings): void {
  const begun = startOf(play, script);
  startMain(play, { ...variables, ...begun?.variables }, begun?.elementId);
  const actions = (script ?? []).slice(begun ? 1 : 0, maxSteps);
  for (const action of actions) follow(play, action);
  if (seed !== null) playDice(play, seed, maxSteps - actions.length);
}
