import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adapters, start } from '../../../test/support/application.js';
import { bearerAuthorization, send } from '../../../test/support/client.js';
import { audience, Issuer } from '../../../test/support/issuer.js';
import { AppModule } from '../src/app.module.js';
import { Keys } from '../src/keys.js';

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.start();
});

afterAll(() => issuer.stop());

describe.each(adapters)('The API on %s', (_, adapter) => {
  const application = () => start(adapter(), { imports: [AppModule.forIssuer({ issuer: issuer.url, audience })] });

  it('names both schemes and the scope in the challenges', async () => {
    expect(await send(await application(), '/orders')).toMatchObject({
      status: 401,
      challenges: ['Bearer realm="Orders", scope="orders:read"', 'ApiKey realm="Orders", header="X-API-Key"'],
    });
  });

  it('accepts a JWT of the issuer', async () => {
    const app = await application();
    const headers = bearerAuthorization(await issuer.token({ scope: 'orders:write' }));
    expect((await send(app, '/me', { headers })).json()).toEqual({ name: 'alice', scheme: 'Bearer' });
    expect(await send(app, '/orders', { method: 'POST', headers })).toMatchObject({ status: 201 });
  });

  it('accepts a key', async () => {
    const app = await application();
    const headers = { 'X-API-Key': app.get(Keys, { strict: false }).issue('robot', ['orders:read']) };
    expect((await send(app, '/me', { headers })).json()).toEqual({ name: 'robot', scheme: 'ApiKey' });
    expect((await send(app, '/orders', { headers })).json()).toEqual(['coffee']);
  });

  it('responds with 403 if the key lacks the scope', async () => {
    const app = await application();
    const headers = { 'X-API-Key': app.get(Keys, { strict: false }).issue('robot', ['orders:read']) };
    expect(await send(app, '/orders', { method: 'POST', headers })).toMatchObject({ status: 403 });
  });

  it('refuses a JWT of another issuer, and a key that was never issued', async () => {
    const app = await application();
    const other = bearerAuthorization(await issuer.token({ iss: 'https://other.example' }));
    expect(await send(app, '/me', { headers: other })).toMatchObject({ status: 401 });
    expect(await send(app, '/me', { headers: { 'X-API-Key': 'demo_guess' } })).toMatchObject({ status: 401 });
  });
});
