// Whether ten thousand steps leave anything behind: heap after a full collection, resident memory and open handles, each
// thousand steps; for steps alone, for steps in their threads, and for whole actions on a database. Prints, never asserts.
// `npm run bench:memory -- [steps] [steps on a database]` (needs node --expose-gc)
import { setImmediate as turn } from 'node:timers/promises';
import { completeTask } from '../src/actions/complete-task.js';
import { deployDefinition } from '../src/actions/deploy-definition.js';
import { publishMessage } from '../src/actions/publish-message.js';
import { openApp } from '../src/app.js';
import { openCalendar } from '../src/base/calendar.js';
import type { Person, System } from '../src/base/db.js';
import { compile } from '../src/engine/executor/compile.js';
import type { StepInput, StepResult } from '../src/engine/model.js';
import { step } from '../src/engine/step.js';
import { openStepper } from '../src/engine/stepper.js';
import { taskRow } from './support/diagrams.js';
import { table } from './support/figures.js';
import { openRig, printMachine } from './support/rig.js';

const [steps = 10_000, onDatabase = steps] = process.argv.slice(2).map(Number);
const group = 'grp.coordinator.city';
const system: System = { kind: 'system', name: 'bench' };
const xml = taskRow('bench_memory', 12, group);
const closedDays = { closesAt: '17:15', days: [] };
const now = new Date('2026-11-23T00:00:00Z');
/** Less than the smallest thing that a step could leave behind, an entry in a map with its key. */
const flatBytes = 100;
/** Until then caches fill and the compiler settles. */
const settledAfter = 1_000;

interface Sample {
  steps: number;
  heap: number;
  external: number;
  resident: number;
  handles: number;
}

async function sample(done: number): Promise<Sample> {
  for (let n = 0; n < 3; n += 1) {
    await turn(); // what was let go of in this turn is collected in the next
    globalThis.gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { steps: done, heap: heapUsed, external, resident: rss, handles: process.getActiveResourcesInfo().length };
}

/** Bytes a step, by least squares. */
function slope(samples: readonly Sample[], of: (s: Sample) => number): number {
  const x = samples.map((s) => s.steps);
  const y = samples.map(of);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  return x.reduce((sum, value, n) => sum + (value - mx) * ((y[n] ?? my) - my), 0) / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}

async function measure(title: string, total: number, one: () => Promise<void>): Promise<void> {
  const samples: Sample[] = [];
  const every = Math.max(1, total / 10);
  for (let done = 0; done <= total; done += 1) {
    if (done % every === 0) samples.push(await sample(done));
    if (done < total) await one();
  }
  const mb = (bytes: number): number => Math.round(bytes / 1024 / 10.24) / 100;
  process.stdout.write(`\n## ${title}\n\n${table(['steps', 'heap MB', 'external MB', 'resident MB', 'handles'], samples.map((s) => [s.steps, mb(s.heap), mb(s.external), mb(s.resident), s.handles]))}\n`);
  const settled = samples.filter((s) => s.steps >= settledAfter);
  const [heap, external, resident] = [slope(settled, (s) => s.heap), slope(settled, (s) => s.external), slope(settled, (s) => s.resident)];
  const handles = (settled.at(-1)?.handles ?? 0) - (settled[0]?.handles ?? 0);
  const isFlat = heap + external < flatBytes && handles <= 0;
  process.stdout.write(`${isFlat ? 'flat' : 'NOT FLAT'}: heap ${heap.toFixed(0)}, external ${external.toFixed(0)}, resident ${resident.toFixed(0)} bytes a step after the first ${settledAfter} (flat: heap and external under ${flatBytes}), handles ${handles >= 0 ? '+' : ''}${handles}\n`);
}

/** Walks instances from start to end for ever: each fifth step fires the timer of the open task, the others complete it. */
function walker(run: (input: Omit<StepInput, 'calendar'>) => StepResult | Promise<StepResult>): () => Promise<void> {
  let at: StepResult | null = null;
  let count = 0;
  return async () => {
    const common = { now, businessKey: null, context: 'sliced' as const };
    const task = at?.waits.find((wait) => wait.kind === 'user');
    const timer = at?.waits.find((wait) => wait.kind === 'timer');
    count += 1;
    if (!at || !task) {
      at = await run({ ...common, state: null, variables: {}, action: { kind: 'start' } });
      return;
    }
    const action = timer && count % 5 === 0 ? ({ kind: 'fire', executionId: timer.executionId } as const) : ({ kind: 'complete', executionId: task.executionId } as const);
    at = await run({ ...common, state: at.state, variables: at.variables, action });
  };
}

async function alone(): Promise<void> {
  const definition = await compile(xml);
  const calendar = openCalendar(closedDays);
  await measure('Steps in this thread', steps, walker((input) => step(definition, { ...input, calendar })));
}

async function inThreads(): Promise<void> {
  const stepper = openStepper({ threads: 2, wallMs: 3_000 });
  await measure('Steps in their threads (their heaps show in the resident memory alone)', steps, walker((input) => stepper.run({ id: 'bench', xml }, { ...input, closedDays })));
  await stepper.close();
}

async function throughActions(): Promise<void> {
  const rig = await openRig();
  const app = await openApp(rig.env, 'bench');
  try {
    await deployDefinition(app, system, { xml });
    const [found] = await rig.sql<{ id: string; name: string; agency: string }>(`select u.id, u.name, u.agency_code as agency from app_user u join membership m on m.user_id = u.id where m.group_key = $1 limit 1`, [group]);
    const person: Person = { kind: 'person', userId: found!.id, name: found!.name, agencyCode: found!.agency, groups: [group], roles: [] };
    let open: { id: string; version: number } | undefined;
    let count = 0;
    await measure('Actions on a database (a start, then twelve completions)', onDatabase, async () => {
      if (open) {
        const done = await completeTask(app, person, { taskId: open.id, version: open.version });
        open = done.next[0];
        return;
      }
      count += 1;
      const { instanceId } = await publishMessage(app, system, { name: 'bench_memory_started', businessKey: `R8-${count}` });
      [open] = await rig.sql<{ id: string; version: number }>(`select id, version from task where instance_id = $1::uuid and status = 'open'`, [instanceId]);
    });
  } finally {
    await app.close();
    await rig.stop();
  }
}

if (!globalThis.gc) throw new Error('start with node --expose-gc');
printMachine('bench/memory');
await alone();
await inThreads();
await throughActions();
