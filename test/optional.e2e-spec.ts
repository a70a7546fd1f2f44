import { describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  admit,
  AuthModule,
  bearer,
  type BearerCredentials,
  CurrentUser,
  OptionalAuth,
  type Verifier,
} from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { tokens } from 'nestjs-http-auth/tokens';
import { SignJWT } from 'jose';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';

const secret = 'a secret of thirty-two characters';
const issuer = 'https://login.example';
const sign = (audience: string, expires: string) =>
  new SignJWT({ sub: 'alice' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret));

@OptionalAuth({ stale: 'anonymous' })
@Controller()
class ArticlesController {
  @Get() list(@CurrentUser('sub') sub?: string) {
    return { sub: sub ?? 'nobody' };
  }
  @OptionalAuth() @Get('strict') strict(@CurrentUser('sub') sub?: string) {
    return { sub: sub ?? 'nobody' };
  }
}

describe.each(adapters)("@OptionalAuth({ stale: 'anonymous' }) on %s", (_name, adapter) => {
  const application = (verifier: Verifier<BearerCredentials>) =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verifier)] })],
      controllers: [ArticlesController],
    });

  const expired: [what: string, verifier: Verifier<BearerCredentials>, token: () => string | Promise<string>][] = [
    ['a JWT', jwt({ issuer, audience: 'api', secret }), () => sign('api', '-5m')],
    [
      'a token of tokens()',
      tokens((hash) => ({ hash, principal: { sub: 'robot' }, expiresAt: new Date(0) })),
      () => 'any',
    ],
    ['a token of another verifier', () => admit({ sub: 'bob' }, { expiresAt: new Date(0) }), () => 'any'],
  ];

  it.each(expired)('treats %s that has expired as no credentials', async (_what, verifier, token) => {
    const app = await application(verifier);
    const headers = bearerAuthorization(await token());
    expect((await send(app, '/', { headers })).json()).toEqual({ sub: 'nobody' });
    // The method does not take the option of its class over.
    expect(await send(app, '/strict', { headers })).toMatchObject({ status: 401 });
  });

  it('refuses credentials that were never valid, also if they have expired', async () => {
    const app = await application(jwt({ issuer, audience: 'api', secret }));
    const [other, valid] = await Promise.all([sign('other', '-5m'), sign('api', '5m')]);
    const forged = (await sign('api', '-5m')).replace(/[^.]+$/, (signature) =>
      signature.split('').toReversed().join(''),
    );
    for (const token of [other, forged, 'x']) {
      // oxlint-disable-next-line no-await-in-loop -- one application
      expect(await send(app, '/', { headers: bearerAuthorization(token) })).toMatchObject({ status: 401 });
    }
    expect((await send(app, '/', { headers: bearerAuthorization(valid) })).json()).toEqual({ sub: 'alice' });
  });

  it.each([
    [{ expired: 'anonymous' }, 'expired is not an option; the options are stale'],
    [{ stale: 'ignore' }, "stale must be 'refuse' or 'anonymous'"],
  ])('stops the startup for %j', async (options, message) => {
    @Controller()
    class WrongController {
      @OptionalAuth(options as never) @Get() list() {}
    }
    const started = start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(() => null)] })],
      controllers: [WrongController],
    });
    await expect(started).rejects.toThrow(`WrongController.list(): @OptionalAuth(): ${message}`);
  });
});
