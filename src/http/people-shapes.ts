// How a person looks from outside.
import { z } from 'zod';
import { id, instant } from './shape.js';

const said = (max: number) => z.string().max(max);
const choice = z.string().regex(/^[a-z_]{1,30}$/).nullable();

/** Who somebody is, as it was said. Dates in 和暦 or 西暦, as typed. */
export const identity = z.object({
  kana: said(100), name: said(100), knownAs: said(100), commonName: said(100).meta({ description: '通称' }), formerName: said(100).meta({ description: '旧姓' }),
  sex: choice, birthDate: said(40).meta({ description: '生年月日。和暦・西暦、年や月まで、「頃」もそのまま。' }), ageApprox: z.int().min(0).max(130).nullable(),
  postalCode: said(12), address: said(300), residenceStatus: choice, phoneHome: said(30), phoneMobile: said(30), email: said(254), safeContact: said(1000), noContactReason: said(1000),
});
export const identityIn = z.strictObject(identity.shape).partial();

export const personLine = identity.extend({ id, rootId: id.meta({ description: 'この登録が指す人。統合されていなければ自分自身。指す先が他の機関だけの登録なら、番号だけで中身は読めない。' }), version: z.int() }).meta({ id: 'PersonLine' });
export const personCase = z.object({ caseNo: z.string(), oldCaseNo: z.string().nullable().meta({ description: '取り込む前のケース番号' }), status: z.string(), relation: z.string().meta({ description: '本人から見た続柄。本人は subject。' }), clientId: id });
export const merge = z.object({ mergeId: id, keptId: id, mergedId: id }).meta({ id: 'Merge' });
export const mergeLine = z.object({ id, keptId: id, mergedId: id, reason: z.string(), at: instant, undoneAt: instant.nullable(), undoneReason: z.string().nullable() });
export const changeLine = z.object({ id, clientId: id, before: identity.partial(), reason: z.string(), at: instant });
