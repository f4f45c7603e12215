// What is about the programme and no case: trainings, incidents, the year, the master of agencies.
import { z } from 'zod';
import { readAs } from '../base/db.js';
import { listAgencyDetails } from '../domain/agency-master.js';
import { annualOf } from '../domain/annual/annual.js';
import { listIncidentReports } from '../domain/incident-reports.js';
import { listTrainings } from '../domain/trainings/trainings.js';
import { route } from './route.js';
import { day, id, instant } from './shape.js';

const training = z.object({ id, kind: z.string(), title: z.string(), heldOn: day, agencies: z.array(z.string()), participants: z.int(), attendees: z.array(z.object({ userId: id.nullable().meta({ description: 'null は、ここにサインインしない人' }), name: z.string(), agencyCode: z.string() })).meta({ description: '名前の分かる参加者' }) }).meta({ id: 'Training' });
const trainings = z.object({ trainings: z.array(training) });
const kind = z.string().regex(/^[a-z_]{1,30}$/);
const incident = z
  .object({ id, kind: z.string(), occurredOn: day.nullable(), occurredSaid: z.string().nullable().meta({ description: '言われたとおりの日（おおよその日のときは occurredOn は null）' }), noticedAt: instant, persons: z.int().nullable(), sensitive: z.boolean(), malicious: z.boolean(), preliminaryDueOn: day, finalDueOn: day,
    preliminaryOn: day.nullable(), finalOn: day.nullable(), toldHow: z.enum(['all', 'substitute', 'not_needed']).nullable().meta({ description: '本人への通知: 全員に · 代わりの措置 · 義務なし' }), toldOn: day.nullable(),
    status: z.enum(['noticed', 'preliminary', 'final']), agencyCode: z.string(), submissionIds: z.array(id).meta({ description: '報告と、仕事で書かれた帳票' }) })
  .meta({ id: 'IncidentReport' });
const agency = z
  .object({ code: z.string(), name: z.string(), kind: z.string(), category: z.string().nullable(), field: z.string().nullable(), area: z.string().nullable(), isContractor: z.boolean(), contractFrom: day.nullable(), contractUntil: day.nullable(), pledged: z.boolean(), contact: z.string().nullable(), canIntake: z.boolean(), canJoinConfidential: z.boolean(), active: z.boolean() })
  .meta({ id: 'AgencyDetail' });
const year = z
  .object({
    runs: z.array(z.object({ fiscalYear: z.string(), run: z.string(), dueOn: day, startedAt: instant })),
    kpis: z.array(z.object({ kpi: z.string(), quarter: z.string(), agencyCode: z.string(), value: z.number(), enteredAt: instant })),
    snapshots: z.array(z.object({ takenAt: instant, counts: z.unknown() })),
    evaluations: z.array(z.object({ programme: z.string(), indicator: z.string(), target: z.number().nullable(), actual: z.number().nullable(), grade: z.string().nullable(), ownerAgency: z.string().nullable(), at: instant })),
  })
  .meta({ id: 'ProgrammeYear' });

export const programmeRoutes = [
  route({
    method: 'get', path: '/api/trainings', action: 'programme.read', tag: 'programme', summary: '研修記録（新しい順）。職員を指すと、その人が受けたもの',
    query: z.strictObject({ kind: kind.optional(), userId: id.optional() }), reply: trainings,
    handler: async ({ app, person, query }) => ({ trainings: await readAs(app.db, person, (tx) => listTrainings(tx, query)) }),
  }),
  route({
    method: 'post', path: '/api/trainings/search', action: 'programme.read', tag: 'programme', summary: '研修記録を参加者で探す（この構成員は守秘の研修を受けたか）',
    description: '氏名は URL に書かない決まりのため POST。サインインしない構成員は氏名と機関で探す。',
    body: z.strictObject({ kind: kind.optional(), userId: id.optional(), name: z.string().trim().min(1).max(100).optional(), agencyCode: z.string().max(40).optional() }), reply: trainings,
    handler: async ({ app, person, body }) => ({ trainings: await readAs(app.db, person, (tx) => listTrainings(tx, body)) }),
  }),
  route({
    method: 'get', path: '/api/incident-reports', action: 'programme.read', tag: 'programme', summary: '漏えい等事故（自分に見えるもの。速報・確報の期限）',
    reply: z.object({ incidents: z.array(incident) }), handler: async ({ app, person }) => ({ incidents: await readAs(app.db, person, listIncidentReports) }),
  }),
  route({
    method: 'get', path: '/api/programme-years/:year', action: 'programme.read', tag: 'programme', summary: '年度の評価: 実施、KPI実績、ケース統計、評価表',
    params: z.strictObject({ year: z.string().regex(/^R\d{1,2}$/).meta({ description: '年度（R8 = 令和8年度）' }) }),
    reply: year, handler: ({ app, person, params }) => readAs(app.db, person, (tx) => annualOf(tx, params.year)),
  }),
  route({
    method: 'get', path: '/api/agency-master', action: 'programme.read', tag: 'programme', summary: '機関マスタ（F90）',
    reply: z.object({ agencies: z.array(agency) }), handler: async ({ app, person }) => ({ agencies: await readAs(app.db, person, listAgencyDetails) }),
  }),
];
