// Days that a record takes as having happened: of one that is still to come nothing has been told, held or signed yet.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { rangeOf, readDate } from '../../base/wareki.js';
import { instantAt, refuse } from './answers.js';
import type { Filed, RecordKind } from './record.js';

/** The clock on the wall may be ahead of ours by as much. */
export const aheadMs = 10 * 60_000;

/** Where the days stand that have happened, as these answers have it. */
export function happenedIn(record: Pick<RecordKind, 'happened'> | null | undefined, answers: Filed['answers']): readonly string[] {
  return typeof record?.happened === 'function' ? record.happened(answers) : (record?.happened ?? []);
}

/** Every value that a path (`trials[].triedOn`) leads to, and where it stands (`trials/0/triedOn`). */
function valuesAt(value: Json | undefined, path: readonly string[], at: readonly string[] = []): { at: string; value: Json | undefined }[] {
  const [first, ...rest] = path;
  if (first === undefined) return [{ at: at.join('/'), value }];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  const key = first.replace('[]', '');
  const inner = value[key];
  if (first === key) return valuesAt(inner, rest, [...at, key]);
  return Array.isArray(inner) ? inner.flatMap((row, line) => valuesAt(row, rest, [...at, key, String(line)])) : [];
}

/** Why it has not happened yet; null where it may have, or nothing was said. An approximate day counts from the first that may be meant. */
export function whyAhead(value: Json | undefined, today: string, now: Date): string | null {
  if (typeof value !== 'string') return null;
  const at = value.includes('T') ? instantAt({ value }, 'value') : null;
  if (at !== null) return at.getTime() > now.getTime() + aheadMs ? '今までの日時を入力してください。' : null;
  const said = readDate(value);
  return said !== null && rangeOf(said).first > today ? '今日までの日を入力してください。' : null;
}

/**
 * @param paths where the days stand in the answers, as in `needs` (`heldOn`, `trials[].triedOn`)
 * @throws Problem form_invalid pointing at each day that lies ahead
 */
export function mustHaveHappened(tx: Pick<Tx, 'now'>, { answers, calendar }: Pick<Filed, 'answers' | 'calendar'>, paths: readonly string[]): void {
  const today = calendar.onDate(tx.now);
  const wrong = paths.flatMap((path) => valuesAt(answers, path.split('.'))).flatMap(({ at, value }): [string, string][] => {
    const why = whyAhead(value, today, tx.now);
    return why === null ? [] : [[at, why]];
  });
  if (wrong.length > 0) refuse(...wrong);
}
