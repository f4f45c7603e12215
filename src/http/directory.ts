import { z } from 'zod';
import { Problem } from '../base/problem.js';
import { readOptionLists } from '../domain/option-lists.js';
import { route } from './route.js';
import { id } from './shape.js';

const agency = z.object({ code: z.string(), name: z.string(), kind: z.string(), field: z.string().nullable(), canIntake: z.boolean() }).meta({ id: 'Agency' });
const group = z.object({ key: z.string(), name: z.string(), kind: z.string(), agencyCode: z.string().nullable() }).meta({ id: 'Group' });
const member = z.object({ userId: id, name: z.string(), agencyCode: z.string() }).meta({ id: 'Member' });

const optionList = z.object({ name: z.string().meta({ description: '様式の properties.options に書く名前' }), options: z.array(z.object({ value: z.string(), label: z.string() })) }).meta({ id: 'OptionList' });

export const directoryRoutes = [
  route({
    method: 'get', path: '/api/directory', action: 'directory.read', tag: 'directory', summary: '機関と窓口（グループ）の一覧',
    reply: z.object({ agencies: z.array(agency), groups: z.array(group) }),
    handler: async ({ app: { db: { prisma } } }) => ({
      agencies: await prisma.agency.findMany({ where: { active: true }, orderBy: { code: 'asc' } }),
      groups: await prisma.group.findMany({ orderBy: { key: 'asc' } }),
    }),
  }),
  route({
    method: 'get', path: '/api/directory/option-lists', action: 'directory.read', tag: 'directory', summary: '様式が選択肢を取る一覧（機関マスタのいまの内容）',
    reply: z.object({ lists: z.array(optionList) }),
    handler: async ({ app: { db: { prisma } } }) => ({ lists: [...(await readOptionLists({ db: prisma }))].map(([name, { options }]) => ({ name, options: [...options] })) }),
  }),
  route({
    method: 'get', path: '/api/directory/groups/:key/members', action: 'directory.read', tag: 'directory', summary: '窓口の人（割り当てや引き継ぎの相手）',
    params: z.strictObject({ key: z.string().min(1).max(200) }),
    reply: z.object({ members: z.array(member) }), problems: ['not_found'],
    async handler({ app: { db: { prisma } }, params }) {
      const found = await prisma.group.findUnique({ where: { key: params.key }, select: { memberships: { where: { user: { active: true } }, select: { user: { select: { id: true, name: true, agencyCode: true } } } } } });
      if (!found) throw new Problem('not_found');
      return { members: found.memberships.map(({ user }) => ({ userId: user.id, name: user.name, agencyCode: user.agencyCode })).toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
    },
  }),
];
