// An id names one element: tasks, timers and history hang on it. The parser drops the second one, so the text is asked.
import type { Refusal } from '../model.js';
import { refuse } from './support/diagram.js';

/** Ids that stand on more than one element of a file. */
export function duplicateIds(xml: string): string[] {
  const markup = xml.replace(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const match of markup.matchAll(/<[\w.:-]+(?:\s[^<>]*?)?\sid\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g)) {
    const id = (match[1] ?? match[2]) as string;
    if (seen.has(id)) twice.add(id);
    seen.add(id);
  }
  return [...twice];
}

/** `duplicate-id` */
export const duplicateId = (xml: string): Refusal[] => duplicateIds(xml).map((id) => refuse('duplicate-id', id, `id ${id} が二度使われています`));
