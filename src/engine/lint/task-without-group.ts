// A task that is for nobody lies in nobody's inbox: the case stands still and no deadline says so.
import { isType, refuse, text, type Rule } from './support/diagram.js';

/** `task-without-group`: a user task needs candidate groups, an assignee or candidate users. A lenient reading does not ask. */
export const taskWithoutGroup: Rule = ({ elements, lenient }) =>
  elements
    .filter((element) => !lenient && isType(element, 'UserTask') && ['candidateGroups', 'assignee', 'candidateUsers'].every((name) => text(element, name) === null))
    .map((element) => refuse('task-without-group', element, '誰のタスクか決まっていません（候補グループか担当者を書いてください）'));
