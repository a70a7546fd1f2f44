import { describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  AuthModule,
  type AuthInfo,
  basic,
  bearer,
  CurrentAuth,
  CurrentUser,
  HttpAuthGuard,
  OptionalAuth,
  Public,
  Realm,
  Schemes,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';

interface User {
  name: string;
}

const schemes = [
  bearer(({ token }): User | null => (token === 'reader-token' ? { name: 'alice' } : null)),
  basic(({ username, password }): User | null =>
    username === 'alice' && password === 'wonder:land' ? { name: 'alice' } : null,
  ),
];

@Controller()
class RoutesController {
  @Get('me')
  me(@CurrentUser() user: User, @CurrentAuth() auth: AuthInfo) {
    return { user, auth };
  }

  @Public()
  @Get('health')
  health() {
    return { status: 'ok' };
  }

  @OptionalAuth()
  @Get('greeting')
  greeting(@CurrentUser<User>('name') name?: string) {
    return { hello: name ?? 'stranger' };
  }

  @Realm('Administration')
  @Schemes('basic')
  @Get('admin')
  admin(@CurrentAuth('realm') realm: string) {
    return { realm };
  }
}

const challenges = ['Bearer realm="Staging"', 'Basic realm="Staging", charset="UTF-8"'];

describe.each(adapters)('The guard on %s', (_, adapter) => {
  const application = () =>
    start(adapter(), { imports: [AuthModule.forRoot({ realm: 'Staging', schemes })], controllers: [RoutesController] });

  it('challenges', async () => {
    const app = await application();
    const answer = await send(app, '/me');
    expect(answer).toMatchObject({ status: 401, challenges });
    expect(answer.json()).toEqual({ message: 'Unauthorized', statusCode: 401 });
    expect(await send(app, '/me', { headers: basicAuthorization('alice', 'wonder:land') })).toMatchObject({
      status: 200,
      challenges: [],
      body: '{"user":{"name":"alice"},"auth":{"scheme":"Basic","realm":"Staging"}}',
    });
    expect(await send(app, '/me', { headers: bearerAuthorization('nope') })).toMatchObject({
      status: 401,
      challenges: ['Bearer realm="Staging", error="invalid_token"', challenges[1]],
    });
  });
  it('x', () => {
    expect(UseGuards(HttpAuthGuard)).toBeTruthy();
  });
});
