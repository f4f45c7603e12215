// The HTTP application as a table of contents. Order matters: number and measure everything, set headers, refuse other
// sites, find the session, serve the routes, and let one place say what went wrong.
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { App } from '../app.js';
import { attachmentRoutes } from './attachments.js';
import { attentionRoutes } from './attention.js';
import { bulkRoutes } from './bulk.js';
import { calendarRoutes } from './calendar.js';
import { caseRoutes } from './cases.js';
import { clockRoutes } from './clocks.js';
import { chronologyRoutes } from './chronology.js';
import { commentRoutes } from './comments.js';
import { communityIssueRoutes } from './community-issues.js';
import { consentRoutes } from './consents.js';
import { definitionChangeRoutes } from './definition-changes.js';
import { definitionRoutes } from './definitions.js';
import { directoryRoutes } from './directory.js';
import { disclosureRoutes } from './disclosures.js';
import { docsFiles, docsRoutes } from './docs.js';
import { draftRoutes } from './drafts.js';
import { emergencyRoutes } from './emergencies.js';
import { notFound, onError, requestNumber } from './errors.js';
import { evaluationRoutes } from './evaluations.js';
import { healthRoutes, openMetrics, type Metrics } from './health.js';
import { householdRoutes } from './households.js';
import { importRoutes } from './imports.js';
import { incidentRoutes } from './incidents.js';
import { instanceRoutes } from './instances.js';
import { accessLog } from './access-log.js';
import { mailRoutes } from './mails.js';
import { meetingRoutes } from './meetings.js';
import { messageRoutes } from './messages.js';
import { notificationRoutes } from './notifications.js';
import { planRoutes } from './plans.js';
import { outreachRoutes } from './outreach.js';
import { participationRoutes } from './participation.js';
import { pledgeRoutes } from './pledges.js';
import { peopleRoutes } from './people.js';
import { problemRoutes } from './problems.js';
import { programmeRoutes } from './programme.js';
import { checkRoutes, mount, placed, type Route } from './route.js';
import { recordRoutes } from './records.js';
import { referralRoutes } from './referrals.js';
import { resourceRoutes } from './resources.js';
import { sessionRoutes } from './session.js';
import { signalRoutes } from './signals.js';
import { taskRoutes } from './tasks.js';
import { openSessions, sameSite } from './who.js';

export interface Http {
  express: Express;
  routes: readonly Route[];
  close(): Promise<void>;
}

const policy = { defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], imgSrc: ["'self'", 'data:'], fontSrc: ["'self'"], connectSrc: ["'self'"], formAction: ["'self'"], baseUri: ["'none'"], frameAncestors: ["'none'"] };
const headers = (overTls: boolean): RequestHandler => helmet({ contentSecurityPolicy: { useDefaults: false, directives: policy }, referrerPolicy: { policy: 'no-referrer' }, strictTransportSecurity: overTls });
const noStore: RequestHandler = (_req, res, next) => next(void res.set('Cache-Control', 'no-store'));

function allRoutes(metrics: Metrics): Route[] {
  const nouns = [
    ...sessionRoutes(),
    ...bulkRoutes,
    ...taskRoutes,
    ...draftRoutes,
    ...commentRoutes,
    ...caseRoutes,
    ...clockRoutes,
    ...calendarRoutes,
    ...attentionRoutes,
    ...recordRoutes,
    ...referralRoutes,
    ...attachmentRoutes,
    ...emergencyRoutes,
    ...programmeRoutes,
    ...consentRoutes,
    ...disclosureRoutes,
    ...pledgeRoutes,
    ...notificationRoutes,
    ...definitionRoutes,
    ...definitionChangeRoutes,
    ...messageRoutes,
    ...signalRoutes,
    ...instanceRoutes,
    ...incidentRoutes,
    ...directoryRoutes,
    ...mailRoutes,
    ...problemRoutes,
    ...meetingRoutes,
    ...planRoutes,
    ...evaluationRoutes,
    ...communityIssueRoutes,
    ...peopleRoutes,
    ...householdRoutes,
    ...chronologyRoutes,
    ...resourceRoutes,
    ...participationRoutes,
    ...outreachRoutes,
    ...importRoutes,
    ...healthRoutes(metrics),
  ];
  const routes: Route[] = [...nouns, ...docsRoutes(() => routes)];
  return routes;
}

/** @throws Error when Express would serve anything that was not made by `route` nor `placed` here */
export function openHttp(app: App): Http {
  const server = express().disable('x-powered-by').set('etag', false).set('query parser', 'simple').enable('case sensitive routing').enable('strict routing').set('trust proxy', app.env.TRUST_PROXY);
  const metrics = openMetrics();
  const sessions = openSessions(app.env, app.log);
  const routes = allRoutes(metrics);
  for (const middleware of [requestNumber, accessLog(app.log), metrics.middleware, headers(app.env.SECURE_COOKIES), noStore, sameSite(app.env.PUBLIC_URL)]) server.use(placed(middleware));
  server.use(docsFiles.path, placed(docsFiles.serve));
  server.use('/api', placed(sessions.middleware));
  mount(server, routes, app, sessions);
  server.use(placed(notFound));
  server.use(placed(onError(app.log)));
  checkRoutes(server);
  return { express: server, routes, close: () => sessions.close() };
}
