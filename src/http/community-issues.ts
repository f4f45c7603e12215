import { z } from 'zod';
import { readAs } from '../base/db.js';
import { issueStatuses, listIssues } from '../domain/community/issues.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

const text = z.string();
const status = z.enum(issueStatuses);
const issue = z
  .object({
    id, category: text, area: text.nullable(), title: text, facts: text, wanted: text.nullable(),
    status: status.meta({ description: 'submitted 確認待ち · approved 推進会議へ · returned 差戻し' }),
    fiscalYear: text, raisedAt: instant, reviewedAt: instant.nullable(), reviewNote: text.nullable(),
  })
  .meta({ id: 'CommunityIssue' });

export const communityIssueRoutes = [
  route({
    method: 'get', path: '/api/community-issues', action: 'casework.read', tag: 'plans', summary: '地域課題（推進会議に出せるもの。確認待ちと差戻しは、書いた人と確かめる人にだけ見える）',
    query: z.strictObject({ status: status.optional(), fiscalYear: z.string().regex(/^R\d{1,2}$/).optional() }),
    reply: z.object({ issues: z.array(issue) }),
    handler: ({ app, person, query }) => readAs(app.db, person, async (tx) => ({ issues: await listIssues(tx, { status: query.status ?? null, fiscalYear: query.fiscalYear ?? null }) })),
  }),
];
