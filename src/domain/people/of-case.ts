// Whom of a household a sheet is about.
import type { Tx } from '../../base/db.js';
import { caseOf, textAt, wrongField } from '../records/answers.js';
import type { Filed } from '../records/record.js';
import { membersOf } from './households.js';

/**
 * The registration of the person that the sheet is about: whom its field `personId` names, else the 本人; null where the case has no
 * registered 本人.
 * @throws Problem form_invalid when that is nobody of the case
 */
export async function personOf(tx: Tx, filed: Filed): Promise<string | null> {
  const members = await membersOf(tx, caseOf(filed));
  const said = textAt(filed.answers, 'personId');
  if (said === null) return members.find(({ relation }) => relation === 'subject')?.clientId ?? null;
  if (!members.some(({ clientId }) => clientId === said)) throw wrongField('personId', 'このケースの本人・世帯員ではありません。世帯の一覧の番号を入れてください。');
  return said;
}
