// An office made of real processes: APIs and workers that can be killed at any moment and are started again, people who
// send the same request again until they have an answer, and a diagram with everything in it that can be lost.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../src/services/free-port.js';
import { tether, type Tethered } from '../../src/services/tether.js';
import { testPassword } from '../support/city.js';
import type { TestDatabase } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';

const root = join(import.meta.dirname, '../..');

export interface Program {
  /** SIGKILL, and started again at once; `settings`: with these from now on. */
  crash(settings?: Record<string, string>): Promise<void>;
  readonly crashes: number;
  stop(): Promise<void>;
}

export interface Api extends Program {
  readonly address: string;
}

export interface OfficeOptions {
  database: TestDatabase;
  redisUrl: string | null;
  smtpUrl: string;
  /** All of a worker's and API's output, for the search for what must not be in it. */
  onOutput: (text: string) => void;
}

function keep(entry: string, options: OfficeOptions, settings: Record<string, string>): Program {
  const { database, redisUrl, smtpUrl, onOutput } = options;
  let env: Record<string, string> = {
    PATH: '/usr/bin:/bin', TZ: 'Asia/Tokyo', NODE_ENV: 'test', LOG_LEVEL: 'info',
    DATABASE_URL: database.appUrl, APP_DATABASE_URL: database.appUrl, QUEUE_DATABASE_URL: database.queueUrl,
    ...(redisUrl ? { REDIS_URL: redisUrl } : {}), SMTP_URL: smtpUrl, QUEUE_PREFIX: database.name, ...settings,
  };
  const start = (): Tethered => tether(process.execPath, ['--no-warnings', '--import', 'tsx', join(root, entry)], { cwd: root, env, stopSignal: 'TERM', onOutput });
  let running = start();
  let crashes = 0;
  return {
    get crashes() {
      return crashes;
    },
    async crash(changed = {}) {
      crashes += 1;
      env = { ...env, ...changed };
      await running.kill();
      running = start();
    },
    stop: () => running.stop(),
  };
}

export async function openApi(options: OfficeOptions, settings: Record<string, string> = {}): Promise<Api> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const program = keep('src/main-api.ts', options, { PORT: `${port}`, PUBLIC_URL: address, ...settings });
  await waitFor('the API answers', () => isUp(address), { timeoutMs: 60_000 });
  return { address, crash: (settings) => program.crash(settings), stop: () => program.stop(), get crashes() { return program.crashes; } };
}

export const openWorker = (options: OfficeOptions, settings: Record<string, string> = {}): Program => keep('workers/main.ts', options, settings);

export const isUp = (address: string): Promise<boolean> => fetch(`${address}/health/live`).then((answer) => answer.ok, () => false);

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** A member of staff with a browser that sends again until somebody answers: at either API, with the same key. */
export interface Staff {
  ask(method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
}

/** Signs in once; the session is in the database, so it holds at both APIs and over their crashes. */
export async function signIn(addresses: readonly string[], login: string): Promise<Staff> {
  let cookie = '';
  let turn = 0;
  const once = async (method: string, path: string, body: unknown, key: string | undefined): Promise<Answer | null> => {
    const address = addresses[turn++ % addresses.length]!;
    try {
      const answer = await fetch(`${address}${path}`, {
        method,
        headers: { ...(cookie ? { cookie } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(key ? { 'idempotency-key': key } : {}) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      });
      const set = answer.headers.get('set-cookie');
      if (set) cookie = set.slice(0, set.indexOf(';'));
      const text = await answer.text();
      return answer.status >= 500 ? null : { status: answer.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
    } catch {
      return null; // killed while answering, or not up yet: whoever asked does not know, and asks again
    }
  };
  const ask = async (method: string, path: string, body?: unknown, key?: string): Promise<Answer> => {
    for (;;) {
      const answer = await once(method, path, body, key);
      if (answer) return answer;
      await pause(50);
    }
  };
  const answer = await ask('POST', '/api/session', { login, password: testPassword });
  if (answer.status >= 300) throw new Error(`cannot sign in: ${JSON.stringify(answer)}`);
  return { ask };
}

const task = (id: string, more = ''): string => `
  <userTask id="${id}" name="${id}" camunda:candidateGroups="grp.coordinator.city"><extensionElements><camunda:properties>
    <camunda:property name="dueIn" value="PT2S"/><camunda:property name="remindBefore" value="PT1S"/>
    <camunda:property name="escalateAfter" value="PT1S&gt;grp.chair"/></camunda:properties></extensionElements>${more}</userTask>`;
const flow = (from: string, to: string): string => `<sequenceFlow id="f_${from}_${to}" sourceRef="${from}" targetRef="${to}"/>`;

const head = `<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://example.invalid/chaos">`;

/** Tasks side by side, a called process, a timer that fires meanwhile, and a message that starts another process. */
export const storm = `${head}<message id="m1" name="storm_started"/><message id="m2" name="calm_wanted"/>
<process id="storm" name="嵐" isExecutable="true">
  <startEvent id="start"><messageEventDefinition id="sm" messageRef="m1"/></startEvent>
  ${task('first')}
  <boundaryEvent id="tick" cancelActivity="false" attachedToRef="first"><timerEventDefinition id="tick_t"><timeDuration xsi:type="tFormalExpression">PT1S</timeDuration></timerEventDefinition></boundaryEvent>
  <endEvent id="tick_end"/>
  <parallelGateway id="split"/>${task('left')}${task('right')}<parallelGateway id="join"/>
  <callActivity id="called" calledElement="shelter"/>
  <endEvent id="end"><extensionElements><camunda:properties><camunda:property name="correlationKey" value="=null"/></camunda:properties></extensionElements><messageEventDefinition id="em" messageRef="m2"/></endEvent>
  ${flow('start', 'first')}${flow('tick', 'tick_end')}${flow('first', 'split')}${flow('split', 'left')}${flow('split', 'right')}${flow('left', 'join')}${flow('right', 'join')}${flow('join', 'called')}${flow('called', 'end')}
</process></definitions>`;

export const shelter = `${head}<process id="shelter" name="避難" isExecutable="true"><startEvent id="start"/>${task('inside')}<endEvent id="end"/>${flow('start', 'inside')}${flow('inside', 'end')}</process></definitions>`;

export const calm = `${head}<message id="m2" name="calm_wanted"/><process id="calm" name="凪" isExecutable="true"><startEvent id="start"><messageEventDefinition id="sm" messageRef="m2"/></startEvent>${task('last')}<endEvent id="end"/>${flow('start', 'last')}${flow('last', 'end')}</process></definitions>`;
