import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { SignJWT } from 'jose';
import { apiKey, AuthModule, bearer, CurrentUser } from 'nestjs-http-auth';
import { jwt, type JwtClaims } from 'nestjs-http-auth/jwt';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { newKey, now } from './support/issuer.js';
import { Vendor } from './support/vendor.js';
import { jwks, signed, VENDORS, type VendorToken } from './support/vendor.tokens.js';

@Controller()
class MeController {
  @Get('me') me(@CurrentUser<JwtClaims>('sub') sub: string) {
    return sub;
  }
}

let vendor: Vendor | undefined;

afterEach(() => vendor?.stop());

describe.each(adapters)('On %s, tokens of', (_name, create) => {
  it.each(Object.entries(VENDORS))('%s are accepted or refused', async (_vendor, make) => {
    const { issuer, documents, accepted, refused } = make();
    vendor = await Vendor.start(documents);
    const app = await start(create(), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(jwt({ ...issuer, fetch: vendor.fetch }))] })],
      controllers: [MeController],
    });
    const outcomes = await Promise.all(
      [...Object.entries(accepted), ...Object.entries(refused)].map(async ([what, token]) => [
        what,
        await ask(app, token),
      ]),
    );
    const expected = [
      ...Object.entries(accepted).map(([what]) => [what, 200]),
      ...Object.entries(refused).map(([what, { why }]) => [what, why]),
    ];
    expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
  });
});

describe.each(adapters)("On %s, the assertion of Google's Identity-Aware Proxy", (_name, create) => {
  it('is accepted in its own field, and refused for another backend', async () => {
    const key = newKey('iap', 'ES256');
    vendor = await Vendor.start({ 'https://www.gstatic.com/iap/verify/public_key-jwk': jwks(key) });
    const scheme = apiKey(
      jwt({
        issuer: 'https://cloud.google.com/iap',
        audience: '/projects/1/global/backendServices/2',
        jwks: 'https://www.gstatic.com/iap/verify/public_key-jwk',
        algorithms: ['ES256'],
        fetch: vendor.fetch,
      }),
      { header: 'X-Goog-IAP-JWT-Assertion', name: 'IAP', optIn: false },
    );
    const app = await start(create(), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [scheme] })],
      controllers: [MeController],
    });
    const statusFor = async (aud: string) => {
      const claims = {
        iat: now(),
        exp: now() + 300,
        iss: 'https://cloud.google.com/iap',
        aud,
        sub: 'accounts.google.com:1',
        hd: 'app.example',
      };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'iap', typ: 'JWT' })
        .sign(key.privateKey);
      return (await send(app, '/me', { headers: { 'x-goog-iap-jwt-assertion': token } })).status;
    };
    expect(await statusFor('/projects/1/global/backendServices/2')).toBe(200);
    expect(await statusFor('/projects/1/global/backendServices/3')).toBe(401);
  });
});

/** Returns the status 200, or the reason of the refusal. */
async function ask(app: INestApplication, token: VendorToken): Promise<unknown> {
  const response = await send(app, '/me', { headers: bearerAuthorization(await signed(token)) });
  if (response.status === 200) return 200;
  return /error_description="([^"]*)"/.exec(String(response.headers['www-authenticate']))?.[1] ?? response.status;
}
