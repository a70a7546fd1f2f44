import { describe, expect, it } from '@jest/globals';
import {
  All,
  Body,
  Controller,
  Get,
  type INestApplication,
  Param,
  Post,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import {
  AuthModule,
  type AuthModuleOptions,
  basic,
  CurrentUser,
  HttpAuthGuard,
  OptionalAuth,
  Public,
  Realm,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { challenges, options } from './support/schemes.js';

const password = basicAuthorization('alice', 'wonder:land');
const json = { 'content-type': 'application/json' };
const broken = '{"broken';

@Controller()
class RoutesController {
  @Post('closed') closed(@Body() body: unknown, @CurrentUser() user: unknown) {
    return { body, user };
  }
  @Realm('Inner') @Post('articles/:id') article(@Param('id') id: string) {
    return id;
  }
  @Public() @Post('articles/open') open() {
    return 'open';
  }
  @OptionalAuth() @Post('optional') optional(@Body() body: unknown) {
    return { body };
  }
  @All('all') all() {
    return 'all';
  }
  @Get('read') read() {
    return 'read';
  }
  @UseGuards(HttpAuthGuard) @Post('guarded') guarded() {}
}

describe.each(adapters)('Early authentication on %s', (_name, adapter) => {
  const application = (more: Partial<AuthModuleOptions> = {}, prepare?: (app: INestApplication) => unknown) =>
    start(
      adapter(),
      { imports: [AuthModule.forRoot({ ...options, early: true, ...more })], controllers: [RoutesController] },
      prepare,
    );

  it('does not run if early is false, so an invalid body causes a 400 before the guard runs', async () => {
    const app = await application({ early: false });
    expect(await send(app, '/closed', { method: 'POST', headers: json, body: broken })).toMatchObject({ status: 400 });
  });

  it.each([
    ['/closed', 'Staging'],
    ['/articles/1?a=b', 'Inner'],
    ['/all', 'Staging'],
  ])('rejects %s before its body is parsed, in the realm %s', async (path, realm) => {
    const app = await application();
    const expected = challenges.map((challenge) => challenge.replace('Staging', realm));
    const answer = await send(app, path, { method: 'POST', headers: json, body: broken });
    expect(answer).toMatchObject({ status: 401, challenges: expected });
  });

  it('parses the body of a request that is accepted, and verifies its credentials once', async () => {
    let calls = 0;
    const app = await application({ schemes: [basic(() => ({ call: ++calls }))] });
    const ask = { method: 'POST', headers: { ...json, ...password } };
    expect((await send(app, '/closed', { ...ask, body: '{"a":1}' })).json()).toEqual({
      body: { a: 1 },
      user: { call: 1 },
    });
    expect(await send(app, '/closed', { ...ask, body: broken })).toMatchObject({ status: 400, challenges: [] });
    expect(calls).toBe(2);
  });

  it('accepts a request without credentials on an optional route, and rejects wrong credentials', async () => {
    const app = await application();
    expect(await send(app, '/optional', { method: 'POST', headers: json, body: '{"a":1}' })).toMatchObject({
      status: 201,
    });
    const wrong = basicAuthorization('alice', 'no');
    expect(
      await send(app, '/optional', { method: 'POST', headers: { ...json, ...wrong }, body: broken }),
    ).toMatchObject({ status: 401 });
  });

  it('uses the policy of the route that the router chooses if two routes match', async () => {
    const app = await application();
    const answer = await send(app, '/articles/open', { method: 'POST' });
    // Express uses the first route that matches, and Fastify the most specific one.
    expect(answer.status).toBe(adapter().getType() === 'express' ? 401 : 201);
  });

  it('challenges a HEAD request on a GET route', async () => {
    expect(await send(await application(), '/read', { method: 'HEAD' })).toMatchObject({ status: 401, challenges });
  });

  it('does not challenge a request if no route matches', async () => {
    expect(await send(await application(), '/nowhere')).toMatchObject({ status: 404, challenges: [] });
    expect([400, 404]).toContain((await send(await application(), '/%zz')).status);
  });

  it('applies only to routes with @UseGuards(HttpAuthGuard) if globalGuard is false', async () => {
    const app = await application({ globalGuard: false });
    const ask = { method: 'POST', headers: json, body: broken };
    expect(await send(app, '/guarded', ask)).toMatchObject({ status: 401, challenges });
    expect(await send(app, '/closed', ask)).toMatchObject({ status: 400, challenges: [] });
  });

  it('leaves a route to the guard if its version is in a header field', async () => {
    @Controller({ version: '1' })
    class VersionedController {
      @Post('versioned') versioned() {}
    }
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ ...options, early: true })], controllers: [VersionedController] },
      (nest) => nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    );
    const headers = { ...json, 'x-version': '1' };
    expect(await send(app, '/versioned', { method: 'POST', headers, body: broken })).toMatchObject({ status: 400 });
    expect(await send(app, '/versioned', { method: 'POST', headers, body: '{}' })).toMatchObject({
      status: 401,
      challenges,
    });
  });

  it('rejects a request before its body is parsed if the application has a global prefix', async () => {
    const app = await application({}, (nest) => nest.setGlobalPrefix('api'));
    expect(await send(app, '/api/closed', { method: 'POST', headers: json, body: broken })).toMatchObject({
      status: 401,
      challenges,
    });
  });
});
