import type { App } from '../app.js';
import type { Actor, Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize, type ActionName } from '../domain/authorize.js';
import { lockIncident, type IncidentRow } from '../engine/incidents.js';
import type { InstanceRow } from '../engine/instances.js';
import { act, type Ask, type Doing, type Done } from './act.js';

export interface IncidentInput extends Ask {
  incidentId: string;
}

/** An action on an open incident, under the locks. @throws Problem not_found, forbidden, incident_closed, instance_not_active */
export async function onIncident<T>(
  app: App,
  actor: Actor,
  action: ActionName,
  input: IncidentInput,
  request: unknown,
  work: (on: { tx: Tx; incident: IncidentRow; instance: InstanceRow; doing: Doing }) => Promise<Omit<Done<T>, 'basis'>>,
): Promise<T> {
  return act(app, actor, {
    action,
    resource: { type: 'incident', id: input.incidentId },
    ask: input,
    request,
    async work(tx, doing) {
      const basis = authorize(actor, action);
      const found = await lockIncident(tx, input.incidentId);
      if (!found) throw new Problem('not_found');
      if (found.incident.resolvedAt !== null) throw new Problem('incident_closed', { extra: { at: found.incident.resolvedAt.toISOString() } });
      if (found.instance.status !== 'active') throw new Problem('instance_not_active');
      return { basis, ...(await work({ tx, ...found, doing })) };
    },
  });
}
