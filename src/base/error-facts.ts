/**
 * What may be said of an error where nobody's words may stand (logs, `last_error`): its name, its code and where it
 * was thrown. Messages are left out: those of drivers quote statements and values, those of mail servers addresses.
 */
export function errorFacts(error: unknown): { name: string; code: string | null; at: string | null } {
  if (!(error instanceof Error)) return { name: typeof error, code: null, at: null };
  const { code, responseCode, elementId } = error as { code?: unknown; responseCode?: unknown; elementId?: unknown };
  const parts = [code, responseCode, elementId].filter((part) => typeof part === 'string' || typeof part === 'number');
  const frame = /\n\s+at (?!node:)([^\n]+)/.exec(error.stack ?? '');
  const cause = error.cause instanceof Error ? (error.cause as { code?: unknown }).code : undefined;
  if (parts.length === 0 && typeof cause === 'string') parts.push(cause);
  return { name: error.name, code: parts.length > 0 ? parts.join(' ') : null, at: frame?.[1]?.trim().slice(0, 200) ?? null };
}

/** The same on one short line, for a column. */
export function errorLine(error: unknown): string {
  const { name, code } = errorFacts(error);
  return code ? `${name} ${code}` : name;
}
