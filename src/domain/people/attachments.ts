// Fields of a sheet that hold the number of an attachment: it has to be one of this case.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import type { Filed } from '../records/record.js';

function at(answers: Readonly<Record<string, Json>>, path: string): Json | undefined {
  let value: Json | undefined = answers as Json;
  for (const part of path.split('.')) value = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, Json>)[part] : undefined;
  return value;
}

/**
 * @param paths where numbers of attachments may stand, from the top of the answers
 * @throws Problem form_invalid, with the pointer of each number that is no attachment
 */
export async function mustHaveAttachments(tx: Tx, { answers, caseId }: Pick<Filed, 'answers' | 'caseId'>, paths: readonly string[]): Promise<void> {
  const said = paths.map((path) => ({ path, id: at(answers, path) })).filter((one): one is { path: string; id: string } => typeof one.id === 'string' && one.id !== '');
  if (said.length === 0) return;
  const [table] = await tx.db.$queryRawUnsafe<{ there: boolean }[]>(`select to_regclass('public.attachment') is not null as there`);
  if (!table?.there) return;
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(`select id from attachment where id = any($1::uuid[]) and case_id = $2::uuid`, said.map(({ id }) => id), caseId);
  const errors = said.filter(({ id }) => !rows.some((row) => row.id === id)).map(({ path }) => ({ pointer: `/answers/${path.replaceAll('.', '/')}`, detail: 'このケースに、この番号の添付はありません。' }));
  if (errors.length > 0) throw new Problem('form_invalid', { errors });
}
