import { pino, type Logger } from 'pino';

/** A log that a test can read. */
export function memoryLog(): { logger: Logger; text(): string } {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  return { logger, text: () => lines.join('') };
}
