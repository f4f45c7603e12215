// What the parser did not understand would silently not run.
import { refuse, type Rule } from './support/diagram.js';

/** `parser-warning`: unknown elements or attributes of BPMN, references to nothing. */
export const parserWarning: Rule = ({ warnings }) =>
  warnings.map(({ message, elementId }) => refuse('parser-warning', elementId, `図の読み取りで分からない所があります: ${message.split('\n')[0]}`));
