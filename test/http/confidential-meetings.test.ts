// 支援会議 (社会福祉法106条の6): the guards of the law, each broken in every way that one can think of.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { deployDefinition } from '../../src/actions/deploy-definition.js';
import { readAs, transact } from '../../src/base/db.js';
import { grantAccess } from '../../src/domain/access.js';
import type { Json } from '../../src/engine/model.js';
import { personByLogin } from '../support/city.js';
import { canary, desk, dossier, elderly, held, judged, meetingOf, needy, openTheDesk, opened, selected, watched } from './confidential-desk.js';
import { day } from './desk.js';

const system = { kind: 'system', name: 'test' } as const;
const pledge = { capacity: 'conference_member', textVersion: '2026-04', understood: ['secrecy', 'purpose', 'copies', 'devices', 'afterwards', 'penalty'], signedOn: '令和8年5月11日' };

beforeAll(openTheDesk, 180_000);
afterAll(() => desk?.close());

describe('a confidential meeting is convened by the city alone, on its legal basis, saying why consent is missing', () => {
  test('a card without its basis, or without why consent is missing, is refused by the form', async () => {
    const { body } = await (await desk.as('mori.d')).post('/api/cases', { kind: 'worry', field: 'elder' }).expect(201);
    for (const [field, nothing] of [['consentMissing', []], ['legalBasis', null]] as [string, Json][]) {
      const answer = await desk.tries('nakamura.m', body.caseNo, 'judge_applicability', { [field]: nothing });
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer: `/answers/${field}` }));
    }
    expect(await desk.sql(`select 1 from meeting_case m join support_case c on c.id = m.case_id where c.case_no = $1`, [body.caseNo])).toEqual([]);
  });

  test('a form without these fields cannot be deployed', async () => {
    const xml = readFileSync(new URL('../../processes/confidential_route/confidential_route.bpmn', import.meta.url), 'utf8');
    const forms = Object.fromEntries((await desk.sql<{ forms: Record<string, Json> }>(`select forms from process_definition where key = 'confidential_route'`)).flatMap((row) => Object.entries(row.forms)));
    const card = forms['judge_applicability'] as { components: { key?: string }[] };
    const poorer = { ...card, components: card.components.filter(({ key }) => key !== 'consentMissing' && key !== 'legalBasis') };
    await expect(deployDefinition(desk.two.app, system, { xml, forms: { ...forms, judge_applicability: poorer } as Record<string, Json> })).rejects.toMatchObject({ code: 'diagram_refused', errors: expect.arrayContaining([expect.objectContaining({ detail: expect.stringContaining('consentMissing') }), expect.objectContaining({ detail: expect.stringContaining('legalBasis') })]) });
  });

  test('a diagram that gives the step to a contractor convenes nothing', async () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="urn:tsunagi:test">
  <bpmn:process id="shakyo_convenes" name="社協が開く" isExecutable="true" camunda:historyTimeToLive="P1D">
    <bpmn:startEvent id="begun"><bpmn:outgoing>a</bpmn:outgoing><bpmn:messageEventDefinition id="m" messageRef="begin" /></bpmn:startEvent>
    <bpmn:userTask id="judge_applicability" name="判断" camunda:formKey="judge_applicability" camunda:candidateGroups="grp.coordinator.shakyo"><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="ended" name="終わり"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="a" sourceRef="begun" targetRef="judge_applicability" /><bpmn:sequenceFlow id="b" sourceRef="judge_applicability" targetRef="ended" />
  </bpmn:process>
  <bpmn:message id="begin" name="shakyo_begins" />
</bpmn:definitions>`;
    const form = JSON.parse(readFileSync(new URL('../../processes/confidential_route/forms/judge_applicability.json', import.meta.url), 'utf8')) as Json;
    await deployDefinition(desk.two.app, system, { xml, forms: { judge_applicability: form } });
    const { body } = await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201);
    const admin = await desk.as('kato.m');
    await admin.post('/api/messages', { name: 'shakyo_begins', correlationKey: body.caseId, businessKey: body.caseNo, ttlS: 0 }).expect(201);
    const client = await desk.as('yamaguchi.n');
    const [task] = (await client.get(`/api/tasks?view=all&case=${body.caseNo}&elementId=judge_applicability`)).body.tasks;
    const answers = JSON.parse(readFileSync(new URL('../../processes/confidential_route/examples/judge_applicability.json', import.meta.url), 'utf8')) as Json;
    const refused = await client.post(`/api/tasks/${task.id}/complete`, { version: 1, answers });
    expect([refused.status, refused.body.type]).toEqual([403, expect.stringMatching(/city_alone$/)]);
    expect(await desk.sql(`select 1 from meeting_case where case_id = $1`, [body.caseId])).toEqual([]);
  });

  test('an urgent one that no card went before is convened only with its basis, and by nobody before pledges', async () => {
    const { body } = await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201);
    await (await desk.as('kato.m')).post('/api/messages', { name: 'meeting_requested', correlationKey: body.caseId, businessKey: body.caseNo, variables: { caseId: body.caseId, caseIds: [body.caseId], kind: 'confidential', urgency: 'urgent' }, ttlS: 0 }).expect(201);
    const said = { kind: 'confidential', memberGroups: [elderly], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' };
    const refused = await desk.tries('yamamoto.m', body.caseNo, 'arrange_meeting', said);
    expect([refused.status, refused.body.type]).toEqual([409, expect.stringMatching(/legal_basis_missing$/)]);
    const without = await desk.tries('yamamoto.m', body.caseNo, 'arrange_meeting', { ...said, legalBasis: '106-6' });
    expect(without.status).toBe(409);
    await desk.does('yamamoto.m', body.caseNo, 'arrange_meeting', { ...said, legalBasis: '106-6', consentMissing: ['no_time'] });
    const worry = { caseNo: body.caseNo, caseId: body.caseId, ...(await meetingOf(body.caseNo)) };
    for (const login of ['ishikawa.r', 'nakamura.m']) await desk.does(login, worry.caseNo, 'sign_pledge_late');
    expect(await dossier('ishikawa.r', worry)).toBe('pledge_missing');
    await desk.does('yamamoto.m', worry.caseNo, 'sign_pledge_late', { signs: 'no' });
    await desk.does('yamamoto.m', worry.caseNo, 'arrange_meeting', said);
    await desk.does('yamamoto.m', worry.caseNo, 'sign_pledge_late');
    expect(await dossier('ishikawa.r', worry)).toBe('open');
    const [meeting] = await desk.sql<{ basis: string; missing: string[] }>(`select legal_basis as basis, consent_missing as missing from meeting where id = $1`, [worry.meetingId]);
    expect(meeting).toEqual({ basis: '106-6', missing: ['no_time'] });
  });

  test('Postgres itself refuses one of a contractor, one without its basis, and one whose basis would change', async () => {
    const insert = (agency: string, basis: string, missing: string): Promise<unknown> => desk.sql(`insert into meeting (id, kind, agency_code, legal_basis, consent_missing, opened_at) values (gen_random_uuid(), 'confidential', '${agency}', ${basis}, ${missing}, now())`);
    await expect(insert('shakyo', `'106-6'`, `'{refused}'`)).rejects.toThrow('city alone');
    for (const [basis, missing] of [['null', `'{refused}'`], [`'106-6'`, `'{}'`], [`'106-6'`, 'null'], [`'69-2-1'`, `'{refused}'`]] as const) await expect(insert('welfare_policy', basis, missing)).rejects.toThrow('meeting_legal_basis');
    const { meetingId } = await judged();
    await expect(desk.sql(`update meeting set consent_missing = '{other}' where id = $1`, [meetingId])).rejects.toThrow('does not change');
    await expect(desk.sql(`update meeting set kind = 'plan' where id = $1`, [meetingId])).rejects.toThrow('does not change');
  });
});

describe('every member is pledged for this sitting before the dossier opens to anybody', () => {
  test('a member who has not pledged sees when and where, and nothing else; the last pledge opens it to all', async () => {
    const worry = await selected();
    const ishikawa = await desk.as('ishikawa.r');
    for (const login of ['ishikawa.r', 'fukuda.r', 'nakamura.m']) {
      await desk.does(login, worry.caseNo, 'sign_pledge');
      expect(await dossier(login, worry)).toBe('pledge_missing');
    }
    const line = (await ishikawa.get('/api/meetings').expect(200)).body.meetings.find((one: { meetingId: string }) => one.meetingId === worry.meetingId);
    expect(line).toMatchObject({ kind: 'confidential', status: 'invited', role: 'member', pledged: true, open: false });
    const page = (await ishikawa.get(`/api/meetings/${worry.meetingId}`).expect(200)).body;
    expect(page).toMatchObject({ cases: [], handouts: [], decisions: [], bestSlots: null });
    expect(page.members.map(({ groupKey }: { groupKey: string }) => groupKey)).toEqual([elderly]);
    expect(JSON.stringify([line, page])).not.toContain(canary);

    await desk.does('yamamoto.m', worry.caseNo, 'sign_pledge');
    for (const login of ['ishikawa.r', 'fukuda.r', 'nakamura.m', 'yamamoto.m']) expect(await dossier(login, worry)).toBe('open');
    const { body } = await ishikawa.get(`/api/meetings/${worry.meetingId}/dossier`).expect(200);
    expect(body).toMatchObject({ basis: 'article:106-6', items: null, caseId: worry.caseId });
    expect(body.parts.map(({ record }: { record: string }) => record).sort()).toEqual(['F09.members', 'F16']);
    expect(JSON.stringify(body)).toContain(canary);
  });

  test('a pledge of a year or a term, and one for another sitting, open nothing', async () => {
    const [worry, other] = [await selected([elderly]), await opened()];
    const ishikawa = await personByLogin(desk.two.app.database.ownerUrl, 'ishikawa.r');
    const { sittingId } = await meetingOf(other.caseNo);
    for (const [validFor, until, sitting] of [['term', null, null], ['fiscal_year', '2027-04-01', null]] as const) {
      await desk.sql(`insert into pledge (id, user_id, person_name, agency_code, capacity, text_version, understood, valid_for, sitting_id, signed_on, valid_until, recorded_at) values (gen_random_uuid(), $1, '石川', 'elderly_welfare', 'city_staff', 'x', '{secrecy}', $2, $3, '2026-05-11', $4, $5)`, [ishikawa.userId, validFor, sitting, until, desk.now()]);
    }
    for (const login of ['nakamura.m', 'yamamoto.m']) await desk.does(login, worry.caseNo, 'sign_pledge');
    expect(sittingId).not.toBe((await meetingOf(worry.caseNo)).sittingId);
    for (const login of ['ishikawa.r', 'nakamura.m']) expect(await dossier(login, worry)).toBe('pledge_missing');
    await (await desk.as('ishikawa.r')).post(`/api/meetings/${worry.meetingId}/pledge`, pledge).expect(201);
    expect(await dossier('ishikawa.r', worry)).toBe('open');
  });

  test('a late member closes it to everybody until they have pledged, and one who is removed sees nothing any more', async () => {
    const worry = await opened();
    const office = await desk.as('yamamoto.m');
    const { body } = await office.post(`/api/meetings/${worry.meetingId}/members`, { groupKey: 'grp.sectionLead.school_education' }).expect(201);
    for (const login of ['ishikawa.r', 'aoki.w', 'yamamoto.m']) expect(await dossier(login, worry)).toBe('pledge_missing');
    await (await desk.as('aoki.w')).post(`/api/meetings/${worry.meetingId}/pledge`, pledge).expect(201);
    for (const login of ['ishikawa.r', 'aoki.w', 'yamamoto.m']) expect(await dossier(login, worry)).toBe('open');
    await office.post(`/api/meetings/${worry.meetingId}/members/${body.memberId}/removal`, { reason: '担当が替わったため' }).expect(200);
    expect(await dossier('aoki.w', worry)).toBe('not_found');
    await (await desk.as('aoki.w')).get(`/api/meetings/${worry.meetingId}`).expect(404);
    expect(await dossier('ishikawa.r', worry)).toBe('open');
    await (await desk.as('yamaguchi.n')).post(`/api/meetings/${worry.meetingId}/members`, { groupKey: 'grp.coordinator.shakyo' }).expect(404);
  });

  test('a diagram that skips the pledges gets no further: nobody writes who is not inside', async () => {
    const worry = await selected();
    const form = JSON.parse(readFileSync(new URL('../../processes/confidential_route/forms/prepare_sheets.json', import.meta.url), 'utf8')) as Json;
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="urn:tsunagi:test">
  <bpmn:process id="without_pledges" name="誓約なし" isExecutable="true" camunda:historyTimeToLive="P1D">
    <bpmn:startEvent id="begun"><bpmn:outgoing>a</bpmn:outgoing><bpmn:messageEventDefinition id="m" messageRef="begin" /></bpmn:startEvent>
    <bpmn:userTask id="prepare_sheets" name="シート" camunda:formKey="prepare_sheets" camunda:candidateGroups="${elderly}"><bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="ended" name="終わり"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="a" sourceRef="begun" targetRef="prepare_sheets" /><bpmn:sequenceFlow id="b" sourceRef="prepare_sheets" targetRef="ended" />
  </bpmn:process>
  <bpmn:message id="begin" name="skip_pledges" />
</bpmn:definitions>`;
    await deployDefinition(desk.two.app, system, { xml, forms: { prepare_sheets: form } });
    await (await desk.as('kato.m')).post('/api/messages', { name: 'skip_pledges', correlationKey: worry.caseId, businessKey: worry.caseNo, variables: { meetingId: worry.meetingId, kind: 'confidential' }, ttlS: 0 }).expect(201);
    const client = await desk.as('ishikawa.r');
    const [task] = (await client.get(`/api/tasks?view=all&case=${worry.caseNo}&elementId=prepare_sheets`)).body.tasks;
    const answers = JSON.parse(readFileSync(new URL('../../processes/confidential_route/examples/prepare_sheets.json', import.meta.url), 'utf8')) as Json;
    const refused = await client.post(`/api/tasks/${task.id}/complete`, { version: 1, answers });
    expect([refused.status, refused.body.type]).toEqual([403, expect.stringMatching(/pledge_missing$/)]);
    // and a meeting of another case, named by the process, is not found by it
    const foreign = await opened();
    await (await desk.as('kato.m')).post('/api/messages', { name: 'skip_pledges', correlationKey: worry.caseId, businessKey: worry.caseNo, variables: { meetingId: foreign.meetingId, kind: 'confidential' }, ttlS: 0 }).expect(201);
    const tasks = (await client.get(`/api/tasks?view=all&case=${worry.caseNo}&elementId=prepare_sheets`)).body.tasks as { id: string }[];
    await client.post(`/api/tasks/${tasks.find(({ id }) => id !== task.id)!.id}/complete`, { version: 1, answers }).expect(404);
  });

  test('of a reading and a removal at once, whoever reads after the removal sees nothing', async () => {
    const worry = await opened();
    const office = await desk.as('yamamoto.m');
    const members = (await office.get(`/api/meetings/${worry.meetingId}`)).body.members as { id: string; groupKey: string }[];
    const seat = members.find(({ groupKey }) => groupKey === needy)!;
    const [removal, ...reads] = await Promise.all([office.post(`/api/meetings/${worry.meetingId}/members/${seat.id}/removal`, { reason: '辞退' }), ...[1, 2, 3].map(() => dossier('fukuda.r', worry))]);
    expect(removal.status).toBe(200);
    for (const read of reads) expect(['open', 'not_found']).toContain(read);
    expect(await dossier('fukuda.r', worry)).toBe('not_found');
  });

  test('two pledges at once both count, and open it once', async () => {
    const worry = await selected([elderly]);
    await desk.does('nakamura.m', worry.caseNo, 'sign_pledge');
    await Promise.all(['ishikawa.r', 'yamamoto.m'].map((login) => desk.does(login, worry.caseNo, 'sign_pledge')));
    expect(await dossier('ishikawa.r', worry)).toBe('open');
    expect((await (await desk.as('ishikawa.r')).get(`/api/tasks?view=all&case=${worry.caseNo}&elementId=prepare_sheets`)).body.tasks).toHaveLength(1);
  });
});

describe('nobody sees confidential text who does not sit there', () => {
  test('managers, overseers, the coordinator, the intake agency and those with a right to the case find nothing', async () => {
    const worry = await held();
    await transact(desk.two.app.db, system, (tx) => grantAccess(tx, { caseId: worry.caseId, reader: 'agency:welfare_policy', level: 'content', basis: 'assignment', basisId: null }));
    for (const login of ['kobayashi.t', 'maeda.s', 'watanabe.g', 'kimura.s', 'kato.m', 'sato.h', 'mori.d', 'saito.o', 'yamaguchi.n']) {
      expect(await dossier(login, worry)).toBe('not_found');
      const client = await desk.as(login);
      expect((await client.get('/api/meetings?past=true').expect(200)).body.meetings.filter((one: { meetingId: string }) => one.meetingId === worry.meetingId)).toEqual([]);
      const records = await client.get(`/api/cases/${worry.caseNo}/records`);
      if (records.status === 200) expect(records.body.records.filter((one: { compartment: string }) => one.compartment === 'confidential')).toEqual([]);
    }
    for (const login of ['kobayashi.t', 'watanabe.g', 'sato.h', 'mori.d', 'okamoto.s']) {
      const person = await personByLogin(desk.two.app.database.ownerUrl, login);
      const seen = (table: string): Promise<number> => readAs(desk.two.app.db, person, async (tx) => Number((await tx.db.$queryRawUnsafe<{ n: bigint }[]>(`select count(*) as n from ${table}`))[0]!.n));
      const [all] = await desk.sql<{ n: number }>(`select count(*)::int as n from submission where compartment = 'confidential'`);
      expect(all!.n).toBeGreaterThan(5);
      for (const table of [`submission where compartment = 'confidential'`, `sitting_member`, 'sitting', 'meeting', 'handout', 'sitting_decision', 'meeting_case']) expect([login, table, await seen(table)]).toEqual([login, table, 0]);
    }
    const [{ id }] = (await desk.sql<{ id: string }>(`select id from submission where case_id = $1 and record = 'F16'`, [worry.caseId])) as [{ id: string }];
    await (await desk.as('kobayashi.t')).get(`/api/records/${id}`).expect(404);
    await (await desk.as('ishikawa.r')).get(`/api/records/${id}`).expect(200);
    for (const place of ['audit_event', 'outbox', 'notification', 'history_event', 'process_instance', 'message']) expect(await desk.sql(`select 1 from ${place} x where position($1 in x::text) > 0`, [canary])).toEqual([]);
    const reads = await desk.sql<{ basis: string }>(`select basis from audit_event where action = 'meeting.read' and resource_type = 'dossier' and resource_id = $1`, [worry.caseId]);
    expect(reads.every(({ basis }) => basis === 'article:106-6')).toBe(true);
  });

  test('the meeting gives no right to the case, not even by hand', async () => {
    const worry = await opened();
    const { sittingId } = await meetingOf(worry.caseNo);
    expect(await desk.sql(`select 1 from case_access where basis = 'meeting' and case_id = $1`, [worry.caseId])).toEqual([]);
    await expect(transact(desk.two.app.db, system, (tx) => grantAccess(tx, { caseId: worry.caseId, reader: elderly, level: 'content', basis: 'meeting', basisId: sittingId }))).rejects.toThrow('no right to a case');
    await (await desk.as('ishikawa.r')).get(`/api/cases/${worry.caseNo}/records`).expect(404);
  });

  test('the window closes some days after the meeting does, by the clock', async () => {
    const worry = await watched();
    await desk.passes(worry.caseNo, 'review_due');
    await desk.does('nakamura.m', worry.caseNo, 'review_continuation', { reviewResult: 'end' });
    expect(await dossier('ishikawa.r', worry)).toBe('open');
    desk.later(14 * day - 1000);
    expect(await dossier('ishikawa.r', worry)).toBe('open');
    desk.later(2 * day);
    for (const login of ['ishikawa.r', 'fukuda.r', 'yamamoto.m', 'nakamura.m']) expect(await dossier(login, worry)).toBe('pledge_missing');
    expect(await desk.sql(`select 1 from meeting where id = $1 and closed_at is not null`, [worry.meetingId])).toHaveLength(1);
  }, 180_000);

  test('the next sitting asks everybody anew: old pledges open nothing of it', async () => {
    const worry = await watched();
    await desk.passes(worry.caseNo, 'review_due');
    await desk.does('nakamura.m', worry.caseNo, 'review_continuation', { reviewResult: 'continue' });
    await desk.does('yamamoto.m', worry.caseNo, 'select_members', { memberGroups: [elderly] });
    expect(await meetingOf(worry.caseNo)).toMatchObject({ no: 2, status: 'invited' });
    expect(await dossier('ishikawa.r', worry)).toBe('pledge_missing');
    for (const login of ['ishikawa.r', 'nakamura.m', 'yamamoto.m']) await desk.does(login, worry.caseNo, 'sign_pledge');
    const { body } = await (await desk.as('ishikawa.r')).get(`/api/meetings/${worry.meetingId}/dossier`).expect(200);
    expect(JSON.stringify(body)).not.toContain(canary);
    const { sittingId } = await meetingOf(worry.caseNo);
    await (await desk.as('fukuda.r')).get(`/api/meetings/${worry.meetingId}/dossier?sitting=${sittingId}`).expect(404);
    expect((await (await desk.as('fukuda.r')).get(`/api/meetings/${worry.meetingId}`).expect(200)).body.sittings.map(({ no }: { no: number }) => no)).toEqual([1]);
  }, 180_000);
});
