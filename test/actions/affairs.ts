// What the tests of referrals, emergencies and exits share: a town, and records filed with their samples.
import { fileRecord, type FiledRecord } from '../../src/actions/file-record.js';
import { readAs, type Tx } from '../../src/base/db.js';
import { rightsOf, type Right } from '../../src/domain/access.js';
import { findStandingForm } from '../../src/domain/standing-forms.js';
import type { Answers } from '../../src/services/samples.js';
import { answersFor } from '../support/answers.js';
import { personByLogin, type SeededPerson } from '../support/city.js';
import { query } from '../support/database.js';
import { openTown, type Town } from '../processes/town.js';

export interface Affairs {
  town: Town;
  url: string;
  who(login: string): Promise<SeededPerson>;
  caseIdOf(caseNo: string): Promise<string>;
  /** Files a standing form with its sample and these answers instead. */
  files(login: string, formKey: string, caseNo: string | null, answers?: Answers): Promise<FiledRecord>;
  rights(login: string, caseNo: string): Promise<Right[]>;
  read<T>(login: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  rows<T extends Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]>;
}

export async function openAffairs(startsAt: Date): Promise<Affairs> {
  const town = await openTown(startsAt);
  const { app } = town;
  const url = app.database.ownerUrl;
  const who = (login: string): Promise<SeededPerson> => personByLogin(url, login);
  const caseIdOf = async (caseNo: string): Promise<string> => (await query<{ id: string }>(url, `select id from support_case where case_no = $1`, [caseNo]))[0]!.id;
  return {
    town, url, who, caseIdOf,
    async files(login, formKey, caseNo, answers = {}) {
      const form = await findStandingForm({ db: app.db.prisma }, formKey);
      return fileRecord(app, await who(login), { formKey, caseNo, answers: answersFor('anytime', formKey, form!.schema, answers, town.now()) });
    },
    async rights(login, caseNo) {
      const person = await who(login);
      const caseId = await caseIdOf(caseNo);
      return readAs(app.db, person, (tx) => rightsOf(tx, person, caseId));
    },
    read: async (login, work) => readAs(app.db, await who(login), work),
    rows: (sql, params) => query(url, sql, params),
  };
}
