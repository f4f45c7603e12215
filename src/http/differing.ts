// What several agencies answered to one question and what is no one answer: with their names, for whoever writes to choose.
import { z } from 'zod';
import type { Differing } from '../actions/carry-into-form.js';
import type { Records } from '../domain/records/registry.js';
import { instant } from './shape.js';

const said = z.object({
  agencyCode: z.string().nullable(),
  agencyName: z.string().nullable(),
  group: z.string().nullable().meta({ description: '回答を求められたグループ' }),
  record: z.string().meta({ description: '帳票の番号' }),
  title: z.string().nullable().meta({ description: '帳票の名前' }),
  at: instant.meta({ description: '回答した時' }),
  value: z.json().meta({ description: 'その項目の答え（選択肢は値。見出しは様式にある）' }),
});

export const differing = z
  .array(z.object({ at: z.string().meta({ description: '項目のキーまたはパス' }), said: z.array(said) }).meta({ id: 'DifferingAnswers' }))
  .meta({ description: '複数の機関が答えた項目のうち、答えが食い違うものと、ほかの答えにより表示されないもの。機関の名前とともに示すので、書く人が選ぶ。一方だけを写すことはない（自分のアセスメントに書いた答えは残る）' });

export const differingLine = (records: Records, { at, said: all }: Differing): z.input<typeof differing>[number] => ({
  at,
  said: all.map(({ record, agencyCode, agencyName, asked, submittedAt, value }) => ({ agencyCode, agencyName, group: asked, record, title: records.get(record)?.title ?? null, at: submittedAt, value })),
});
