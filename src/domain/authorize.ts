// Who may do what. One table, one pure function: it reads nothing and writes nothing. This is the floor (default deny,
// roles, the groups and holders of tasks); the full model of levels, seals and consents builds on it.
import type { Actor, Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { caseworkRoles } from './access.js';

/** Roles that lead the work of others, each in their own agency. */
const leadingRoles = ['manager', 'sectionLead', 'chair', 'director'];
/** Roles that look after the processes. */
const keepers = ['policyEditor', 'admin'];
/** Where all processes of the city stand (app_oversees() in the database says the same). */
const overseers = ['coordinator', 'meetingConvenor', 'chair', 'director', 'auditor', ...keepers];

type Rule =
  /** anyone, signed in or not */
  | { who: 'anyone' }
  | { who: 'person' }
  /** one of these roles */
  | { who: 'role'; roles: readonly string[] }
  /**
   * sees the task: holds it, gave it away, or is in one of its groups. `managers`: also those of the agency it lies with.
   * `told`: also whoever was told that it is late.
   */
  | { who: 'member'; managers?: boolean; told?: boolean }
  /** holds the task, or leads in the group it lies in and the agency of it, or manages the agency it lies with */
  | { who: 'holder' }
  /** the clock and the workers */
  | { who: 'system' };

const rules = {
  'session.open': { who: 'anyone' },
  'session.close': { who: 'person' },
  'session.read': { who: 'person' },
  'meta.read': { who: 'anyone' },
  'directory.read': { who: 'person' },
  'inbox.read': { who: 'person' },
  'notification.read': { who: 'person' },
  'notification.mark': { who: 'person' },
  'task.read': { who: 'member', told: true },
  'task.claim': { who: 'member' },
  'task.unclaim': { who: 'holder' },
  'task.assign': { who: 'member', managers: true },
  'task.delegate': { who: 'holder' },
  'task.followUp': { who: 'member' },
  'task.changeDue': { who: 'member', managers: true },
  'task.pauseClock': { who: 'member', managers: true },
  'task.comment': { who: 'member', told: true },
  'task.draft': { who: 'member' },
  'task.complete': { who: 'member' },
  'case.open': { who: 'role', roles: ['intakeWorker', 'sectionLead', 'coordinator', 'outreachWorker', 'participationWorker', 'manager'] },
  'case.report': { who: 'role', roles: [...caseworkRoles] },
  'case.read': { who: 'person' },
  'case.pauseClock': { who: 'role', roles: ['coordinator', 'meetingConvenor', 'chair', 'sectionLead', 'manager'] },
  'clock.resume': { who: 'person' },
  'casework.read': { who: 'person' },
  'record.file': { who: 'person' },
  'attachment.add': { who: 'person' },
  'programme.read': { who: 'person' },
  'import.run': { who: 'role', roles: ['manager', 'sectionLead', 'coordinator', 'resourceManager'] },
  'attention.read': { who: 'role', roles: ['manager', 'sectionLead', 'coordinator', 'meetingConvenor', 'chair', 'director'] },
  'calendar.read': { who: 'person' },
  'calendar.change': { who: 'role', roles: keepers },
  'resource.read': { who: 'person' },
  'meeting.read': { who: 'person' },
  'meeting.reply': { who: 'person' },
  'meeting.seat': { who: 'role', roles: ['meetingConvenor', 'coordinator', 'chair'] },
  'people.search': { who: 'role', roles: caseworkRoles },
  'people.correct': { who: 'role', roles: ['intakeWorker', 'sectionLead', 'coordinator', 'outreachWorker', 'participationWorker', 'manager'] },
  'people.merge': { who: 'role', roles: ['sectionLead', 'coordinator', 'manager'] },
  'definition.read': { who: 'person' },
  'definition.propose': { who: 'role', roles: keepers },
  'definition.deploy': { who: 'role', roles: keepers },
  'message.publish': { who: 'role', roles: [...keepers, ...caseworkRoles] },
  'signal.broadcast': { who: 'role', roles: [...keepers, 'chair'] },
  'instance.read': { who: 'role', roles: overseers },
  'instance.start': { who: 'role', roles: keepers },
  'instance.suspend': { who: 'role', roles: keepers },
  'instance.resume': { who: 'role', roles: keepers },
  'instance.cancel': { who: 'role', roles: keepers },
  'variables.edit': { who: 'role', roles: keepers },
  'incident.read': { who: 'role', roles: overseers },
  'incident.retry': { who: 'role', roles: keepers },
  'incident.skip': { who: 'role', roles: keepers },
  'operations.read': { who: 'role', roles: ['admin'] },
  'mail.retry': { who: 'role', roles: ['admin'] },
  'timer.fire': { who: 'system' },
  'job.run': { who: 'system' },
  'message.deliver': { who: 'system' },
  'signal.deliver': { who: 'system' },
  'housekeeping.run': { who: 'system' },
} as const satisfies Record<string, Rule>;

export type ActionName = keyof typeof rules;
export const actionNames = Object.keys(rules) as ActionName[];

/** Whether somebody who has not signed in may do this. */
export const isOpen = (action: ActionName): boolean => (rules[action] as Rule).who === 'anyone';

/** What of a task decides who may act on it. */
export interface TaskResource {
  type: 'task';
  candidateGroups: readonly string[];
  assigneeId: string | null;
  ownerId: string | null;
  /** Agencies of the candidate groups. */
  agencyCodes: readonly string[];
  /** Whether the person who asks was told that it is late; not known where nobody may act on it. */
  told?: boolean;
}

/** `basis`: why, for the audit. `hidden`: the person may not even know that it is there. */
export type Decision = { allowed: true; basis: string } | { allowed: false; hidden: boolean };

const yes = (basis: string): Decision => ({ allowed: true, basis });
const no = (hidden: boolean): Decision => ({ allowed: false, hidden });

/**
 * Decides. Without a resource only what hangs on the person is decided (may they do such a thing at all); with the task
 * everything is.
 */
export function decide(actor: Actor, action: ActionName, task?: TaskResource): Decision {
  const rule: Rule = rules[action];
  if (actor.kind === 'system') return yes(`system:${actor.name}`);
  if (rule.who === 'anyone' || rule.who === 'person') return yes('signed_in');
  if (rule.who === 'system') return no(false);
  if (rule.who === 'role') {
    const role = rule.roles.find((r) => actor.roles.includes(r));
    return role ? yes(`role:${role}`) : no(false);
  }
  if (!task) return yes('signed_in');
  return rule.who === 'member' ? decideMember(actor, task, rule) : decideHolder(actor, task);
}

function decideMember(person: Person, task: TaskResource, rule: { managers?: boolean; told?: boolean }): Decision {
  const basis = sees(person, task);
  if (basis) return yes(basis);
  if (rule.told && task.told) return yes('escalation');
  return rule.managers && manages(person, task) ? yes('role:manager') : no(true);
}

function decideHolder(person: Person, task: TaskResource): Decision {
  if (task.assigneeId === person.userId) return yes('assignee');
  const basis = sees(person, task);
  if (basis && task.assigneeId === null) return yes(basis); // nobody holds it: what needs a holder says so itself
  if (basis?.startsWith('group:')) {
    const role = leadingRole(person, task);
    if (role) return yes(`role:${role}`);
  }
  if (manages(person, task)) return yes('role:manager');
  return no(basis === null);
}

function sees(person: Person, task: TaskResource): string | null {
  if (task.assigneeId === person.userId) return 'assignee';
  const group = task.candidateGroups.find((key) => person.groups.includes(key));
  if (group) return `group:${group}`;
  return task.ownerId === person.userId ? 'owner' : null;
}

const leadingRole = (person: Person, task: TaskResource): string | undefined => (task.agencyCodes.includes(person.agencyCode) ? leadingRoles.find((role) => person.roles.includes(role)) : undefined);

/** Whether this person, who may assign the task, may also take it out of the hands of whoever holds it. */
export const mayReassign = (person: Person, task: TaskResource): boolean => task.assigneeId === null || task.assigneeId === person.userId || leadingRole(person, task) !== undefined;

/** Whether this person leads where the task lies. */
export const leads = (person: Person, task: TaskResource): boolean => leadingRole(person, task) !== undefined;

const manages = (person: Person, task: TaskResource): boolean => person.roles.includes('manager') && task.agencyCodes.includes(person.agencyCode);

/**
 * The basis on which the actor may do this.
 * @throws Problem forbidden, or not_found where the person may not know of it
 */
export function authorize(actor: Actor, action: ActionName, task?: TaskResource): string {
  const decision = decide(actor, action, task);
  if (decision.allowed) return decision.basis;
  throw new Problem(decision.hidden ? 'not_found' : 'forbidden');
}
