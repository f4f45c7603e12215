// The lists that forms take their options from, as the city of the tests has them before anybody changes its 機関マスタ.
import { join } from 'node:path';
import { readCity } from '../../src/base/city.js';
import { optionLists, type ChoiceList } from '../../src/domain/option-lists.js';
import { withOptions } from '../../src/engine/forms.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';

const rank = ['city', 'contractor', 'subsidised', 'community'];

function ofCity(): Map<string, ChoiceList> {
  const { agencies, groups } = readCity(join(root, 'city'));
  const known = agencies.map((agency) => ({ ...agency, active: true, canJoinConfidential: true }));
  return optionLists({ agencies: known.toSorted((a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind) || (a.code < b.code ? -1 : 1)), groups: groups.toSorted((a, b) => (a.key < b.key ? -1 : 1)) });
}

let lists: Map<string, ChoiceList> | null = null;

/** A form as it is served and checked in the city of the tests. */
export const inTown = (schema: Json): Json => withOptions(schema, (lists ??= ofCity()));
