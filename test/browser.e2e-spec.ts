import { describe, expect, it } from '@jest/globals';
import { All, Controller, Get, Header, Options, UnauthorizedException } from '@nestjs/common';
import { AuthModule, type AuthModuleOptions, BrowserPrompt, OptionalAuth, Public, Schemes } from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { challenges, options } from './support/schemes.js';

const password = basicAuthorization('alice', 'wonder:land');
const [bearerOnly, basicOnly] = challenges;

let reached = 0;

@Controller()
class RoutesController {
  @Get() closed() {
    return 'in';
  }
  @OptionalAuth() @Get('optional') optional() {
    return 'in';
  }
  @Public() @Get('open') open() {
    return 'in';
  }
  @Header('Cache-Control', 'public, max-age=60') @Header('Vary', 'Accept') @Get('cached') cached() {
    return 'in';
  }
  @Header('Vary', '*') @Get('vary-all') varyAll() {
    return 'in';
  }
  @BrowserPrompt('navigation') @Get('quiet') quiet() {}
  @BrowserPrompt('always') @Get('loud') loud() {}
  @Schemes('basic') @Get('password') password() {}
  @Options('options') options() {
    return 'options';
  }
  @All('all') all() {
    reached++;
    return 'all';
  }
}

const preflight = {
  method: 'OPTIONS',
  headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
};
const crossOrigin = { origin: 'https://app.example' };

describe.each(adapters)('A response to a browser on %s', (_name, adapter) => {
  const application = (more: Partial<AuthModuleOptions> = {}, cors?: object) =>
    start(
      adapter(),
      { imports: [AuthModule.forRoot({ ...options, ...more })], controllers: [RoutesController] },
      (nest) => cors && nest.enableCors(cors),
    );

  describe('on another origin', () => {
    it('exposes the challenges of a 401 if CORS is enabled', async () => {
      const app = await application({}, {});
      const answer = await send(app, '/', { headers: crossOrigin });
      expect(answer).toMatchObject({ status: 401, challenges });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'WWW-Authenticate',
      });
      const admitted = await send(app, '/', { headers: { ...crossOrigin, ...password } });
      expect(admitted.headers['access-control-expose-headers']).toBeUndefined();
    });

    it.each([
      [['X-Total'], ['X-Total', 'WWW-Authenticate']],
      [
        ['X-Total', 'www-authenticate'],
        ['X-Total', 'www-authenticate'],
      ],
    ])('adds WWW-Authenticate to the exposed headers %j unless it is there', async (exposedHeaders, expected) => {
      const app = await application({}, { exposedHeaders, origin: 'https://app.example', credentials: true });
      const { headers } = await send(app, '/', { headers: crossOrigin });
      expect(headers['access-control-expose-headers']?.split(/, ?/)).toEqual(expected);
    });

    it('has no CORS fields if CORS is not enabled', async () => {
      const { headers } = await send(await application(), '/', { headers: crossOrigin });
      expect(headers).not.toHaveProperty('access-control-expose-headers');
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    });

    it('has no challenge and is not a 401 if the request is a preflight', async () => {
      for (const cors of [{}, undefined]) {
        const app = await application({}, cors);
        for (const path of ['/', '/options', '/all']) {
          const answer = await send(app, path, preflight);
          expect(answer.challenges).toEqual([]);
          expect(answer.status).not.toBe(401);
        }
      }
    });

    it('comes from the handler of a preflight only if the handler is declared with @Options()', async () => {
      const app = await application();
      reached = 0;
      expect(await send(app, '/options', preflight)).toMatchObject({ status: 200, body: 'options' });
      expect(await send(app, '/all', preflight)).toMatchObject({ status: 204, body: '' });
      expect(reached).toBe(0);
    });

    it('is a 401 with challenges if the request is an OPTIONS that is not a preflight', async () => {
      const app = await application();
      for (const path of ['/options', '/all']) {
        expect(await send(app, path, { method: 'OPTIONS' })).toMatchObject({ status: 401, challenges });
        expect(await send(app, path, { method: 'OPTIONS', headers: crossOrigin })).toMatchObject({ status: 401 });
      }
    });
  });

  describe('that can prompt for a password', () => {
    const script = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
    const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    const mozilla = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' };

    it('has the Basic challenge for a script if prompt is not set', async () => {
      expect((await send(await application(), '/', { headers: script })).challenges).toEqual(challenges);
    });

    it.each([
      ['a script', script, [bearerOnly]],
      ['a script that sends no mode', { 'sec-fetch-dest': 'empty' }, [bearerOnly]],
      ['an image', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, [bearerOnly]],
      ['a navigation', navigation, challenges],
      ['an old browser that navigates', { ...mozilla, accept: 'text/html,*/*;q=0.8' }, challenges],
      ["an old browser's script", { ...mozilla, 'x-requested-with': 'XMLHttpRequest' }, [bearerOnly]],
      ["an old browser's script that accepts JSON", { ...mozilla, accept: 'application/json' }, [bearerOnly]],
      ['a client that is not a browser', {}, challenges],
      [
        'a client that is not a browser and accepts JSON',
        { 'user-agent': 'curl/8', accept: 'application/json' },
        challenges,
      ],
    ])('has the right challenges for %s if prompt is "navigation"', async (_what, headers, expected) => {
      const app = await application({ challenges: { prompt: 'navigation' } });
      expect(await send(app, '/', { headers })).toMatchObject({ status: 401, challenges: expected });
    });

    it('has a challenge that no browser knows for a script if the route has no other scheme', async () => {
      const app = await application({ challenges: { prompt: 'navigation' } });
      const answer = await send(app, '/password', { headers: script });
      expect(answer).toMatchObject({ status: 401, challenges: [`x${basicOnly}`] });
      expect((await send(app, '/password', { headers: navigation })).challenges).toEqual([basicOnly]);
      expect(await send(app, '/password', { headers: { ...script, ...password } })).toMatchObject({ status: 200 });
    });

    it('follows @BrowserPrompt() if the option says something else', async () => {
      const quiet = await application({ challenges: { prompt: 'navigation' } });
      expect((await send(quiet, '/loud', { headers: script })).challenges).toEqual(challenges);
      const loud = await application();
      expect((await send(loud, '/quiet', { headers: script })).challenges).toEqual([bearerOnly]);
    });

    it('is a 200 for a script with a valid password if prompt is "navigation"', async () => {
      const app = await application({ challenges: { prompt: 'navigation' } });
      expect(await send(app, '/', { headers: { ...script, ...password } })).toMatchObject({ status: 200 });
    });
  });
});

describe.each(adapters)('Caching on %s', (_name, adapter) => {
  const application = () =>
    start(adapter(), { imports: [AuthModule.forRoot(options)], controllers: [RoutesController] });

  it.each([
    ['/', {}],
    ['/', password],
    ['/optional', {}],
    ['/optional', bearerAuthorization('alice-token')],
    ['/', basicAuthorization('alice', 'wrong')],
  ])(
    '[H-16] is limited to the client with "private, no-cache" if %s depends on credentials: %j',
    async (path, headers) => {
      const answer = await send(await application(), path, { headers });
      expect(answer.headers).toMatchObject({ 'cache-control': 'private, no-cache' });
      expect(answer.headers).not.toHaveProperty('vary');
    },
  );

  it('[H-16] keeps the Cache-Control of the application, and adds Authorization to its Vary', async () => {
    const { headers } = await send(await application(), '/cached', { headers: password });
    expect(headers).toMatchObject({ vary: 'Accept, authorization', 'cache-control': 'public, max-age=60' });
    expect((await send(await application(), '/vary-all', { headers: password })).headers.vary).toBe('*');
  });

  it('is not limited if the route is public', async () => {
    const { headers } = await send(await application(), '/open', { headers: password });
    expect(headers).not.toHaveProperty('vary');
    expect(headers).not.toHaveProperty('cache-control');
  });
});

describe.each(adapters)('Challenges on %s', (_name, adapter) => {
  it('[H-10] are sent on one field line if layout is "joined"', async () => {
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ ...options, challenges: { layout: 'joined' } })],
      controllers: [RoutesController],
    });
    expect((await send(app, '/')).challenges).toEqual([challenges.join(', ')]);
  });
});

describe.each(adapters)('A proxy on %s', (_name, adapter) => {
  const application = () =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ ...options, proxy: true })],
      controllers: [RoutesController, UpstreamController],
    });

  @Public()
  @Controller('upstream')
  class UpstreamController {
    @Get() refused() {
      throw new UnauthorizedException();
    }
  }

  it('[H-13] responds with 407 and Proxy-Authenticate if there are no credentials', async () => {
    const answer = await send(await application(), '/');
    expect(answer).toMatchObject({ status: 407, challenges: [] });
    expect(answer.headers['proxy-authenticate']).toBe(challenges.join(', '));
    expect(answer.json()).toEqual({ message: 'Proxy Authentication Required', statusCode: 407 });
  });

  it('[H-13] reads credentials only from Proxy-Authorization, and rejects two such fields', async () => {
    const app = await application();
    const proxy = { 'proxy-authorization': password.authorization };
    expect(await send(app, '/', { headers: proxy })).toMatchObject({ status: 200 });
    expect(await send(app, '/', { headers: { ...proxy, authorization: 'Basic !' } })).toMatchObject({ status: 200 });
    expect(await send(app, '/', { headers: password })).toMatchObject({ status: 407 });
    const twice = ['Host', 'a', 'Proxy-Authorization', password.authorization, 'Proxy-Authorization', 'Bearer x'];
    expect(await send(app, '/', { headers: twice })).toMatchObject({ status: 407 });
  });

  it('[H-12] adds no challenge if a handler responds with 401', async () => {
    const answer = await send(await application(), '/upstream');
    expect(answer).toMatchObject({ status: 401, challenges: [] });
    expect(answer.headers).not.toHaveProperty('proxy-authenticate');
  });

  it('[R-8] has the error in Proxy-Authenticate if a token is invalid or malformed', async () => {
    const headers = { 'proxy-authorization': 'Bearer nope' };
    expect((await send(await application(), '/', { headers })).headers['proxy-authenticate']).toContain(
      'invalid_token',
    );
    const malformed = await send(await application(), '/', { headers: { 'proxy-authorization': 'Bearer' } });
    expect(malformed.status).toBe(400);
    expect(malformed.headers['proxy-authenticate']).toContain('invalid_request');
  });
});
