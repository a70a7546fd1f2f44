import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { entraId, jwt } from 'nestjs-http-auth/jwt';

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (key: KeyObject, header: object, claims: object) => {
  const input = `${b64({ alg: 'RS256', ...header })}.${b64(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
};
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const exp = Math.floor(Date.now() / 1000) + 1000;

it('the metadata of a remote issuer do not choose a URL of this machine', async () => {
  const asked: string[] = [];
  const verify = jwt({
    issuers: () => [{ issuer: 'https://login.customer.example', audience: 'api' }],
    fetch: async (url: string) => {
      asked.push(url);
      const body = url.includes('/.well-known/')
        ? { issuer: 'https://login.customer.example', jwks_uri: 'http://127.0.0.1:9200/_all/_search?q=x' }
        : { keys: [] };
      return { status: 200, headers: new Headers(), body: new Response(JSON.stringify(body)).body };
    },
  });
  await verify(
    { token: tokenOf(privateKey, { kid: 'k' }, { iss: 'https://login.customer.example', aud: 'api', exp }) },
    {} as never,
  ).catch(() => undefined);
  expect(asked.filter((url) => url.includes('127.0.0.1'))).toEqual([]);
});

it('the stricter options of one tenant hold although all tenants are accepted', async () => {
  const tid = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k' };
  const verify = jwt({
    issuers: [
      entraId({ tenant: 'common', version: 2, audience: 'api' }),
      entraId({ tenant: tid, version: 2, audience: 'api', clients: ['only-this-client'] }),
    ],
    fetch: async (url: string) => {
      const body = url.includes('openid-configuration')
        ? {
            issuer: url.includes('common')
              ? 'https://login.microsoftonline.com/{tenantid}/v2.0'
              : `https://login.microsoftonline.com/${tid}/v2.0`,
            jwks_uri: 'https://login.microsoftonline.com/keys',
          }
        : { keys: [jwk] };
      return { status: 200, headers: new Headers(), body: new Response(JSON.stringify(body)).body };
    },
  });
  const token = tokenOf(
    privateKey,
    { kid: 'k' },
    { iss: `https://login.microsoftonline.com/${tid}/v2.0`, tid, aud: 'api', exp, azp: 'another-client' },
  );
  await expect(verify({ token }, {} as never)).rejects.toThrow('The client of the token');
});
