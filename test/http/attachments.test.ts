import { afterAll, beforeAll, expect, test } from '@jest/globals';
import request, { type Response } from 'supertest';
import { transact } from '../../src/base/db.js';
import { endAccess, grantAccess } from '../../src/domain/access.js';
import type { RecordKind } from '../../src/domain/records/record.js';
import { deployForm } from '../../src/actions/deploy-form.js';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

const secret: RecordKind = { key: 'F95', title: '試しの秘密', compartment: 'confidential', anytime: 'case', needs: [] };
const note: RecordKind = { key: 'F94', title: '試しの記録', compartment: 'agency', anytime: 'case', needs: [] };
const system = { kind: 'system', name: 'test' } as const;
type Staff = Client & { userId: string; cookie: string };

let two: Two;
let mori: Staff;
let fujita: Staff;
let caseNo: string;
let caseId: string;

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes'], records: [secret, note] });
  [mori, fujita] = await Promise.all([two.as('mori.d'), two.as('fujita.h')]);
  ({ caseNo, caseId } = (await mori.post('/api/cases', { field: 'elder' }).expect(201)).body as { caseNo: string; caseId: string });
  for (const [key, record] of [['secret', 'F95'], ['note', 'F94']] as const) await deployForm(two.app, system, { key, schema: { type: 'default', record, components: [{ type: 'textarea', key: 'what', label: '何' }] } });
}, 180_000);
afterAll(() => two.close());

const name = '𠮷田󠄀さんの同意書 (控).txt';
const words = Buffer.from('同意します。𠮷田󠄀');
const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll('(', '%28').replaceAll(')', '%29')}`;

/** Uploads; `as` one of the instances, taking turns. */
let turn = 0;
function upload(who: Staff, path: string, body: Buffer, headers: Record<string, string> = {}) {
  turn += 1;
  return request(two.urls[(turn % 2) as 0 | 1]).post(path).set({ Cookie: who.cookie, 'Content-Type': 'application/octet-stream', 'Content-Disposition': disposition, ...headers }).send(body);
}
const binary = (res: Response, done: (error: Error | null, body: Buffer) => void): void => {
  const parts: Buffer[] = [];
  (res as unknown as NodeJS.ReadableStream).on('data', (part: Buffer) => parts.push(part)).on('end', () => done(null, Buffer.concat(parts)));
};
const download = (who: Client, id: string) => who.get(`/api/attachments/${id}`).buffer(true).parse(binary as never);

test('a file goes in and comes out as it was, as a download and nothing else', async () => {
  const { body } = await upload(mori, `/api/cases/${caseNo}/attachments`, words).expect(201);
  expect(body).toMatchObject({ name, kind: 'txt', bytes: words.length, compartment: 'team', agencyCode: 'chiiki_houkatsu', submissionId: null });
  const got = await download(mori, body.id).expect(200);
  expect(got.body).toEqual(words);
  expect(got.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff', 'content-disposition': `attachment; filename="file.txt"; filename*=UTF-8''${encodeURIComponent(name).replaceAll('(', '%28').replaceAll(')', '%29')}`, 'cache-control': 'no-store' });
  expect((await mori.get(`/api/cases/${caseNo}/attachments`).expect(200)).body.attachments.map((one: { id: string }) => one.id)).toEqual([body.id]);
  const looks = await query(two.app.database.ownerUrl, `select action, actor_id from audit_event where resource_id = $1 order by id`, [body.id]);
  expect(looks.map(({ action }) => action)).toEqual(['attachment.add', 'attachment.read']);
});

test('in the database lies nothing that can be read, and nothing of it can be changed', async () => {
  const { body } = await upload(mori, `/api/cases/${caseNo}/attachments`, Buffer.concat([words, Buffer.alloc(3 * 1024 * 1024, 'あ')])).expect(201);
  const parts = await query<{ content: Buffer }>(two.app.database.ownerUrl, `select content from attachment_part where attachment_id = $1 order by part`, [body.id]);
  expect(parts).toHaveLength(4);
  expect(Buffer.concat(parts.map(({ content }) => content)).includes(words)).toBe(false);
  for (const sql of [`update attachment_part set content = '\\x00' where attachment_id = $1`, `delete from attachment_part where attachment_id = $1`, `update attachment set name = 'x' where id = $1`]) await expect(query(two.app.database.ownerUrl, sql, [body.id])).rejects.toThrow('append-only');
  expect((await download(mori, body.id).expect(200)).body).toHaveLength(words.length + 3 * 1024 * 1024);
});

test('who does not reach the case finds nothing, and what one was let see ends with that', async () => {
  const { body } = await upload(mori, `/api/cases/${caseNo}/attachments`, words).expect(201);
  const own = (await upload(mori, `/api/cases/${caseNo}/attachments?compartment=agency`, words).expect(201)).body;
  await download(fujita, body.id).expect(404);
  await fujita.get(`/api/cases/${caseNo}/attachments`).expect(404);
  await upload(fujita, `/api/cases/${caseNo}/attachments`, words).expect(404);
  await upload(fujita, `/api/cases/${caseNo}/attachments`, Buffer.from('MZ'), { 'Content-Disposition': 'attachment; filename="a.exe"' }).expect(404);
  const grant = { caseId, reader: 'agency:disability_consultation', basis: 'assignment', basisId: null } as const;
  await transact(two.app.db, system, (tx) => grantAccess(tx, { ...grant, level: 'identity' }));
  await download(fujita, body.id).expect(404);
  await transact(two.app.db, system, (tx) => grantAccess(tx, { ...grant, level: 'content' }));
  await download(fujita, body.id).expect(200);
  await download(fujita, own.id).expect(404); // an agency's own
  await transact(two.app.db, system, (tx) => endAccess(tx, { caseId, basis: 'assignment' }, 'over'));
  await download(fujita, body.id).expect(404);
});

test('what is attached to a record is seen with it: a confidential one by nobody who only reaches the case', async () => {
  const file = async (formKey: string): Promise<string> => (await mori.post(`/api/cases/${caseNo}/records`, { formKey, answers: { what: 'x' } }).expect(201)).body.submissionId as string;
  const plain = await file('note');
  const { body } = await upload(mori, `/api/cases/${caseNo}/attachments?record=${plain}`, words).expect(201);
  expect(body).toMatchObject({ submissionId: plain, compartment: 'agency' });
  await download(mori, body.id).expect(200);
  const hidden = await file('secret');
  await upload(mori, `/api/cases/${caseNo}/attachments?record=${hidden}`, words).expect(404); // mori does not see it any more
  const other = (await mori.post('/api/cases', { field: 'elder' }).expect(201)).body as { caseNo: string };
  await upload(mori, `/api/cases/${other.caseNo}/attachments?record=${plain}`, words).expect(404);
});

test('what may not be kept is refused with the reason', async () => {
  const at = `/api/cases/${caseNo}/attachments`;
  const refused = async (body: Buffer, headers: Record<string, string>): Promise<unknown[]> => {
    const { status, body: problem } = await upload(mori, at, body, headers);
    return [status, String(problem.type).split('/').at(-1), problem.reason];
  };
  expect(await refused(Buffer.from('MZ'), { 'Content-Disposition': 'attachment; filename="a.exe"' })).toEqual([422, 'attachment_refused', 'kind']);
  expect(await refused(Buffer.from('MZ'), { 'Content-Disposition': 'attachment; filename="a.pdf"' })).toEqual([422, 'attachment_refused', 'content']);
  expect(await refused(Buffer.alloc(0), {})).toEqual([422, 'attachment_refused', 'empty']);
  expect(await refused(Buffer.alloc(20 * 1024 * 1024 + 1, 'a'), {})).toEqual([413, 'too_large', undefined]);
  expect((await refused(words, { 'Content-Disposition': 'attachment' })).slice(0, 2)).toEqual([422, 'invalid']);
  expect((await refused(words, { 'Content-Disposition': "attachment; filename*=UTF-8''%E3%81" })).slice(0, 2)).toEqual([422, 'invalid']);
  expect((await refused(words, { 'Content-Type': 'text/plain' })).slice(0, 2)).toEqual([415, 'media_type']);
});

test('the same upload under one key is one file', async () => {
  const at = `/api/cases/${caseNo}/attachments`;
  const [a, b] = [await upload(mori, at, words, { 'Idempotency-Key': 'once' }), await upload(mori, at, words, { 'Idempotency-Key': 'once' })];
  expect([a.status, b.status, a.body.id]).toEqual([201, 201, b.body.id]);
  expect((await upload(mori, at, Buffer.from('別'), { 'Idempotency-Key': 'once' })).status).toBe(409);
});
