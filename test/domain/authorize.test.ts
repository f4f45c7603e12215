import { describe, expect, test } from '@jest/globals';
import type { Person } from '../../src/base/db.js';
import { actionNames, authorize, decide, mayReassign, type TaskResource } from '../../src/domain/authorize.js';

const worker: Person = { kind: 'person', userId: 'u1', name: '相談員', agencyCode: 'a1', groups: ['grp.one'], roles: ['intakeWorker'] };
const task = (change: Partial<TaskResource> = {}): TaskResource => ({ type: 'task', candidateGroups: ['grp.one'], assigneeId: null, ownerId: null, agencyCodes: ['a1'], ...change });
const elsewhere: Person = { ...worker, userId: 'u2', groups: ['grp.two'], agencyCode: 'a2' };

describe('a task', () => {
  test('may be worked on by its groups, its holder and whoever handed it on', () => {
    expect(decide(worker, 'task.complete', task())).toEqual({ allowed: true, basis: 'group:grp.one' });
    expect(decide(elsewhere, 'task.complete', task({ assigneeId: 'u2' }))).toEqual({ allowed: true, basis: 'assignee' });
    expect(decide(elsewhere, 'task.read', task({ ownerId: 'u2' }))).toEqual({ allowed: true, basis: 'owner' });
  });

  test('is unknown to everyone else, as if it were not there', () => {
    for (const action of actionNames.filter((name) => name.startsWith('task.'))) {
      expect([action, decide(elsewhere, action, task())]).toEqual([action, { allowed: false, hidden: true }]);
    }
    expect(() => authorize(elsewhere, 'task.read', task())).toThrow('見つからないか');
  });

  test('that is late is looked at and talked about by whoever was told so, and not worked on', () => {
    const late = task({ told: true });
    for (const action of ['task.read', 'task.comment'] as const) expect(decide(elsewhere, action, late)).toEqual({ allowed: true, basis: 'escalation' });
    for (const action of ['task.complete', 'task.claim', 'task.draft', 'task.delegate'] as const) expect(decide(elsewhere, action, late)).toEqual({ allowed: false, hidden: true });
  });

  test('that a colleague holds is given back by those who lead, not by those who look on', () => {
    const held = task({ assigneeId: 'u9' });
    expect(decide(worker, 'task.unclaim', held)).toEqual({ allowed: false, hidden: false });
    expect(decide({ ...worker, roles: ['sectionLead'] }, 'task.unclaim', held)).toMatchObject({ allowed: true });
    expect(decide({ ...elsewhere, agencyCode: 'a1', roles: ['manager'] }, 'task.unclaim', held)).toEqual({ allowed: true, basis: 'role:manager' });
    expect(decide({ ...elsewhere, roles: ['manager'] }, 'task.unclaim', held)).toEqual({ allowed: false, hidden: true });
  });

  test('that a colleague holds is moved by its holder or by those who lead in its agency, not by coordinators or convenors', () => {
    const held = task({ assigneeId: 'u9' });
    for (const role of ['coordinator', 'meetingConvenor', 'intakeWorker']) {
      expect([role, mayReassign({ ...worker, roles: [role] }, held)]).toEqual([role, false]);
      for (const action of ['task.unclaim', 'task.delegate'] as const) expect(decide({ ...worker, roles: [role] }, action, held)).toEqual({ allowed: false, hidden: false });
    }
    for (const role of ['manager', 'sectionLead', 'chair', 'director']) {
      expect([role, mayReassign({ ...worker, roles: [role] }, held)]).toEqual([role, true]);
      expect([role, mayReassign({ ...worker, agencyCode: 'a2', roles: [role] }, held)]).toEqual([role, false]);
    }
    expect(mayReassign({ ...worker, userId: 'u9' }, held)).toBe(true);
  });

  test('may be assigned by the manager of its agency, who may still not complete it', () => {
    const manager: Person = { ...elsewhere, agencyCode: 'a1', roles: ['manager'] };
    expect(decide(manager, 'task.assign', task())).toMatchObject({ allowed: true });
    expect(decide(manager, 'task.complete', task())).toMatchObject({ allowed: false });
  });
});

describe('everything else', () => {
  test('is for those whose work it is', () => {
    expect(decide(worker, 'definition.deploy')).toEqual({ allowed: false, hidden: false });
    expect(decide({ ...worker, roles: ['policyEditor'] }, 'definition.deploy')).toEqual({ allowed: true, basis: 'role:policyEditor' });
    expect(decide(worker, 'case.open')).toMatchObject({ allowed: true });
    expect(decide({ ...worker, roles: ['auditor'] }, 'case.open')).toMatchObject({ allowed: false });
  });

  test('that the clock does no person may do', () => {
    for (const action of ['timer.fire', 'job.run', 'message.deliver'] as const) {
      expect(decide({ ...worker, roles: ['admin', 'manager'] }, action)).toMatchObject({ allowed: false });
      expect(decide({ kind: 'system', name: 'clock' }, action)).toEqual({ allowed: true, basis: 'system:clock' });
    }
  });
});
