// The command line of bin/play.
import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Json, Variables } from '../engine/model.js';

/** A mistake of the caller, not of the diagram: exit code 64. */
export class UsageError extends Error {}

const variables = z.record(z.string(), z.json()).optional();
const action = z.union([
  z.strictObject({ complete: z.string(), variables }),
  z.strictObject({ fail: z.string(), code: z.string().min(1) }),
  z.strictObject({ fire: z.string() }),
  z.strictObject({ message: z.string(), key: z.union([z.string(), z.number()]).nullish(), variables }),
  z.strictObject({ signal: z.string(), variables }),
]);
export type ScriptAction = z.infer<typeof action>;

export interface Settings {
  file: string;
  processId: string | undefined;
  variables: Variables;
  seed: number | null;
  script: ScriptAction[] | null;
  maxSteps: number;
  lenient: boolean;
}

/** The page that `bin/play --help` shows, also before anything is installed. */
export const help = readFileSync(new URL('./help.txt', import.meta.url), 'utf8');

const readJson = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`${what} が JSON として読めません: ${error instanceof Error ? error.message : ''}`);
  }
};

function readVariables(text: string): Variables {
  const value = readJson(text, '--variables');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError('--variables は JSON のオブジェクトで書いてください');
  return value as Record<string, Json>;
}

function readScript(path: string): ScriptAction[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`--script のファイル ${path} を読めません`);
  }
  const value = readJson(text, `--script ${path}`);
  if (!Array.isArray(value)) throw new UsageError('--script は操作の配列です');
  return value.map((entry, index) => {
    const parsed = action.safeParse(entry);
    if (!parsed.success) throw new UsageError(`--script の ${index + 1} 番目の操作が分かりません: ${JSON.stringify(entry).slice(0, 200)}`);
    return parsed.data;
  });
}

/** A script names elements of its file. @throws UsageError before anything has begun */
export function checkScript(script: readonly ScriptAction[] | null, elementIds: ReadonlySet<string>): void {
  (script ?? []).forEach((action, index) => {
    const named = 'complete' in action ? action.complete : 'fail' in action ? action.fail : 'fire' in action ? action.fire : null;
    if (named !== null && !elementIds.has(named)) throw new UsageError(`--script の ${index + 1} 番目の操作: 要素 ${named.slice(0, 100)} は図にありません`);
  });
}

function whole(text: string, name: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) throw new UsageError(`--${name} は ${least} 以上の整数です`);
  return value;
}

const options = {
  process: { type: 'string' }, variables: { type: 'string' }, seed: { type: 'string' }, script: { type: 'string' }, 'max-steps': { type: 'string' },
  lenient: { type: 'boolean' }, help: { type: 'boolean', short: 'h' },
} as const;

function parse(given: string[]) {
  try {
    // a negative seed looks like an option to the parser
    const joined = given.flatMap((word, index) => (/^-\d+$/.test(word) && given[index - 1] === '--seed' ? [] : word === '--seed' && /^-\d+$/.test(given[index + 1] ?? '') ? [`--seed=${given[index + 1]}`] : [word]));
    return parseArgs({ args: joined, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

/** @returns null when help is asked for @throws UsageError */
export function readArguments(given: string[]): Settings | null {
  const { values, positionals } = parse(given);
  if (values.help) return null;
  if (positionals.length !== 1) throw new UsageError('図のファイルを一つ指定してください（bin/play --help）');
  const script = values.script === undefined ? null : readScript(values.script);
  const seed = values.seed === undefined ? null : whole(values.seed, 'seed', Number.MIN_SAFE_INTEGER);
  return {
    file: positionals[0] as string,
    processId: values.process,
    variables: values.variables === undefined ? {} : readVariables(values.variables),
    seed: seed ?? (script ? null : 1),
    script,
    maxSteps: values['max-steps'] === undefined ? 1000 : whole(values['max-steps'], 'max-steps', 0),
    lenient: values.lenient ?? false,
  };
}
