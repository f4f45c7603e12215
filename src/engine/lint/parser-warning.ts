// What the parser did not understand would silently not run.
import { refuse, type Rule } from './support/diagram.js';

/** Ids used twice are the duplicate-id rule's. */
export const isDuplicateId = (message: string): boolean => /duplicate ID/i.test(message);

/** `parser-warning`: unknown elements or attributes of BPMN, references to nothing. */
export const parserWarning: Rule = ({ warnings }) =>
  warnings.filter(({ message }) => !isDuplicateId(message)).map(({ message, elementId }) => refuse('parser-warning', elementId ?? /<([^<>\s]+)>/.exec(message)?.[1] ?? null, `図の読み取りで分からない所があります: ${message.split('\n')[0]}`));
