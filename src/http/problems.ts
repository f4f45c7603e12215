import { z } from 'zod';
import { Problem, problemKinds, type ProblemCode } from '../base/problem.js';
import { route } from './route.js';

const kind = z.object({ code: z.string(), status: z.int(), title: z.string(), detail: z.string(), when: z.string() }).meta({ id: 'ProblemKind' });

const describe = (code: ProblemCode): z.input<typeof kind> => ({ code, ...problemKinds[code] });

export const problemRoutes = [
  route({
    method: 'get',
    path: '/api/problems',
    action: 'meta.read',
    who: 'anyone',
    tag: 'problems',
    summary: 'エラーの一覧',
    reply: z.object({ problems: z.array(kind) }),
    handler: () => ({ problems: (Object.keys(problemKinds) as ProblemCode[]).map(describe) }),
  }),
  route({
    method: 'get',
    path: '/api/problems/:code',
    action: 'meta.read',
    who: 'anyone',
    tag: 'problems',
    summary: 'エラーの説明',
    params: z.strictObject({ code: z.string().max(50) }),
    reply: kind,
    problems: ['not_found'],
    handler: ({ params: { code } }) => {
      if (code === 'fault') return { code, status: 500, title: '処理できませんでした', detail: 'システムの不具合です。何も変わっていません。', when: 'Our own fault; rolled back.' };
      if (!Object.hasOwn(problemKinds, code)) throw new Problem('not_found');
      return describe(code as ProblemCode);
    },
  }),
];
