import { describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { adapters, start } from '../../../test/support/application.js';
import { basicAuthorization, bearerAuthorization, send } from '../../../test/support/client.js';
import { AppModule as After } from '../after/app.module.js';
import { AppModule as Before } from '../before/app.module.js';
import { AppModule as During } from '../during/app.module.js';

const alice = { username: 'alice', password: 'wonder:land' };
const bob = basicAuthorization('bob', 'builder');
const bearer = 'Bearer realm="Reports"';
const invalid = `${bearer}, error="invalid_token"`;
const basic = 'Basic realm="Reports", charset="UTF-8"';

/** The answers that change. The others must be equal. */
const stages = [
  { stage: 'before', module: Before, missing: [], wrong: [], login: [], reports: [], colon: 401 },
  {
    stage: 'during',
    module: During,
    missing: [bearer],
    wrong: [bearer],
    login: [bearer],
    reports: [basic],
    colon: 200,
  },
  { stage: 'after', module: After, missing: [bearer], wrong: [invalid], login: [bearer], reports: [basic], colon: 200 },
];

describe.each(stages)('The application $stage the migration', ({ module, missing, wrong, login, reports, colon }) => {
  describe.each(adapters)('on %s', (_, adapter) => {
    const application = () => start(adapter(), { imports: [module] });
    const logIn = (app: Awaited<ReturnType<typeof application>>, body: object) =>
      send(app, '/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });

    it('issues a token for a password, and accepts the token', async () => {
      const app = await application();
      const answer = await logIn(app, alice);
      expect(answer.status).toBe(200);
      const headers = bearerAuthorization((answer.json() as { access_token: string }).access_token);
      expect((await send(app, '/profile', { headers })).json()).toEqual({ name: 'alice' });
    });

    // A Basic challenge would make a browser prompt after a failed login.
    it('refuses a login with a wrong password, and does not send a Basic challenge', async () => {
      const app = await application();
      for (const body of [{ ...alice, password: 'wonder' }, { username: 'carol', password: 'builder' }, {}]) {
        expect(await logIn(app, body)).toMatchObject({ status: 401, challenges: login });
      }
    });

    it('refuses missing, wrong and expired tokens', async () => {
      const app = await application();
      expect(await send(app, '/profile')).toMatchObject({ status: 401, challenges: missing });
      const expired = app.get(JwtService, { strict: false }).sign({ sub: 'alice' }, { expiresIn: -1 });
      for (const token of ['wrong', expired]) {
        const answer = await send(app, '/profile', { headers: bearerAuthorization(token) });
        expect(answer).toMatchObject({ status: 401, challenges: wrong });
      }
    });

    it('accepts a password for the reports only', async () => {
      const app = await application();
      expect((await send(app, '/reports', { headers: bob })).json()).toEqual({ reader: 'bob' });
      expect(await send(app, '/profile', { headers: bob })).toMatchObject({ status: 401 });
      expect(await send(app, '/reports')).toMatchObject({ status: 401, challenges: reports });
    });

    it('reads a password with a colon', async () => {
      const headers = basicAuthorization(alice.username, alice.password);
      expect((await send(await application(), '/reports', { headers })).status).toBe(colon);
    });

    it('leaves public routes open', async () => {
      expect(await send(await application(), '/health')).toMatchObject({ status: 200 });
    });
  });
});
