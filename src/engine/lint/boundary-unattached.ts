// A boundary event belongs to a task or sub-process of the same scope.
import { child, isSubProcess, isType, refuse, type Element, type Rule } from './support/diagram.js';

const isActivity = (element: Element): boolean => isSubProcess(element) || /Task$|CallActivity$/.test(element.$type);

/** `boundary-unattached` */
export const boundaryUnattached: Rule = ({ elements }) =>
  elements.filter((element) => isType(element, 'BoundaryEvent')).flatMap((event) => {
    const host = child(event, 'attachedToRef');
    return host && isActivity(host) && host.$parent === event.$parent ? [] : [refuse('boundary-unattached', event, '境界イベントがタスクやサブプロセスに付いていません')];
  });
