import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { betterAuth as createBetterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt as jwtPlugin } from 'better-auth/plugins';
import { AuthModule, bearer, CurrentUser } from 'nestjs-http-auth';
import { betterAuth, jwt, type JwtClaims } from 'nestjs-http-auth/jwt';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { freePort } from './support/free-port.js';

@Controller()
class MeController {
  @Get('me') me(@CurrentUser<JwtClaims>('email') email: string) {
    return email;
  }
}

let url: string;
let server: Server;
let headers: Record<string, string>;

/** Starts Better Auth with its JWT plugin, and signs alice up. */
beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const auth = createBetterAuth({
    baseURL: url,
    secret: randomBytes(32).toString('hex'),
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
    emailAndPassword: { enabled: true },
    plugins: [jwtPlugin()],
    telemetry: { enabled: false },
  });
  server = createServer((request, response) => void toNodeHandler(auth)(request, response)).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch(`${url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email: 'alice@app.example', password: 'correct horse', name: 'Alice' }),
  });
  if (!answer.ok) throw new Error(`Better Auth responded with ${answer.status} to the sign-up`);
  headers = {
    cookie: answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; '),
  };
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe.each(adapters)('Better Auth with an application on %s', (_name, create) => {
  const application = (options: object = {}) =>
    start(create(), {
      imports: [AuthModule.forRoot({ realm: 'Me', schemes: [bearer(jwt(betterAuth({ url, ...options })))] })],
      controllers: [MeController],
    });
  const token = async (): Promise<string> => {
    const answer = await fetch(`${url}/api/auth/token`, { headers });
    return ((await answer.json()) as { token: string }).token;
  };

  it('has the tokens of its JWT plugin accepted', async () => {
    const app = await application();
    const answer = await send(app, '/me', { headers: bearerAuthorization(await token()) });
    expect([answer.status, answer.body]).toEqual([200, 'alice@app.example']);
  });

  it('has its tokens refused for another audience', async () => {
    const app = await application({ audience: 'https://other.example' });
    const answer = await send(app, '/me', { headers: bearerAuthorization(await token()) });
    expect(answer.challenges).toEqual([expect.stringContaining('The token is not for this audience')]);
  });

  it('has its session tokens refused, which are not JWTs', async () => {
    const app = await application();
    const session = decodeURIComponent(headers['cookie']?.split('=')[1] ?? '').split('.')[0] ?? '';
    const answer = await send(app, '/me', { headers: bearerAuthorization(session) });
    expect([session.length > 0, answer.status]).toEqual([true, 401]);
  });
});
