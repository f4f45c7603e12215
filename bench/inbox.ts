// How long a person waits for their inbox, with few and with many open tasks in the city: an API process, asked over
// HTTP by somebody who sits in three groups. Prints, never asserts. `npm run bench:inbox -- [small] [large] [rounds]`
import { signIn, type Client } from './support/client.js';
import { seedDefinitions, seedPeople, seedPerson, seedTasks } from './support/crowd.js';
import { explain } from './support/explain.js';
import { median, percentile, table } from './support/figures.js';
import { openRig, password, printMachine, type Rig } from './support/rig.js';

const [small = 10_000, large = 1_000_000, rounds = 200] = process.argv.slice(2).map(Number);
const groups = 2_000;
const dayMs = 86_400_000;

/** Sees 500 tasks, however many there are. */
const fixed = 'bench-fixed';
/** Sees two in a hundred of all tasks: nobody's inbox is meant to look like this. */
const growing = 'bench-growing';

const at = (days: number): string => new Date(Math.floor(performance.timeOrigin / dayMs + days) * dayMs).toISOString();
const page = (filters: Record<string, string>): string => `/api/tasks?${new URLSearchParams({ view: 'all', limit: '50', ...filters })}`;
const step = { elementId: 'step_3' };
const window = { dueFrom: at(-20), dueTo: at(30) };

const questions: Record<string, string> = {
  'step, due window, not urgent': page({ ...step, ...window, urgent: 'false' }),
  'step, due window, urgent': page({ ...step, ...window, urgent: 'true' }),
  'step, due window, text': page({ ...step, ...window, text: '照会' }),
  'step, due window, text, by name': page({ ...step, ...window, text: '照会', sort: 'name' }),
  'no filter': page({}),
  'counts': '/api/tasks/counts',
  'who am I (no inbox: the floor)': '/api/session',
};

interface Measured {
  p50: number;
  p95: number;
  rows: number;
}

async function ask(client: Client): Promise<Map<string, Measured>> {
  const times = new Map(Object.keys(questions).map((name) => [name, [] as number[]]));
  const rows = new Map<string, number>();
  // the kinds take turns, so that whatever else the machine does meets all of them
  for (let round = -20; round < rounds; round += 1) {
    for (const [name, path] of Object.entries(questions)) {
      const startedAt = performance.now();
      const answer = await client.must<{ tasks?: unknown[]; views?: { all: number } }>('GET', path);
      if (round >= 0) times.get(name)!.push(performance.now() - startedAt);
      rows.set(name, answer.tasks?.length ?? answer.views?.all ?? 0);
    }
  }
  return new Map([...times].map(([name, ms]) => [name, { p50: median(ms), p95: percentile(ms, 0.95), rows: rows.get(name) ?? 0 }]));
}

/** All but the tasks of those who are measured lie with 2,000 groups, some of which have far more than others. */
const elsewhere = (n: string): string => `'grp.bench.' || lpad((1 + floor(${n} * ${n} * ${groups}))::int::text, 4, '0')`;
const spreadOut = `case when r.n % 50 = 0 then array['grp.${growing}.' || (1 + r.n / 50 % 3)]
    when r.r2 < 0.15 then array[${elsewhere('r.r2 / 0.15')}, ${elsewhere('r.r3')}] else array[${elsewhere('r.r3')}] end`;
const colleagues = `(select array_agg(id) from app_user where login like 'bench.%')`;

async function seed(rig: Rig): Promise<void> {
  await seedPeople(rig, { groups, peoplePerGroup: 2 });
  for (const login of [fixed, growing]) await seedPerson(rig, login);
  await seedDefinitions(rig);
  const mine = `(select array_agg(id) from app_user where login = '${fixed}' or login like 'bench.1.%')`;
  await seedTasks(rig, { tasks: 500, groups: `array['grp.${fixed}.' || (1 + r.n % 3)]`, holders: mine, held: 0.6 });
}

async function main(rig: Rig): Promise<void> {
  await seed(rig);
  const address = await rig.api();
  const results = new Map<string, { size: number; measured: Map<string, Measured> }[]>();
  let seeded = 500;
  for (const size of [small, large]) {
    const startedAt = performance.now();
    await seedTasks(rig, { tasks: size - seeded, groups: spreadOut, holders: colleagues, held: 0.6 });
    seeded = size;
    const [count] = await rig.sql<{ tasks: number; entries: number }>(`select (select count(*)::int from task where status = 'open') as tasks, (select count(*)::int from inbox_entry) as entries`);
    process.stderr.write(`${count?.tasks} open tasks, ${count?.entries} entries, seeded in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
    for (const login of [fixed, growing]) {
      const client = await signIn(address, login, password);
      results.set(login, [...(results.get(login) ?? []), { size, measured: await ask(client) }]);
      client.close();
    }
  }
  const missed: string[] = [];
  for (const [login, [few, many]] of results) {
    if (!few || !many) continue;
    process.stdout.write(`\n${login === fixed ? 'Somebody with 500 tasks in three groups' : 'Somebody whose three groups have two in a hundred of all tasks'}\n\n`);
    const lines = Object.keys(questions).map((name) => {
      const [a, b] = [few.measured.get(name)!, many.measured.get(name)!];
      if (b.p95 >= 100 || b.p95 / a.p95 > 1.5) missed.push(`${login}: ${name}`);
      return [name, `${a.rows} → ${b.rows}`, a.p50, a.p95, b.p50, b.p95, b.p50 / a.p50, b.p95 / a.p95];
    });
    process.stdout.write(`${table(['asked', 'rows', `p50 ms at ${few.size}`, 'p95', `p50 ms at ${many.size}`, 'p95', 'p50 ratio', 'p95 ratio'], lines)}\n`);
  }
  process.stdout.write(`\naim: p95 under 100 ms and at most 1.5 times that of the small city. ${missed.length === 0 ? 'Kept by all.' : `Missed by: ${missed.join('; ')}.`}\n`);
  if (missed.length > 0) for (const login of [fixed, growing]) process.stdout.write(await explain(rig, login));
}

printMachine('bench/inbox');
const rig = await openRig();
try {
  await main(rig);
} finally {
  await rig.stop();
}
