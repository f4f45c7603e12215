// The lists of options that forms ask for (agencies, inboxes, seats), read from the 機関マスタ at this moment and handed to the engine.
import type { App } from '../app.js';
import type { Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { readOptionLists } from '../domain/option-lists.js';
import { formOfSheet } from '../domain/standing-forms.js';
import { definitionsWith } from '../engine/definitions.js';
import { namesChosen, optionListsOf, toBeShown, withOptions } from '../engine/forms.js';

/** The form as answers are checked against it. */
export async function formToCheck(tx: Pick<Tx, 'db'>, schema: Json): Promise<Json> {
  const wanted = optionListsOf(schema);
  return wanted.length === 0 ? schema : withOptions(schema, await readOptionLists(tx, wanted));
}

/** The form as somebody fills it in. @param said what is carried into it, and drafts */
export async function formToShow(tx: Pick<Tx, 'db'>, schema: Json, said: Json = {}): Promise<Json> {
  const wanted = optionListsOf(schema);
  return wanted.length === 0 ? schema : toBeShown(schema, await readOptionLists(tx, wanted), said);
}

/**
 * The names of all that was chosen in a sheet, by pointer: of agencies as they are called now, also of those that have stopped.
 * @param answers as far as whoever reads may see them
 * @returns none where the form is not known any more
 */
export async function namesInSheet(app: App, tx: Pick<Tx, 'db'>, submissionId: string, answers: Json): Promise<Record<string, string>> {
  const sheet = await formOfSheet(tx, submissionId);
  const schema = sheet && (sheet.schema ?? (await drawnForm(app, tx, sheet)));
  return schema ? namesChosen(await formToCheck(tx, schema), answers) : {};
}

/** The form of a diagram, in the version that was answered. */
async function drawnForm(app: App, tx: Pick<Tx, 'db'>, { key, sha256 }: { key: string; sha256: string }): Promise<Json> {
  for (const id of await definitionsWith(tx, key)) {
    const form = (await app.definitions.byId(tx, id)).forms.get(key);
    if (form?.sha256 === sha256) return form.schema;
  }
  return null;
}
