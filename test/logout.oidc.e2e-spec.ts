import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthModule, bearer } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { BackChannelLogoutModule, type Logout } from 'nestjs-http-auth/logout';
import { adapters, rootModule } from './support/application.js';
import { AuthorizationServer } from './support/authorization-server.js';
import { bearerAuthorization, send } from './support/client.js';
import { freePort } from './support/free-port.js';
import { WebUser } from './support/web.user.js';

@Controller()
class ReportsController {
  @Get('me') me() {}
}

const audience = 'https://api.example';
const revocation = { maxTokenAge: '1h' };

// The authorization server starts in another process.
jest.setTimeout(60_000);

let server: AuthorizationServer;

beforeAll(async () => {
  server = await AuthorizationServer.start();
});

afterAll(() => server.stop());

const status = async (app: INestApplication, token: string) =>
  (await send(app, '/me', { headers: bearerAuthorization(token) })).status;

describe.each(adapters)('A logout at an authorization server, with an application on %s', (_name, create) => {
  let app: INestApplication | undefined;

  afterEach(() => app?.close());

  /** Starts an application at an address that a client has registered. */
  async function signedInAt(sessionRequired: boolean) {
    const logouts: Logout[] = [];
    const port = await freePort();
    const uri = `http://127.0.0.1:${port}/backchannel-logout`;
    const user = await WebUser.of(server.issuer, { uri, sessionRequired });
    const verifier = jwt({ issuer: server.issuer, audience, revocation });
    const imports = [
      AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(verifier)] }),
      BackChannelLogoutModule.forRoot({
        verifier,
        clientId: user.clientId,
        onLogout: (logout) => void logouts.push(logout),
      }),
    ];
    const module = rootModule({ imports, controllers: [ReportsController] });
    app = await NestFactory.create(module, create(), { logger: false, abortOnError: false });
    await app.listen(port, '127.0.0.1');
    return { app, user, logouts };
  }

  it('revokes the tokens of the session immediately, also in the cache, and no other session', async () => {
    const { app: running, user, logouts } = await signedInAt(true);
    const other = user.elsewhere();
    const [mine, elsewhere] = [await user.signIn(audience), await other.signIn(audience)];
    expect([await status(running, mine), await status(running, mine), await status(running, elsewhere)]).toEqual([
      200, 200, 200,
    ]);
    await user.signOut();
    expect(logouts).toEqual([{ iss: server.issuer, sub: 'alice', sid: expect.any(String) }]);
    expect([await status(running, mine), await status(running, elsewhere)]).toEqual([401, 200]);
  });

  it('revokes all tokens of the user if the logout token does not name a session', async () => {
    const { app: running, user, logouts } = await signedInAt(false);
    const tokens = [await user.signIn(audience), await user.elsewhere().signIn(audience)] as const;
    expect([await status(running, tokens[0]), await status(running, tokens[1])]).toEqual([200, 200]);
    await user.signOut();
    expect(logouts).toEqual([{ iss: server.issuer, sub: 'alice' }]);
    expect([await status(running, tokens[0]), await status(running, tokens[1])]).toEqual([401, 401]);
  });
});
