import { describe, expect, it } from '@jest/globals';
import { adapters, start } from '../../../test/support/application.js';
import { basicAuthorization, send } from '../../../test/support/client.js';
import { AppModule, buildWall } from '../src/app.module.js';

const alice = basicAuthorization('alice', 'wonder:land');

describe.each(adapters)('The staging wall on %s', (_, adapter) => {
  const application = () => start(adapter(), { imports: [AppModule] }, buildWall);

  it.each(['/', '/index.html', '/me', '/nowhere'])('asks for a password on %s', async (path) => {
    expect(await send(await application(), path)).toMatchObject({
      status: 401,
      challenges: ['Basic realm="Staging", charset="UTF-8"'],
    });
  });

  it('shows the site if the password is right', async () => {
    const app = await application();
    const page = await send(app, '/', { headers: alice });
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('The next release')]);
    expect((await send(app, '/me', { headers: alice })).json()).toEqual({ name: 'alice' });
  });

  it('refuses the start of the password', async () => {
    const answer = await send(await application(), '/me', { headers: basicAuthorization('alice', 'wonder') });
    expect(answer.status).toBe(401);
  });

  it('leaves the health check open', async () => {
    expect((await send(await application(), '/health')).json()).toEqual({ status: 'ok' });
  });
});
