// What a service task of a diagram may call: one file each, one line here.
import type { Handler } from './handler.js';
import { beginBreakHandler } from './begin-break.js';
import { beginExit } from './begin-exit.js';
import { countUp } from './count-up.js';
import { holdProcesses } from './hold-processes.js';
import { notifyGroups } from './notify-groups.js';
import { openMemberCaseHandler } from './open-member-case.js';
import { openEmergency } from './open-emergency.js';
import { registerClosure } from './register-closure.js';
import { resumeProcesses } from './resume-processes.js';
import { setCaseStatus } from './set-case-status.js';
import { setPlanDates } from './set-plan-dates.js';
import { settleExitHandler } from './settle-exit.js';
import { stopProcesses } from './stop-processes.js';

export type HandlerRegistry = ReadonlyMap<string, Handler>;

/** Everything that diagrams may name. `more`: further ones (tests, another city). @throws Error on a name taken twice */
export function openHandlers(more: readonly Handler[] = []): HandlerRegistry {
  const registry = new Map<string, Handler>();
  for (const handler of [setCaseStatus, registerClosure, notifyGroups, countUp, setPlanDates, holdProcesses, resumeProcesses, stopProcesses, openEmergency, beginExit, beginBreakHandler, settleExitHandler, openMemberCaseHandler, ...more]) {
    if (registry.has(handler.name)) throw new Error(`two handlers are called ${handler.name}`);
    registry.set(handler.name, handler);
  }
  return registry;
}
