// An id names one element: tasks, timers and history hang on it.
import { isDuplicateId } from './parser-warning.js';
import { refuse, type Rule } from './support/diagram.js';

/** `duplicate-id` */
export const duplicateId: Rule = ({ warnings, elements }) => {
  const seen = new Set<string>();
  const twice = elements.flatMap(({ id }) => (id && (seen.has(id) || !seen.add(id)) ? [id] : []));
  const told = warnings.filter(({ message }) => isDuplicateId(message)).map(({ message, elementId }) => /<([^<>]+)>/.exec(message)?.[1] ?? elementId ?? '');
  return [...new Set([...twice, ...told])].map((id) => refuse('duplicate-id', id || null, `id ${id} が二度使われています`));
};
