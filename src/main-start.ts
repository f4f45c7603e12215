// bin/start: starts what nobody else has started, in order, and stops it in the reverse order. Everything that serves
// people runs in processes of its own (API, workers); this one only watches over them.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asRole, ensureDatabase, hasCity, hasDefinitions, migrate, setRolePassword } from '../prisma/prepare.js';
import { refoldNames, seedCity } from '../prisma/seed.js';
import { readCity } from './base/city.js';
import { systemClock } from './base/clock.js';
import { givenSettings } from './base/env.js';
import { openDataFolder, type DataFolder } from './services/data-folder.js';
import { freePort, isPortFree } from './services/free-port.js';
import { keepRunning } from './services/keep-running.js';
import { startMailCatcher } from './services/mail-catcher.js';
import { startPostgres } from './services/postgres.js';
import { readDiagrams, readStandingForms } from './services/process-folder.js';
import { runOnce } from './services/run-once.js';
import { findRunning, markRunning, unmarkRunning } from './services/running.js';
import { tether } from './services/tether.js';

type Settings = Record<string, string | undefined>;
type Half = 'api' | 'workers';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Everybody in an invented city signs in with this. */
const demoPassword = 'tsunagi-demo';
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What to tell the person at the terminal and then stop; not a fault of ours. */
class CannotStart extends Error {}

/** What was started, newest last; stopped newest first. */
const started: { name: string; stop(): Promise<void> }[] = [];
let stopping = false;
/** An invented city that was loaded just now has no households yet. */
let isNewTown = false;

function halvesFrom(args: string[]): Half[] {
  const known = new Set(['--api-only', '--workers-only']);
  const unknown = args.find((arg) => !known.has(arg));
  if (unknown) throw new CannotStart(`知らない指定です: ${unknown} (bin/start --help)`);
  if (args.length > 1) throw new CannotStart('--api-only と --workers-only は一緒に指定できません。');
  if (args[0] === '--api-only') return ['api'];
  return args[0] === '--workers-only' ? ['workers'] : ['api', 'workers'];
}

async function startDatabase(data: DataFolder): Promise<string> {
  const port = (await isPortFree(54329, '127.0.0.1')) ? 54329 : await freePort();
  const options = { folder: data.postgres, port, password: data.secrets.adminPassword };
  const log = data.logFile('postgres');
  const start = (): ReturnType<typeof startPostgres> =>
    startPostgres({ ...options, onOutput: (text) => writeFileSync(log, text, { flag: 'a', mode: 0o600 }) });
  let server = await start();
  const watch = async (): Promise<void> => {
    for (;;) {
      await server.exited;
      if (stopping) return;
      say('データベースが止まったため、起動し直します…');
      server = await start();
    }
  };
  watch().catch((error: unknown) => fail(error));
  started.push({ name: 'データベース', stop: () => server.stop(30_000) });
  const url = new URL(server.url);
  url.pathname = '/tsunagi';
  return url.href;
}

/** Brings the database to where the code is, and loads the city on the first run. */
async function prepareDatabase(ownerUrl: string, given: Settings): Promise<void> {
  const applied = await migrate(ownerUrl);
  if (applied.length > 0) say(`データベースを更新しました(${applied.length} 件)。`);
  const cityDir = resolve(root, given['CITY_DIR'] ?? 'city');
  if (await hasCity(ownerUrl)) {
    const refolded = await refoldNames(ownerUrl, cityDir);
    if (refolded > 0) say(`名前の異体字の組が変わったため、${refolded} 人の検索のかぎを作り直しました。`);
    return;
  }
  const withPeople = given['NODE_ENV'] !== 'production' || !readCity(cityDir).invented;
  const password = withPeople ? demoPassword : null;
  const { city, peopleAdded } = await seedCity({ ownerUrl, cityDir, now: systemClock.now(), demoPassword: password });
  isNewTown = city.invented && password !== null;
  say(`${city.agencies.length} 機関、${city.groups.length} の受け箱、架空の職員 ${peopleAdded} 人を登録しました。`);
}

/** Settings of the API and the workers. Where the database is ours, they never see the password of its owner. */
async function databaseSettings(
  data: DataFolder,
  given: Settings,
): Promise<{ settings: Settings; ownerUrl: string }> {
  if (given['DATABASE_URL']) {
    await prepareDatabase(given['DATABASE_URL'], given);
    return { settings: {}, ownerUrl: given['DATABASE_URL'] };
  }
  const ownerUrl = await startDatabase(data);
  await ensureDatabase(ownerUrl);
  await prepareDatabase(ownerUrl, given);
  const appUrl = asRole(ownerUrl, 'tsunagi_app', data.secrets.appPassword);
  const queueUrl = asRole(ownerUrl, 'tsunagi_queue', data.secrets.queuePassword);
  for (const url of [appUrl, queueUrl]) await setRolePassword(ownerUrl, url);
  return { settings: { DATABASE_URL: appUrl, APP_DATABASE_URL: appUrl, QUEUE_DATABASE_URL: queueUrl }, ownerUrl };
}

async function mailSettings(data: DataFolder, given: Settings): Promise<Settings> {
  if (given['SMTP_URL']) return {};
  const host = '127.0.0.1';
  const choose = async (wanted: string | undefined, usual: number): Promise<number> =>
    wanted ? Number(wanted) : (await isPortFree(usual, host)) ? usual : 0;
  const catcher = await startMailCatcher({
    folder: data.mails,
    host,
    smtpPort: await choose(given['MAIL_CATCHER_PORT'], 1025),
    webPort: await choose(given['MAIL_CATCHER_WEB_PORT'], 8025),
    clock: systemClock,
  });
  started.push({ name: 'メール受け', stop: () => catcher.close() });
  return { SMTP_URL: `smtp://${host}:${catcher.smtpPort}`, MAIL_CATCHER_WEB_PORT: `${catcher.webPort}` };
}

async function apiSettings(given: Settings): Promise<{ PORT: string; HOST: string; PUBLIC_URL: string }> {
  const port = Number(given['PORT'] ?? 3000);
  const host = given['HOST'] ?? '127.0.0.1';
  if (!(await isPortFree(port, host))) {
    throw new CannotStart(
      `ポート ${port} は使われています。別の番号で起動してください: PORT=${port + 1} bin/start ${process.argv.slice(2).join(' ')}`,
    );
  }
  return { PORT: `${port}`, HOST: host, PUBLIC_URL: given['PUBLIC_URL'] ?? `http://localhost:${port}` };
}

/** Deploying loads half the system, so it is left out when nothing has changed since it was last done here. */
async function deployProcesses(settings: Settings, data: DataFolder, ownerUrl: string): Promise<void> {
  const folder = resolve(root, settings['PROCESSES_DIR'] ?? 'processes');
  const stamp = createHash('sha256').update(JSON.stringify([ownerUrl, readDiagrams(folder), readStandingForms(folder)])).digest('hex');
  const stampFile = join(data.path, 'deployed');
  const before = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
  if (before === stamp && (await hasDefinitions(ownerUrl))) return;
  const { code, output } = await runOnce(['--no-warnings', '--import', 'tsx', 'src/main-deploy.ts', '--once', folder], {
    cwd: root,
    env: settings,
  });
  if (code !== 0) throw new CannotStart(`図を登録できませんでした。\n${output}`);
  const news = output.split('\n').filter((line) => line.startsWith('+'));
  if (news.length > 0) say(`図を ${news.length} 件登録しました。`);
  writeFileSync(stampFile, stamp);
}

function startProgram(half: Half, settings: Settings, data: DataFolder): void {
  const entry = half === 'api' ? 'src/main-api.ts' : 'workers/main.ts';
  const name = half === 'api' ? 'API' : 'ワーカー';
  const logFile = data.logFile(half);
  mkdirSync(dirname(logFile), { recursive: true });
  const kept = keepRunning(
    {
      name,
      args: ['--no-warnings', '--enable-source-maps', '--import', 'tsx', entry],
      cwd: root,
      env: settings,
      logFile,
    },
    ({ code, lastWords, delayMs }) => {
      const words = lastWords.trim().split('\n').slice(-5).join('\n');
      say(`${name} が終了しました(${code})。${delayMs / 1000} 秒後に起動し直します。${logFile}\n${words}`);
    },
  );
  started.push({ name, stop: () => kept.stop() });
}

async function untilAnswering(address: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  for (;;) {
    try {
      await fetch(`${address}/api/openapi.json`, { signal });
      return;
    } catch {
      if (signal.aborted) throw new CannotStart('API が 60 秒たっても応答しません。data/logs/api.log を見てください。');
      await new Promise((done) => void setTimeout(done, 100));
    }
  }
}

const introduced = ['hashimoto.k', 'sato.h', 'yamaguchi.n', 'yamamoto.m', 'nakamura.m', 'hayashi.m', 'kato.m'];

function introduce(address: string, settings: Settings, given: Settings): void {
  say(`\nつなぎ    ${address}    (API の説明 ${address}/api/docs)`);
  if (!given['SMTP_URL']) say(`メール    http://localhost:${settings['MAIL_CATCHER_WEB_PORT']}`);
  const city = readCity(resolve(root, given['CITY_DIR'] ?? 'city'));
  if (city.invented && given['NODE_ENV'] !== 'production') {
    say(`\nサインインできる架空の職員(パスワードはどれも ${demoPassword}。全員は city/people.json)`);
    const agencies = new Map(city.agencies.map(({ code, name }) => [code, name]));
    const groups = new Map(city.groups.map(({ key, name }) => [key, name]));
    for (const { login, name, agencyCode, groups: mine } of city.people) {
      if (!introduced.includes(login)) continue;
      const inboxes = mine.map((key) => groups.get(key)).join('、');
      say(`  ${login.padEnd(12)} ${name}  ${agencies.get(agencyCode)}(${inboxes})`);
    }
  }
  if (city.invented) say('\n※ ここにある人・世帯・相談はすべて架空です。実在の人のことを入れないでください。');
  say('\n止めるには Ctrl-C を押してください。データは残ります。');
}

/**
 * The town's households, once the address stands there and before the workers start: they would let happen at once what the town
 * lets happen over months. What goes wrong here stops nothing.
 */
async function seedTown(settings: Settings, households: string): Promise<void> {
  say('\n架空の世帯を入れています…（そのあいだも使えます。通知・メールと、日時が来て進む仕事は、入れ終えてから動きます）');
  const args = ['--no-warnings', '--import', 'tsx', 'src/main-seed.ts', '--first', '--households', households, '--seconds', '420'];
  const program = tether(process.execPath, args, { cwd: root, env: settings, stopSignal: 'TERM', onOutput: (text) => say(text.trimEnd()) });
  started.push({ name: '架空の世帯', stop: () => program.stop() });
  if ((await program.exited) !== 0 && !stopping) say('架空の世帯を入れ終えられませんでした。つなぎはそのまま使えます（あとから: npm run seed）。');
}

/** Newest first: API and workers finish what they are doing, then the mail catcher and the database go. */
async function stopAll(): Promise<void> {
  const isProgram = (part: { name: string }): boolean => ['API', 'ワーカー', '架空の世帯'].includes(part.name);
  await Promise.allSettled(started.filter(isProgram).map((program) => program.stop()));
  for (const part of started.filter((each) => !isProgram(each)).reverse()) await part.stop();
}

function fail(error: unknown): void {
  process.stderr.write(`${inWords(error)}\n`);
  void end(1);
}

function inWords(error: unknown): string {
  if (error instanceof CannotStart) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function end(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await stopAll().catch((error: unknown) => process.stderr.write(`${inWords(error)}\n`));
  process.exit(code);
}

/** `npm start` and `timeout` pass the same signal on twice at once: only a later one means "do not wait". */
const impatientAfterMs = 1000;

function listenForSignals(): void {
  let askedAt: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (askedAt !== null) {
        if (performance.now() - askedAt > impatientAfterMs) process.exit(130); // the tethers stop the rest
        return;
      }
      askedAt = performance.now();
      say('\n止めています…(もう一度押すと待たずに止めます)');
      void end(0);
    });
  }
}

/** Everything that API and workers stand on; returns the settings that they are given. */
async function prepareAll(data: DataFolder, given: Settings, api: Settings): Promise<Settings> {
  markRunning(data.path, { pid: process.pid, settings: {}, ownerUrl: null });
  started.push({ name: 'mark', stop: async () => unmarkRunning(data.path) });
  const { settings: database, ownerUrl } = await databaseSettings(data, given);
  const usual = { NODE_ENV: 'development', SESSION_SECRET: data.secrets.sessionSecret, ATTACHMENT_KEY: data.secrets.attachmentKey, TZ: 'Asia/Tokyo' };
  const settings = { ...usual, ...(await mailSettings(data, given)), ...database };
  await deployProcesses({ ...settings, ...given, ...database }, data, ownerUrl);
  markRunning(data.path, { pid: process.pid, settings: { ...settings, ...api, ...ofInstallation(given) }, ownerUrl });
  return settings;
}

/** What every process of one installation must share, where it was given from outside. */
function ofInstallation(given: Settings): Settings {
  const shared = ['DATABASE_URL', 'APP_DATABASE_URL', 'QUEUE_DATABASE_URL', 'REDIS_URL', 'QUEUE_PREFIX', 'SMTP_URL', 'SESSION_SECRET', 'ATTACHMENT_KEY', 'ATTACHMENT_OLD_KEYS'];
  return Object.fromEntries(shared.flatMap((name) => (given[name] ? [[name, given[name]]] : [])));
}

function dataFolder(path: string): DataFolder {
  try {
    return openDataFolder(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error;
    throw new CannotStart(`${path} に書き込めません。持ち主を変えるか、TSUNAGI_DATA で別の場所を指定してください。`);
  }
}

async function start(): Promise<void> {
  const given = givenSettings();
  const halves = halvesFrom(process.argv.slice(2));
  const data = dataFolder(resolve(root, given['TSUNAGI_DATA'] ?? 'data'));
  const other = findRunning(data.path);
  if (other && halves.length === 2) {
    throw new CannotStart(`すでに起動しています(プロセス ${other.pid})。止めてから、もう一度起動してください。`);
  }
  if (other && !other.settings['DATABASE_URL']) {
    throw new CannotStart('起動の途中です。少し待ってから、もう一度実行してください。');
  }
  const api = halves.includes('api') ? await apiSettings(given) : {};
  const settings: Settings = { ...(other ? other.settings : await prepareAll(data, given, api)), ...given, ...api };
  const households = given['SEED_HOUSEHOLDS'] ?? '60';
  const seeds = isNewTown && halves.length === 2 && households !== '0';
  for (const half of halves) if (!(seeds && half === 'workers')) startProgram(half, settings, data);
  if (!halves.includes('api')) return say('ワーカーを起動しました。止めるには Ctrl-C を押してください。');
  await untilAnswering(`http://${settings['HOST']}:${settings['PORT']}`);
  introduce(settings['PUBLIC_URL'] ?? '', settings, given);
  if (!seeds) return;
  await seedTown(settings, households);
  if (!stopping) startProgram('workers', settings, data);
}

listenForSignals();
start().catch(fail);
