// How long a person waits for their inbox, with few and with many open tasks in the city: two cities, each with a Postgres
// and an API process of its own, asked in turn over HTTP by somebody who sits in three groups. Prints, never asserts. `npm run bench:inbox -- [small] [large] [rounds]`
import { signIn, type Client } from './support/client.js';
import { seedDefinitions, seedPeople, seedPerson, seedTasks } from './support/crowd.js';
import { explain } from './support/explain.js';
import { median, percentile, table } from './support/figures.js';
import { openRig, password, printMachine, type Rig } from './support/rig.js';

const [small = 10_000, large = 1_000_000, rounds = 300] = process.argv.slice(2).map(Number);
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

const floor = 'who am I (no inbox: the floor)';
const questions: Record<string, string> = {
  'step, due window, not urgent': page({ ...step, ...window, urgent: 'false' }),
  'step, due window, urgent': page({ ...step, ...window, urgent: 'true' }),
  'step, due window, text': page({ ...step, ...window, text: '照会' }),
  'step, due window, text, by name': page({ ...step, ...window, text: '照会', sort: 'name' }),
  'no filter': page({}),
  'counts': '/api/tasks/counts',
  [floor]: '/api/session',
};

interface Measured {
  p50: number;
  p95: number;
  rows: number;
}

/** Cities and questions take turns, so that whatever else the machine does meets all of them alike. */
async function ask(clients: readonly Client[]): Promise<Map<string, Measured[]>> {
  const kept = Object.entries(questions).flatMap(([name, path]) => clients.map((client, city) => ({ name, path, client, city, times: [] as number[], rows: 0 })));
  for (let round = -30; round < rounds; round += 1) {
    for (const one of kept) {
      const startedAt = performance.now();
      const answer = await one.client.must<{ tasks?: unknown[]; views?: { all: number } }>('GET', one.path);
      if (round >= 0) one.times.push(performance.now() - startedAt);
      one.rows = answer.tasks?.length ?? answer.views?.all ?? 0;
    }
  }
  return new Map(Object.keys(questions).map((name) => [name, kept.filter((k) => k.name === name).map(({ times, rows }) => ({ p50: median(times), p95: percentile(times, 0.95), rows }))]));
}

/** All but the tasks of those who are measured lie with 2,000 groups, some of which have far more than others. */
const elsewhere = (n: string): string => `'grp.bench.' || lpad((1 + floor(${n} * ${n} * ${groups}))::int::text, 4, '0')`;
const spreadOut = `case when r.n % 50 = 0 then array['grp.${growing}.' || (1 + r.n / 50 % 3)]
    when r.r2 < 0.15 then array[${elsewhere('r.r2 / 0.15')}, ${elsewhere('r.r3')}] else array[${elsewhere('r.r3')}] end`;
const colleagues = `(select array_agg(id) from app_user where login like 'bench.%')`;

async function seed(rig: Rig, size: number): Promise<void> {
  const startedAt = performance.now();
  await seedPeople(rig, { groups, peoplePerGroup: 2 });
  for (const login of [fixed, growing]) await seedPerson(rig, login);
  await seedDefinitions(rig);
  const mine = `(select array_agg(id) from app_user where login = '${fixed}' or login like 'bench.1.%')`;
  await seedTasks(rig, { tasks: 500, groups: `array['grp.${fixed}.' || (1 + r.n % 3)]`, holders: mine, held: 0.6 });
  await seedTasks(rig, { tasks: size - 500, groups: spreadOut, holders: colleagues, held: 0.6 });
  await rig.sql('checkpoint'); // what was just written is not written out while it is read
  const [count] = await rig.sql<{ tasks: number; entries: number }>(`select (select count(*)::int from task where status = 'open') as tasks, (select count(*)::int from inbox_entry) as entries`);
  process.stdout.write(`${count?.tasks} open tasks in ${groups} groups, ${count?.entries} entries in inboxes, seeded in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
}

async function main(rigs: readonly Rig[]): Promise<void> {
  const addresses: string[] = [];
  for (const [index, rig] of rigs.entries()) {
    await seed(rig, [small, large][index]!);
    addresses.push(await rig.api());
  }
  const missed: string[] = [];
  for (const login of [fixed, growing]) {
    const clients = await Promise.all(addresses.map((address) => signIn(address, login, password)));
    const lines = [...(await ask(clients))].map(([name, [few, many]]) => {
      const ratio = many!.p95 / few!.p95;
      if (name !== floor && (many!.p95 >= 100 || ratio > 1.5)) missed.push(`${login}: ${name}`);
      return [name, `${few!.rows} / ${many!.rows}`, few!.p50, few!.p95, many!.p50, many!.p95, many!.p50 / few!.p50, ratio];
    });
    for (const client of clients) client.close();
    process.stdout.write(`\n${login === fixed ? 'Somebody with 500 tasks in three groups' : 'Somebody whose three groups have two in a hundred of all tasks'}\n\n`);
    process.stdout.write(`${table(['asked', 'rows', `p50 ms at ${small}`, 'p95', `p50 ms at ${large}`, 'p95', 'p50 ratio', 'p95 ratio'], lines)}\n`);
  }
  process.stdout.write(`\naim: p95 under 100 ms and at most 1.5 times that of the small city. ${missed.length === 0 ? 'Kept by all.' : `Missed by ${missed.join('; ')}.`}\n`);
  if (missed.length > 0) for (const login of [fixed, growing]) process.stdout.write(await explain(rigs[1]!, login));
}

printMachine('bench/inbox');
const rigs: Rig[] = [];
try {
  for (const _size of [small, large]) rigs.push(await openRig());
  await main(rigs);
} finally {
  await Promise.all(rigs.map((rig) => rig.stop()));
}
