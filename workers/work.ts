// Jobs: service tasks whose handler works outside the database (mail, another system). The handler's result comes back
// as a step; its failures, retries and incidents are kept by actions/runJob.
import { listReadyJobs } from '../src/actions/list-ready-jobs.js';
import { runJob } from '../src/actions/run-job.js';
import type { System } from '../src/base/db.js';
import type { Lane, WorkerApp } from './lane.js';

const system: System = { kind: 'system', name: 'work' };

export function jobLane(app: WorkerApp): Lane {
  return {
    name: 'jobs',
    queue: 'work',
    everyMs: 1_000,
    mostWaiting: 300,
    async find() {
      const ids = await listReadyJobs(app, system, { limit: 200 });
      return { jobs: ids.map((id) => ({ id: `job-${id}`, ids: [id] })), more: false };
    },
    async run(ids) {
      for (const jobId of ids) await runJob(app, system, { jobId });
      return ids.length;
    },
  };
}
