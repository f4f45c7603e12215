import { tether } from './tether.js';

/** Runs one of our own programs to its end. */
export async function runOnce(
  args: readonly string[],
  { cwd, env }: { cwd: string; env: Record<string, string | undefined> },
): Promise<{ code: number; output: string }> {
  let output = '';
  const onOutput = (text: string): void => void (output += text);
  const program = tether(process.execPath, args, { cwd, env, stopSignal: 'TERM', onOutput });
  return { code: await program.exited, output };
}
