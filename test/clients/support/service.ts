import { createHash } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { All, Controller, Get, type INestApplication, Req, Res, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type AuthInfo,
  AuthModule,
  basic,
  bearer,
  BrowserPrompt,
  type ChallengeLayout,
  CurrentAuth,
  CurrentUser,
  passportStrategy,
  protect,
  Public,
  Realm,
  Schemes,
} from 'nestjs-http-auth';
import { digest, type DigestUser } from 'nestjs-http-auth/digest';
import type { FastifyInstance } from 'fastify';
import { DigestStrategy } from 'passport-http';
import { WebSocketServer } from 'ws';
import { start } from '../../support/application.js';
import { serveGit } from './git-backend.js';

export interface User {
  name: string;
}

/** The protection spaces of the service. */
export const staging = 'Staging';
export const administration = 'Administration';

/** The password of each user. Alice's has a colon. Zoë's has a €, which ISO-8859-1 does not contain. */
export const passwords = new Map([
  ['alice', 'wonder:land'],
  ['bob', 'builder'],
  ['zoë', 'straße: 5 €'],
]);

/** Alice's token. */
export const token = 'alice-token';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

// Bearer is first and Digest is last, so a client must skip schemes that it does not support, and find the strongest one.
const schemes = [
  bearer(({ token: presented }): User | null => (presented === token ? { name: 'alice' } : null)),
  basic(({ username, password }): User | null => (passwords.get(username) === password ? { name: username } : null)),
  passportStrategy(
    new DigestStrategy({ realm: staging, qop: 'auth' }, (username, done) => {
      const password = passwords.get(username);
      if (password === undefined) done(null, false);
      else done(null, { name: username }, password);
    }),
    { scheme: 'Digest' },
  ),
  digest(
    (username, { realm, userhash }): DigestUser<User> | null => {
      const [name, password] =
        [...passwords].find(([one]) => username === (userhash ? sha256(`${one}:${realm}`) : one)) ?? [];
      return name === undefined || password === undefined ? null : { principal: { name }, username: name, password };
    },
    { name: 'Digest-SHA-256', userhash: true },
  ),
];

/** A page in the origin of the service, which a browser opens before it runs a script. */
@Public()
@Controller('open')
class OpenController {
  @Get()
  open() {
    return 'open';
  }
}

/**
 * A resource that accepts the schemes with those names. It returns the name of the user and has a Git repository below
 * it.
 * @param prompt when a browser may prompt
 */
function resource(path: string, names: string[], realm = staging, prompt: 'always' | 'navigation' = 'always'): Type {
  @BrowserPrompt(prompt)
  @Realm(realm)
  @Schemes(...names)
  @Controller(path)
  class ResourceController {
    @Get()
    who(@CurrentUser() { name }: User, @CurrentAuth() { scheme, realm: space }: AuthInfo) {
      // The scheme with SHA-256 has another name.
      return { user: name, scheme: scheme.split('-')[0], realm: space };
    }

    @All('repository.git/*')
    git(@CurrentUser() { name }: User, @Req() request: Raw<IncomingMessage>, @Res() response: Raw<ServerResponse>) {
      return serveGit(request.raw ?? request, response.raw ?? response, { mount: `/${path}`, user: name });
    }
  }
  return ResourceController;
}

/** Node's own object, which Fastify wraps as `raw`. */
type Raw<T> = T & { raw?: T };

/** A service with authentication, and the requests that reached it. */
export interface Service {
  url: string;
  /** The exchanges below a path so far: the scheme of the request's credentials and the status of the response. */
  exchanges(path: string): string[];
}

/**
 * Starts the service for one test.
 * @param layout `lines` for a field line for each challenge, `joined` for one line
 */
export async function startService(adapter: AbstractHttpAdapter, layout: ChallengeLayout = 'lines'): Promise<Service> {
  const exchanges: { path: string; exchange: string }[] = [];
  const app = await start(
    adapter,
    {
      imports: [AuthModule.forRoot({ realm: staging, schemes, challenges: { layout } })],
      controllers: [
        OpenController,
        resource('basic', ['basic']),
        resource('after-bearer', ['bearer', 'basic']),
        resource('quiet', ['bearer', 'basic'], staging, 'navigation'),
        resource('admin', ['basic'], administration),
        resource('digest', ['digest']),
        resource('digest-sha-256', ['digest-sha-256']),
        resource('strongest', ['basic', 'digest']),
        resource('guarded', ['basic']),
      ],
    },
    prepare,
    { forceCloseConnections: true, bodyParser: false },
  );
  const server = app.getHttpServer() as Server;
  // Some clients send the credentials only on the connection of the challenge, so it must stay open during a prompt.
  server.keepAliveTimeout = 120_000;
  server.prependListener('request', (request, response) => {
    const scheme = request.headers.authorization?.split(' ')[0] ?? 'none';
    const entry = { path: request.url ?? '', exchange: '' };
    exchanges.push(entry);
    response.once('close', () => (entry.exchange = `${scheme} ${response.statusCode}`));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges: (path) => exchanges.filter((entry) => entry.path.startsWith(path)).map(({ exchange }) => exchange),
  };
}

/** Git posts a body that no parser handles. Express ignores it, and Fastify needs a parser that does the same. */
function prepare(app: INestApplication): void {
  // A protected path with a WebSocket server, for pages of this origin and of localhost.
  protect(app, '/guarded', { schemes: ['basic'] });
  app.enableCors({ origin: /^http:\/\/(?:localhost|127\.0\.0\.1):/, credentials: true });
  const sockets = new WebSocketServer({ server: app.getHttpServer() as Server, path: '/guarded/socket' });
  sockets.on('connection', (socket) => socket.send('hello'));
  const adapter: unknown = app.getHttpAdapter();
  if (!(adapter instanceof FastifyAdapter)) return;
  const fastify: FastifyInstance = adapter.getInstance();
  fastify.addContentTypeParser('*', (_request, _body, done) => done(null));
}
