import { pino, type Logger } from 'pino';

export type { Logger };

/** Structured logs on standard output. Ids and codes only: no names, no answers, no bodies (design §2.3). */
export function openLog(level: string, name: string): Logger {
  return pino({ level, base: { process: name }, timestamp: pino.stdTimeFunctions.isoTime });
}
