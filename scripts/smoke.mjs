// Checks that `npm start` serves the reference application on both adapters, and that it stops on SIGTERM.

import { deepEqual, equal } from 'node:assert/strict';
import { root, say } from './support/run.mjs';
import { withServer } from './support/server.mjs';

for (const adapter of ['express', 'fastify']) {
  await withServer(['npm', 'start'], { cwd: root, env: { ADAPTER: adapter } }, async (get) => {
    const { status, challenges } = await get('/me');
    equal(status, 401);
    deepEqual(challenges, [
      'Bearer realm="Access to staging site"',
      'Basic realm="Access to staging site", charset="UTF-8"',
    ]);
  });
  say(`npm start on ${adapter}`);
}
