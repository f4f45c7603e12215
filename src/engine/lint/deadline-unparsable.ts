// A deadline that cannot be read would be no deadline.
import type { Refusal } from '../model.js';
import { feelOf, isType, properties, refuse, type Element, type Rule } from './support/diagram.js';
import { isIsoDuration } from './support/timers.js';

/** `5BD` business days, `2h` clock hours, `3d` calendar days, or an ISO 8601 duration. */
export const isPolicyDuration = (value: string): boolean => /^\d{1,4}(?:BD|h|d)$/.test(value) || isIsoDuration(value);

/** `1BD>manager;3BD>grp.chair`: one entry a step, null where it cannot be read. */
export function parseEscalations(value: string): ({ after: string; to: string } | null)[] {
  return value.split(';').map((part) => part.trim()).filter((part) => part !== '').map((part) => {
    const [after = '', to = '', ...rest] = part.split('>').map((side) => side.trim());
    return rest.length === 0 && isPolicyDuration(after) && /^[\w.-]+$/.test(to) ? { after, to } : null;
  });
}

function ofTask(element: Element): Refusal[] {
  const given = properties(element);
  const [dueIn, remindBefore, escalateAfter] = ['dueIn', 'remindBefore', 'escalateAfter'].map((name) => given.get(name) ?? '') as [string, string, string];
  const wrong = (message: string): Refusal => refuse('deadline-unparsable', element, message);
  const found: Refusal[] = [];
  if (dueIn && feelOf(dueIn) === null && !isPolicyDuration(dueIn)) found.push(wrong(`dueIn ${dueIn} は期限として読めません（5BD、2h、3d、P1D など）`));
  if (feelOf(remindBefore) === null && !remindBefore.split(',').map((part) => part.trim()).every((part) => part === '' || isPolicyDuration(part))) found.push(wrong(`remindBefore ${remindBefore} は読めません（1BD,2h など）`));
  if (feelOf(escalateAfter) === null && parseEscalations(escalateAfter).includes(null)) found.push(wrong(`escalateAfter ${escalateAfter} は読めません（1BD>manager;3BD>grp.chair など）`));
  if (!dueIn && (remindBefore || escalateAfter)) found.push(wrong('催促や上申には期限（dueIn）が要ります'));
  for (const name of ['urgent', 'neverPaused']) {
    const value = given.get(name) ?? '';
    if (value && feelOf(value) === null && !/^(?:true|false)$/.test(value)) found.push(wrong(`${name} ${value} は true か false か式です`));
  }
  return found;
}

/** `deadline-unparsable`: dueIn, remindBefore, escalateAfter, urgent, neverPaused. */
export const deadlineUnparsable: Rule = ({ elements }) => elements.filter((element) => isType(element, 'UserTask')).flatMap(ofTask);
