// What the parser did not understand would silently not run.
import { refuse, type Rule } from './support/diagram.js';

/** What a warning must be about to change how the process runs: elsewhere, vendors leave much that only their own tools read. */
const matters = (message: string): boolean => /(?:unparsable content|unrecognized element)\b.*<?(?:\w+:)?(?:\w*(?:Task|Event|EventDefinition|Gateway|Process|Activity|LoopCharacteristics)|sequenceFlow)\b/.test(message);

/**
 * `parser-warning`: unknown elements or attributes of BPMN, references to nothing. A lenient reading asks only about what runs;
 * references to nothing that matter there are other rules' (dangling-flow, boundary-unattached, event-without-definition).
 */
export const parserWarning: Rule = ({ warnings, lenient }) =>
  warnings.filter(({ message }) => !lenient || matters(message)).map(({ message, elementId }) => refuse('parser-warning', elementId, `図の読み取りで分からない所があります: ${message.split('\n')[0]}`));
