// A consultation at the window, for tests of people: one sheet, whoever stands there.
import { expect } from '@jest/globals';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { query } from '../support/database.js';
import type { Client, Two } from './two-instances.js';

export type Signed = Client & { userId: string };

const shipped = sampleOf('intake_screening', 'receive_consultation');
/** The consent on the sheet opens the case to a school alone, so that what others see comes of what each test gives them. */
export const sheet: Answers = { ...shipped, consent: { ...(shipped['consent'] as Answers), scopeAgencies: [{ agency: 'school_education', answer: 'agreed' }] } };

export interface Taken {
  caseNo: string;
  caseId: string;
  subjectId: string;
  warnings: { code: string; ids: string[] }[];
}

export async function takeSheet(two: Two, who: Signed, field: string, said: Answers): Promise<Taken> {
  const opened = await who.post('/api/cases', { field, channel: 'phone' }).expect(201);
  const { caseNo, caseId, next } = opened.body as { caseNo: string; caseId: string; next: { id: string; version: number }[] };
  const done = await who.post(`/api/tasks/${next[0]!.id}/complete`, { version: next[0]!.version, answers: said });
  expect([done.status, done.body.errors]).toEqual([200, undefined]);
  const [subject] = await query<{ id: string }>(two.app.database.ownerUrl, `select client_id as id from household_member where case_id = $1 and relation = 'subject'`, [caseId]);
  return { caseNo, caseId, subjectId: subject!.id, warnings: done.body.warnings };
}

/** Somebody else at the window, so that nothing of one test is found by another. */
export const person = (said: Answers): Answers => ({ ...sheet, household: [], address: '', phoneHome: '', phoneMobile: '', commonName: '', formerName: '', birthDate: '', ...said });
