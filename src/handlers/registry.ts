// What a service task of a diagram may call: one file each, one line here.
import { beginBreakHandler } from './begin-break.js';
import { beginExit } from './begin-exit.js';
import { checkMeetingCover } from './check-meeting-cover.js';
import { checkPledges } from './check-pledges.js';
import { closeMeetingHandler } from './close-meeting.js';
import { closeTasks } from './close-tasks.js';
import { countUp } from './count-up.js';
import { findMainLine } from './find-main-line.js';
import type { Handler } from './handler.js';
import { holdProcesses } from './hold-processes.js';
import { listRecipients } from './list-recipients.js';
import { nextFollowUpDate } from './next-follow-up.js';
import { notifyGroups } from './notify-groups.js';
import { openMemberCaseHandler } from './open-member-case.js';
import { openEmergency } from './open-emergency.js';
import { putPlanToMeeting } from './put-plan-to-meeting.js';
import { registerClosure } from './register-closure.js';
import { resumeProcesses } from './resume-processes.js';
import { setCaseStatus } from './set-case-status.js';
import { setNextMonitoring } from './set-next-monitoring.js';
import { setPlanDates } from './set-plan-dates.js';
import { settleExitHandler } from './settle-exit.js';
import { shareDecisions } from './share-decisions.js';
import { stopProcesses } from './stop-processes.js';

export type HandlerRegistry = ReadonlyMap<string, Handler>;

/** Everything that diagrams may name. `more`: further ones (tests, another city). @throws Error on a name taken twice */
export function openHandlers(more: readonly Handler[] = []): HandlerRegistry {
  const registry = new Map<string, Handler>();
  const known = [
    setCaseStatus,
    registerClosure,
    notifyGroups,
    countUp,
    nextFollowUpDate,
    setPlanDates,
    setNextMonitoring,
    holdProcesses,
    resumeProcesses,
    stopProcesses,
    closeTasks,
    listRecipients,
    checkMeetingCover,
    checkPledges,
    shareDecisions,
    closeMeetingHandler,
    putPlanToMeeting,
    openEmergency,
    beginExit,
    beginBreakHandler,
    settleExitHandler,
    openMemberCaseHandler,
    findMainLine,
  ];
  for (const handler of [...known, ...more]) {
    if (registry.has(handler.name)) throw new Error(`two handlers are called ${handler.name}`);
    registry.set(handler.name, handler);
  }
  return registry;
}
