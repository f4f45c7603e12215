// 緊急対応: who sees the case for how long and why, and that there is one at a time.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { grantAccess } from '../../src/domain/access.js';
import { listDisclosures } from '../../src/domain/disclosures.js';
import { listEmergencies } from '../../src/domain/emergencies/emergencies.js';
import { openAffairs, type Affairs } from './affairs.js';

const responders = { responderGroups: ['grp.sectionLead.elderly_welfare'], safetyGroup: 'grp.sectionLead.elderly_welfare' };

describe('emergencies', () => {
  let it: Affairs;
  beforeAll(async () => {
    it = await openAffairs(new Date('2026-05-11T12:00:00+09:00'));
  }, 180_000);
  afterAll(() => it.town.app.close());

  const emergenciesOf = async (caseNo: string) => it.read('mori.d', async (tx) => listEmergencies(tx, await it.caseIdOf(caseNo)));

  test('the alarm of whoever knows the case makes it urgent, starts P04, and lets the coordinators see it for three days', async () => {
    const caseNo = await it.town.consult();
    expect(await it.rights('sato.h', caseNo)).toEqual([]);
    await expect(it.files('fujita.h', 'emergency', caseNo)).rejects.toMatchObject({ code: 'not_found' });
    const { made, next } = await it.files('mori.d', 'emergency', caseNo);
    expect(next.map(({ elementId }) => elementId)).toEqual(['call_services']);
    expect(await it.rights('sato.h', caseNo)).toMatchObject([{ level: 'content', basis: 'emergency', basisId: made['emergencyId'], untilAt: new Date('2026-05-14T12:00:00+09:00') }]);
    expect(await it.rows(`select urgent from support_case where case_no = $1`, [caseNo])).toEqual([{ urgent: true }]);
    expect(await emergenciesOf(caseNo)).toMatchObject([{ outcome: null, steps: [{ kind: 'called', detail: 'fire_119', at: expect.stringContaining('2026-05-11T00:40') }, { kind: 'raised' }] }]);
  });

  test('who knows that the case is there, and not what is written in it, raises the alarm too, and sees no more by it', async () => {
    const caseNo = await it.town.consult();
    const caseId = await it.caseIdOf(caseNo);
    for (const [login, level] of [['fujita.h', 'exists'], ['okamoto.s', 'identity']] as const) {
      const { userId } = await it.who(login);
      await transact(it.town.app.db, { kind: 'system', name: 'test' }, (tx) => grantAccess(tx, { caseId, reader: userId, level, basis: 'assignment', basisId: null }));
      const { made } = await it.files(login, 'emergency', caseNo);
      expect(made).toEqual({ emergencyId: expect.any(String) });
      expect((await it.rights(login, caseNo)).map((right) => right.level)).toEqual([level]);
    }
    expect(await emergenciesOf(caseNo)).toHaveLength(1);
  });

  test('a second alarm is added to the first, also when both come at once', async () => {
    const caseNo = await it.town.consult();
    const filed = await Promise.all([it.files('mori.d', 'emergency', caseNo), it.files('hashimoto.k', 'emergency', caseNo)]);
    expect(new Set(filed.map(({ made }) => made['emergencyId'])).size).toBe(1);
    expect((await it.town.standing(caseNo)).instances['emergency']).toEqual(['active']);
    expect(await emergenciesOf(caseNo)).toHaveLength(1);
  });

  test('no call and no reason for it, a time to come, no basis: refused with the field, and nothing is kept', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'emergency', caseNo);
    await expect(it.town.does(caseNo, 'call_services', { calls: [], noCallReason: '' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/calls' }] });
    await expect(it.town.does(caseNo, 'call_services', { calls: [{ agency: 'police_110', calledAt: '2026-05-11T23:00', calledBy: '森' }] })).rejects.toMatchObject({ errors: [{ pointer: '/answers/calls/0/calledAt' }] });
    await it.town.does(caseNo, 'call_services');
    await expect(it.town.does(caseNo, 'assess_emergency', { ...responders, legalBasis: '' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/legalBasis' }] });
    await expect(it.town.does(caseNo, 'assess_emergency', { ...responders, emergencyTrack: 'abuse', abuseKind: 'elder' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/statutoryGroup' }] });
    expect(await it.rights('ishikawa.r', caseNo)).toEqual([]);
    expect(await it.town.open(caseNo)).toContain('assess_emergency');
  });

  test('who responds sees the case until the hour that was named, on the basis that was named; over, it ends at once', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'emergency', caseNo);
    await it.town.does(caseNo, 'call_services');
    await it.town.does(caseNo, 'assess_emergency', { ...responders, shareHours: '24', emergencyTrack: 'abuse', abuseKind: 'child', statutoryGroup: 'grp.sectionLead.child_family_centre' });
    expect(await it.rights('ishikawa.r', caseNo)).toMatchObject([{ level: 'content', basis: 'emergency', untilAt: new Date('2026-05-12T12:00:00+09:00') }]);
    expect(await it.rights('kondo.a', caseNo)).toMatchObject([{ basis: 'emergency' }]);
    const told = await it.read('mori.d', async (tx) => listDisclosures(tx, await it.caseIdOf(caseNo)));
    expect(told.map(({ toKind, toCode, legalBasis }) => [toKind, toCode, legalBasis]).sort()).toEqual([['agency', 'elderly_welfare', 'imminent_danger'], ['authority', 'child_family_centre', 'abuse_notice']]);
    await it.town.does(caseNo, 'confirm_safety', { safetyResult: 'safe', measuresNeeded: 'no' });
    await it.town.does(caseNo, 'record_basis', { emergencyOutcome: 'resolved' });
    expect(await it.rights('ishikawa.r', caseNo)).toEqual([]);
    expect(await it.rights('sato.h', caseNo)).toEqual([]);
    expect(await emergenciesOf(caseNo)).toMatchObject([{ outcome: 'resolved', track: 'abuse', legalBasis: 'imminent_danger' }]);
    expect(await it.rows(`select urgent from support_case where case_no = $1`, [caseNo])).toEqual([{ urgent: false }]);
    expect((await it.town.standing(caseNo)).leaked).toBe(false);
    const { made } = await it.files('mori.d', 'emergency', caseNo);
    expect((await emergenciesOf(caseNo)).map(({ id }) => id)).toContain(made['emergencyId']);
  });

  test('one that goes on without consent becomes an urgent 支援会議, and stays urgent', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'emergency', caseNo);
    await it.town.does(caseNo, 'call_services');
    await it.town.does(caseNo, 'assess_emergency', responders);
    await it.town.does(caseNo, 'confirm_safety', { safetyResult: 'safe', measuresNeeded: 'no' });
    await it.town.does(caseNo, 'record_basis', { emergencyOutcome: 'to_confidential' });
    expect((await it.town.standing(caseNo)).instances).toMatchObject({ emergency: ['ended'], confidential_route: ['active'] });
    expect(await it.rows(`select urgent from support_case where case_no = $1`, [caseNo])).toEqual([{ urgent: true }]);
    expect(await it.rights('ishikawa.r', caseNo)).toHaveLength(1);
  });

  test('a step of an emergency that is over is refused', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'emergency', caseNo);
    await it.rows(`update emergency set closed_at = now(), outcome = 'resolved' where case_id = $1`, [await it.caseIdOf(caseNo)]);
    await expect(it.town.does(caseNo, 'call_services')).rejects.toMatchObject({ code: 'emergency_missing' });
  });
});
