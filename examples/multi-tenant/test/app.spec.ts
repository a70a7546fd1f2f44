import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adapters, start } from '../../../test/support/application.js';
import { bearerAuthorization, send } from '../../../test/support/client.js';
import { Issuer } from '../../../test/support/issuer.js';
import { AppModule } from '../src/app.module.js';
import { Tenants } from '../src/tenants.js';

const names = ['acme', 'globex'];
const issuers = new Map<string, Issuer>();

beforeAll(async () => {
  for (const name of names) issuers.set(name, await Issuer.start());
});

afterAll(() => Promise.all([...issuers.values()].map((issuer) => issuer.stop())));

/** Returns a token of a tenant's issuer, for that tenant. */
const tokenOf = async (name: string) => (await issuers.get(name)?.token({ aud: name })) ?? '';

describe.each(adapters)('The application with tenants on %s', (_, adapter) => {
  const application = () => {
    const entries = names.map((name) => ({ name, issuer: { issuer: issuers.get(name)?.url ?? '', audience: name } }));
    const tenants = new Tenants(new Map(entries.map((tenant) => [`${tenant.name}.example`, tenant])));
    return start(adapter(), { imports: [AppModule.forTenants(tenants)] });
  };

  it.each(names)('names the realm of %s in its challenge', async (name) => {
    expect(await send(await application(), '/me', { headers: { host: `${name}.example` } })).toMatchObject({
      status: 401,
      challenges: [`Bearer realm="${name}"`],
    });
  });

  it.each(names)('accepts a token of %s at its host', async (name) => {
    const headers = { host: `${name}.example:8080`, ...bearerAuthorization(await tokenOf(name)) };
    expect((await send(await application(), '/me', { headers })).json()).toEqual({ sub: 'alice', tenant: name });
  });

  it('refuses a token of another tenant', async () => {
    const headers = { host: 'acme.example', ...bearerAuthorization(await tokenOf('globex')) };
    expect(await send(await application(), '/me', { headers })).toMatchObject({ status: 401 });
  });

  it('refuses every token at a host without a tenant', async () => {
    const headers = { host: 'initech.example', ...bearerAuthorization(await tokenOf('acme')) };
    expect(await send(await application(), '/me', { headers })).toMatchObject({ status: 401 });
  });
});
