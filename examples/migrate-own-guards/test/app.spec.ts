import { describe, expect, it } from '@jest/globals';
import { adapters, start } from '../../../test/support/application.js';
import { bearerAuthorization, send } from '../../../test/support/client.js';
import { AppModule as After } from '../after/app.module.js';
import { AppModule as Before } from '../before/app.module.js';
import { AppModule as During } from '../during/app.module.js';

const alice = bearerAuthorization('token-of-alice');
const bob = bearerAuthorization('token-of-bob');
const robot = { 'X-API-Key': 'key-of-robot' };
const wrongKey = { 'X-API-Key': 'wrong' };

const bearer = 'Bearer realm="Articles"';
const invalid = `${bearer}, error="invalid_token"`;
const key = 'ApiKey realm="Articles", header="X-API-Key"';

/** The answers that change. The others must be equal. */
const stages = [
  {
    stage: 'before',
    module: Before,
    lower: 401,
    second: 200,
    missing: [],
    wrong: [],
    jobs: { status: 403, challenges: [] },
  },
  // Each 401 has a challenge as soon as the module is imported. The old guard does not report its reason.
  {
    stage: 'during',
    module: During,
    lower: 401,
    second: 200,
    missing: [bearer],
    wrong: [bearer],
    jobs: { status: 401, challenges: [key] },
  },
  {
    stage: 'after',
    module: After,
    lower: 200,
    second: 400,
    missing: [bearer],
    wrong: [invalid],
    jobs: { status: 401, challenges: [key] },
  },
];

describe.each(stages)('The application $stage the migration', ({ module, lower, second, missing, wrong, jobs }) => {
  describe.each(adapters)('on %s', (_, adapter) => {
    const application = () => start(adapter(), { imports: [module] });

    it('accepts the same credentials', async () => {
      const app = await application();
      expect(await send(app, '/health')).toMatchObject({ status: 200 });
      expect((await send(app, '/articles', { headers: alice })).json()).toEqual({ author: 'alice' });
      expect((await send(app, '/jobs', { headers: robot })).json()).toEqual({ program: 'robot' });
    });

    it('checks roles', async () => {
      const app = await application();
      const remove = (headers: object) => send(app, '/articles/1', { method: 'DELETE', headers: { ...headers } });
      expect(await remove(alice)).toMatchObject({ status: 200 });
      expect(await remove(bob)).toMatchObject({ status: 403, challenges: [] });
    });

    it('refuses missing and wrong tokens with 401', async () => {
      const app = await application();
      expect(await send(app, '/articles')).toMatchObject({ status: 401, challenges: missing });
      const answer = await send(app, '/articles', { headers: bearerAuthorization('wrong') });
      expect(answer).toMatchObject({ status: 401, challenges: wrong });
    });

    it('reads the field as RFC 9110 requires, but not in the old guard', async () => {
      const app = await application();
      const ask = async (authorization: string) =>
        (await send(app, '/articles', { headers: { authorization } })).status;
      expect(await ask('bearer token-of-alice')).toBe(lower);
      expect(await ask('Bearer token-of-alice second')).toBe(second);
    });

    it('refuses missing and wrong keys', async () => {
      const app = await application();
      expect(await send(app, '/jobs')).toMatchObject(jobs);
      expect(await send(app, '/jobs', { headers: wrongKey })).toMatchObject(jobs);
    });

    it('does not accept a key instead of a token, or a token instead of a key', async () => {
      const app = await application();
      expect(await send(app, '/articles', { headers: robot })).toMatchObject({ status: 401 });
      expect(await send(app, '/jobs', { headers: alice })).toMatchObject({ status: jobs.status });
    });
  });
});
