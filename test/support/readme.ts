// What README tells people to type, as it stands there.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../house/source.js';

export interface Walk {
  /** Blocks of shell up to the hundred days that pass, in order: helpers, one agency, helpers, then a route each. */
  before: string[];
  after: string[];
}

export function readmeWalk(): Walk {
  const [, walk = ''] = readFileSync(join(root, 'README.md'), 'utf8').split(/^## Walk .*$/m);
  const [today = '', later = ''] = walk.split(/^## /m)[0]!.split('CLOCK_OFFSET_MS=');
  const blocks = (text: string): string[] => [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((found) => found[1]!);
  return { before: blocks(today), after: blocks(later) };
}

/** Runs the lines in bash as a person would, in the project's folder; returns what they printed. */
export async function follow(blocks: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '', ...environment };
  const { stdout } = await promisify(execFile)('bash', ['-c', blocks.join('\n')], { env, cwd: root, maxBuffer: 32 * 1024 * 1024 });
  return stdout;
}
