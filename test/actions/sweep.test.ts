import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sweep } from '../../src/actions/sweep.js';
import { systemClock } from '../../src/base/clock.js';
import { testApp, type TestApp } from '../support/app.js';
import { query } from '../support/database.js';
import { keeper } from '../support/diagrams.js';

const hourMs = 3_600_000;
let app: TestApp;
beforeAll(async () => {
  // a drill: the application's clock runs three days ahead of the machine's
  app = await testApp({ city: false, clock: { now: () => new Date(systemClock.now().getTime() + 72 * hourMs) } });
});
afterAll(() => app.close());

test('a drill that lets days pass signs nobody out, whatever the zone of the server; sessions that ended days ago are removed', async () => {
  for (const [sid, expiresInHours] of [['live', 0.5], ['just ended', -0.5], ['long ended', -72]] as const) {
    for (const zone of ['UTC', 'Asia/Tokyo', 'Pacific/Honolulu']) {
      // as connect-pg-simple writes it: in the zone of its connection
      await query(app.database.ownerUrl, `insert into session (sid, sess, expire) values ($1, '{}', to_timestamp($2) at time zone '${zone}')`, [`${sid}, ${zone}`, (systemClock.now().getTime() + expiresInHours * hourMs) / 1000]);
    }
  }
  await sweep(app, keeper);
  const left = await query<{ sid: string }>(app.database.ownerUrl, `select sid from session order by sid`);
  expect(left.map(({ sid }) => sid.split(',')[0])).toEqual(['just ended', 'just ended', 'just ended', 'live', 'live', 'live']);
});
