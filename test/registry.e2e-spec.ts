import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type LoggerService, Put } from '@nestjs/common';
import {
  admit,
  type AuthParams,
  AuthModule,
  basic,
  bearer,
  type BearerOptions,
  type HttpRequest,
  parseChallenges,
  type RealmOption,
  Scopes,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';

/**
 * Reads one challenge as the registry clients of Docker and containerd do: the port of `parseValueAndParams` and
 * `expectTokenOrQuoted` of distribution/distribution, `internal/client/auth/challenge/authchallenge.go`.
 */
function parseLikeDocker(header: string): { scheme: string; params: Record<string, string> } {
  const isToken = (character: string | undefined) => /^[!#$%&'*+\-.^_`|~\w]$/.test(character ?? '');
  let rest = header;
  const token = () => {
    let end = 0;
    while (isToken(rest[end])) end++;
    const found = rest.slice(0, end);
    rest = rest.slice(end);
    return found;
  };
  const quoted = () => {
    if (!rest.startsWith('"')) return token();
    let value = '';
    for (let index = 1; index < rest.length; index++) {
      if (rest[index] === '"') {
        rest = rest.slice(index + 1);
        return value;
      }
      if (rest[index] === '\\') index++;
      value += rest[index] ?? '';
    }
    return '';
  };
  const skipSpace = () => (rest = rest.replace(/^[ \t]+/, ''));
  const params: Record<string, string> = {};
  const scheme = token().toLowerCase();
  skipSpace();
  rest = `,${rest}`;
  while (rest.startsWith(',')) {
    rest = rest.slice(1);
    skipSpace();
    const name = token().toLowerCase();
    if (name === '' || !rest.startsWith('=')) break;
    rest = rest.slice(1);
    const value = quoted();
    if (value === '') break;
    params[name] = value;
    skipSpace();
  }
  return { scheme, params };
}

/** The scope of a request to a registry, by its method and the repository in its path. */
function scopeOf({ method, url }: HttpRequest): AuthParams {
  const [, name] = /^\/v2\/(.+)\/manifests\//.exec(url) ?? [];
  const service = 'registry.example';
  if (name === undefined) return { service };
  return { service, scope: `repository:${name}:${method === 'GET' ? 'pull' : 'pull,push'}` };
}

const verifier = ({ token }: { token: string }, request: HttpRequest) => {
  const { scope = 'none' } = scopeOf(request);
  return token === Buffer.from(scope).toString('base64url') && admit({ name: 'alice' }, {});
};

@Controller('v2')
class RegistryController {
  @Get() base() {
    return {};
  }
  @Get(':owner/:name/manifests/:reference') pull() {
    return 'manifest';
  }
  @Put(':owner/:name/manifests/:reference') push() {
    return 'pushed';
  }
  @Scopes('of:route') @Get('scoped') scoped() {}
}

let tokenServer: Server | undefined;

afterEach(async () => {
  if (tokenServer === undefined) return;
  tokenServer.close();
  await once(tokenServer, 'close');
  tokenServer = undefined;
});

/** Starts a token server, which issues a token for the requested scope (Docker's token authentication). */
async function startTokenServer(asked: URLSearchParams[]): Promise<string> {
  const server = createServer((request: IncomingMessage, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    asked.push(searchParams);
    const known = request.headers.authorization === basicAuthorization('alice', 'wonder:land').authorization;
    response.writeHead(known ? 200 : 401);
    response.end(JSON.stringify({ token: Buffer.from(searchParams.get('scope') ?? 'none').toString('base64url') }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  tokenServer = server;
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
}

describe.each(adapters)('A container registry on %s', (_name, adapter) => {
  const application = (
    options: BearerOptions,
    { realm = 'https://auth.example/token', logger }: { realm?: RealmOption; logger?: LoggerService } = {},
  ) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm, schemes: [bearer(verifier, options)] })],
        controllers: [RegistryController],
      },
      undefined,
      logger === undefined ? {} : { logger },
    );

  it.each([
    ['GET', '/v2/a/b/manifests/latest', 'repository:a/b:pull'],
    ['PUT', '/v2/a/b/manifests/latest', 'repository:a/b:pull,push'],
  ])('names the service and the scope of %s %s in its challenge', async (method, path, scope) => {
    const app = await application({ challengeParams: scopeOf });
    const { status, challenges } = await send(app, path, { method });
    expect({ status, challenges }).toEqual({
      status: 401,
      challenges: [`Bearer realm="https://auth.example/token", service="registry.example", scope="${scope}"`],
    });
    const params = { realm: 'https://auth.example/token', service: 'registry.example', scope };
    expect(parseLikeDocker(challenges[0] ?? '')).toEqual({ scheme: 'bearer', params });
    expect(parseChallenges(challenges)).toEqual([{ scheme: 'Bearer', params }]);
  });

  it('leads a client from the challenge to a token for the repository', async () => {
    const asked: URLSearchParams[] = [];
    const app = await application({ challengeParams: scopeOf }, { realm: await startTokenServer(asked) });
    for (const [method, path] of [
      ['GET', '/v2'],
      ['GET', '/v2/a/b/manifests/latest'],
      ['PUT', '/v2/a/b/manifests/latest'],
    ] as const) {
      const { challenges } = await send(app, path, { method });
      const { realm = '', ...rest } = parseLikeDocker(challenges[0] ?? '').params;
      const answer = await fetch(`${realm}?${new URLSearchParams(rest).toString()}`, {
        headers: basicAuthorization('alice', 'wonder:land'),
      });
      const { token } = (await answer.json()) as { token: string };
      expect((await send(app, path, { method, headers: bearerAuthorization(token) })).status).toBe(200);
    }
    expect(asked.map(String)).toEqual([
      'service=registry.example',
      'service=registry.example&scope=repository%3Aa%2Fb%3Apull',
      'service=registry.example&scope=repository%3Aa%2Fb%3Apull%2Cpush',
    ]);
  });

  it('adds the error after the params, and prefers their scope to the scope of the route', async () => {
    const app = await application({ challengeParams: { service: 'registry.example' } });
    expect((await send(app, '/v2', { headers: bearerAuthorization('nope') })).challenges).toEqual([
      'Bearer realm="https://auth.example/token", service="registry.example", error="invalid_token"',
    ]);
    expect((await send(app, '/v2/scoped')).challenges).toEqual([
      'Bearer realm="https://auth.example/token", service="registry.example", scope="of:route"',
    ]);
    const own = await application({ challengeParams: () => ({ scope: 'of:function' }) });
    expect((await send(own, '/v2/scoped')).challenges).toEqual([
      'Bearer realm="https://auth.example/token", scope="of:function"',
    ]);
  });

  it('escapes the params', async () => {
    const app = await application({ challengeParams: { service: 'a "b", Basic realm="c' } });
    expect(parseLikeDocker((await send(app, '/v2')).challenges[0] ?? '').params).toEqual({
      realm: 'https://auth.example/token',
      service: 'a "b", Basic realm="c',
    });
  });

  it.each<[unknown, string]>([
    [null, 'must be an object of params'],
    ['service', 'must be an object of params'],
    [['service'], 'must be an object of params'],
    [{ realm: 'x' }, 'challengeParams: realm is made of the realm and the failure; leave it out'],
    [{ Error: 'x' }, 'challengeParams: Error is made of'],
    [{ service: 1 }, 'challengeParams: service must be a string'],
    [{ 'a b': 'x' }, 'challengeParams: the name of an auth-param is one token'],
    [{ service: 'a\r\nb' }, 'challengeParams: service has a character'],
    [{ scope: '' }, 'challengeParams: scope has a character'],
  ])('throws an error at startup if challengeParams is %j', async (challengeParams, message) => {
    await expect(application({ challengeParams: challengeParams as never })).rejects.toThrow(message);
  });

  it.each<[string, () => unknown, string]>([
    ['throws', () => fail('secret-token'), 'challengeParams: the function threw'],
    ['is async', async () => ({ service: 'x' }), 'must be an object of params'],
    ['rejects', async () => fail('secret-token'), 'must be an object of params'],
    ['returns nothing', () => undefined, 'must be an object of params'],
    ['returns a realm', () => ({ REALM: 'x' }), 'challengeParams: REALM is made of'],
    ['returns a line break', () => ({ service: 'a\nb' }), 'challengeParams: service has a character'],
  ])('responds with 500 and logs an error without the token if the function %s', async (_what, paramsOf, message) => {
    const error = jest.fn();
    const logger = { log: jest.fn(), error, warn: jest.fn(), debug: jest.fn(), verbose: jest.fn() };
    const app = await application({ challengeParams: paramsOf as never }, { logger });
    const answer = await send(app, '/v2', { headers: bearerAuthorization('secret-token') });
    expect(answer).toMatchObject({ status: 500, challenges: [] });
    const logged = error.mock.calls
      .flat()
      .map((one) => (one instanceof Error ? `${one.message} ${String(one.cause)}` : String(one)));
    expect(logged.join('\n')).toContain(message);
    expect(logged.join('\n')).not.toContain('secret-token');
  });

  it('does not affect Basic', async () => {
    const schemes = [bearer(verifier, { challengeParams: scopeOf }), basic(() => null)];
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'R', schemes })],
      controllers: [RegistryController],
    });
    expect((await send(app, '/v2')).challenges).toEqual([
      'Bearer realm="R", service="registry.example"',
      'Basic realm="R", charset="UTF-8"',
    ]);
  });
});

function fail(message: string): never {
  throw new Error(message);
}
