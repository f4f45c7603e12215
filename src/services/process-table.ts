import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** The command line of a process of this machine; empty when there is no such process. */
export function commandOf(pid: number): string {
  try {
    // minimal systems have no `ps`
    if (existsSync('/proc/self')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'args=', '-p', `${pid}`], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return '';
  }
}
