// 気にかけたいケース.
import { z } from 'zod';
import { readAs } from '../base/db.js';
import { attentionKinds, findAttention, type AttentionKind } from '../domain/attention.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

const mostShown = 500;
const day = z.preprocess((value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value), z.iso.date());
const kinds = z.enum(attentionKinds).meta({ description: 'no_next_action 次の予定がない（仕事も時計も停止もない） · no_lead 主担当がいない · silent しばらく記録がない · held 終わった手続きに止められている · paused 時計を止めている · outreach_overdue アウトリーチの次の日（働きかけ・見直し・支援会議での再確認）を過ぎた' });
const attentionLine = z
  .object({ caseId: id, caseNo: z.string(), field: z.string(), status: z.string(), urgent: z.boolean(), agencyCode: z.string(), kinds: z.array(kinds), lastAt: instant.nullable().meta({ description: '最後に記録か申し送りがあった時。null: アウトリーチを担う機関の管理者が、遅れだけを知るケース' }), pausedUntil: day.nullable(),
    outreachDueOn: z.iso.date().nullable().meta({ description: '過ぎたアウトリーチの日（いちばん早いもの）。自分が知りうるときだけ' }) })
  .meta({ id: 'AttentionCase' });

export const attentionRoutes = [
  route({
    method: 'get', path: '/api/attention', action: 'attention.read', tag: 'cases', summary: '気にかけたいケース（次の予定がない、主担当がいない、記録が途絶えている、働きかけの日を過ぎた ほか）',
    query: z.strictObject({ kind: kinds.optional(), silentDays: z.coerce.number().int().min(1).max(365).optional().meta({ description: '何日記録がないと挙げるか（1〜365。なければ市の設定）' }) }),
    reply: z.object({
      silentDays: z.int().meta({ description: 'この返事で使った日数' }),
      counts: z.object(Object.fromEntries(attentionKinds.map((kind) => [kind, z.int()])) as Record<AttentionKind, z.ZodInt>),
      cases: z.array(attentionLine).meta({ description: '自分が知りうるケースだけ。長く記録のないものから500件まで。' }),
    }),
    async handler({ app, person, query }) {
      const silentDays = query.silentDays ?? app.city.calendar.silentDays;
      const found = await readAs(app.db, person, (tx) => findAttention(tx, app.calendar.onDate(tx.now), silentDays));
      const count = (kind: AttentionKind): number => found.filter((line) => line.kinds.includes(kind)).length;
      const shown = query.kind === undefined ? found : found.filter((line) => line.kinds.includes(query.kind!));
      return {
        silentDays,
        counts: Object.fromEntries(attentionKinds.map((kind) => [kind, count(kind)])) as Record<AttentionKind, number>,
        cases: shown.slice(0, mostShown),
      };
    },
  }),
];
