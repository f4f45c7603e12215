// Every FEEL expression must parse, and must not be able to run away.
import { feelOf, refuse, type Rule } from './support/diagram.js';
import { expressionsOf } from './support/expressions.js';
import { feelProblems } from './support/feel.js';

/** `feel-syntax`, `feel-runaway` */
export const feel: Rule = ({ process }) =>
  (process ? expressionsOf(process) : []).flatMap(({ element, value, what, language }) => {
    const source = feelOf(value) ?? (language !== null && /feel/i.test(language) ? value : null);
    return source === null ? [] : feelProblems(source).map(({ rule, message }) => refuse(rule, element, `${what} ${value.slice(0, 80)}: ${message}`));
  });
