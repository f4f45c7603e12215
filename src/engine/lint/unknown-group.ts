// A task for a group that the city does not have would lie in nobody's inbox.
import { feelOf, isType, properties, refuse, text, type Rule } from './support/diagram.js';
import { parseEscalations } from './deadline-unparsable.js';

const listed = (value: string): string[] => value.split(',').map((part) => part.trim()).filter((part) => part !== '');

/** `unknown-group`: candidate groups and escalation targets written out; those that FEEL computes are checked when the task opens. */
export const unknownGroup: Rule = ({ elements, known, lenient }) =>
  elements.filter((element) => isType(element, 'UserTask')).flatMap((element) => {
    if (lenient) return [];
    const groups = text(element, 'candidateGroups');
    const escalation = properties(element).get('escalateAfter') ?? '';
    const written = groups === null || feelOf(groups) !== null ? [] : listed(groups);
    const targets = feelOf(escalation) === null ? parseEscalations(escalation).flatMap((step) => (step && step.to !== 'manager' ? [step.to] : [])) : [];
    return [...new Set([...written, ...targets])].filter((key) => !known.groups(key)).map((key) => refuse('unknown-group', element, `グループ ${key} はありません`));
  });
