import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Delete, Get, Injectable, Module } from '@nestjs/common';
import {
  admit,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  type HttpRequest,
  protect,
  Scopes,
} from 'nestjs-http-auth';
import { LoggerModule, PinoLogger } from 'nestjs-pino';
import { adapters, start } from './support/application.js';
import { Canary } from './support/canary.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';

interface User {
  readonly id: string;
}

const secret = 'c4nary9f3b7d';
const types = ['authenticated', 'refused', 'locked', 'error'] as const;

/** The lines of the log. */
let lines: string[];
const stream = { write: (line: string) => void lines.push(line) };

beforeEach(() => {
  lines = [];
});

// The recipe of docs/guide/audit-log.md.
@Injectable()
class AuditLog {
  constructor(events: AuthEvents, logger: PinoLogger) {
    // The guard calls the listener inside the request, so the line has its number.
    const write = (event: AuthEvent) => logger.info({ audit: event });
    for (const type of types) events.on(type, write);
  }
}

const pinoHttp = {
  genReqId: () => randomUUID(),
  // Only what is listed gets into the log: no header, no query, no body.
  serializers: {
    req: ({ id, method, url }: IncomingMessage & { id: string }) => ({ id, method, path: url?.split('?', 1)[0] }),
    res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
  },
};

@Module({
  imports: [LoggerModule.forRoot({ pinoHttp: [pinoHttp, stream], forRoutes: ['{*path}'] })],
  providers: [AuditLog],
})
class AuditModule {}

@Controller('articles')
class ArticlesController {
  @Get(':id') read() {}
  @Scopes('write') @Delete(':id') remove() {}
}

const verify = (name: string, password: string): User | null => {
  if (name === 'down') throw new Error(`down ${password}`);
  return name === 'alice' ? { id: 'user-1' } : null;
};

const options: AuthModuleOptions = {
  realm: 'Articles',
  schemes: [
    bearer(({ token }) => (token === `alice-${secret}` ? admit({ id: 'user-1' }, { scopes: ['read'] }) : null)),
    basic(({ username, password }) => verify(username, password), { limits: { perUserAndAddress: 1 } }),
  ],
  subject: ({ id }: User) => id,
};

describe.each(adapters)('An audit log on %s', (_name, adapter) => {
  const application = (changes: Partial<AuthModuleOptions> = {}) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ ...options, ...changes }), AuditModule],
        controllers: [ArticlesController],
      },
      (app) => protect(app, '/docs'),
    );

  /** Returns the lines of the log, parsed. */
  const written = () => lines.map((line) => JSON.parse(line) as { audit?: AuthEvent; req?: object; res?: object });

  const here = { realm: 'Articles', address: '127.0.0.1' };

  it('has who did what, and which request it was, for accepted and refused requests', async () => {
    const app = await application();
    const headers = bearerAuthorization(`alice-${secret}`);
    await send(app, `/articles/5?token=${secret}`, { headers });
    await send(app, '/articles/5', { method: 'DELETE', headers });
    await send(app, '/articles/5', { headers: bearerAuthorization(secret) });
    await send(app, '/articles/5');

    const read = { ...here, route: 'ArticlesController.read' };
    const remove = { ...here, route: 'ArticlesController.remove' };
    const get = { id: expect.any(String), method: 'GET', path: '/articles/5' };
    const audits = written().filter(({ audit }) => audit !== undefined);
    expect(audits).toMatchObject([
      { audit: { ...read, type: 'authenticated', scheme: 'Bearer', subject: 'user-1' }, req: get },
      {
        audit: { ...remove, type: 'refused', reason: 'insufficient', status: 403, subject: 'user-1' },
        req: { ...get, method: 'DELETE' },
      },
      { audit: { ...read, type: 'refused', reason: 'invalid', status: 401 }, req: get },
      { audit: { ...read, type: 'refused', reason: 'missing', status: 401 }, req: get },
    ]);
    expect(audits.slice(2).map(({ audit }) => audit)).not.toContainEqual(
      expect.objectContaining({ subject: expect.anything() }),
    );
    // The request log has the status, under the same number.
    const completed = written().filter(({ res }) => res !== undefined);
    expect(completed.map(({ res }) => res)).toEqual([
      { status: 200 },
      { status: 403 },
      { status: 401 },
      { status: 401 },
    ]);
    expect(completed.map(({ req }) => req)).toEqual(audits.map(({ req }) => req));
  });

  it('has no credentials', async () => {
    const app = await application();
    const asked: HttpRequest['headers'][] = [
      bearerAuthorization(`alice-${secret}`),
      bearerAuthorization(secret),
      basicAuthorization('alice', secret),
      basicAuthorization('bob', `${secret}1`),
      basicAuthorization('bob', `${secret}2`),
      basicAuthorization('down', secret),
    ];
    const statuses: number[] = [];
    for (const headers of asked) {
      const cookie = `session=${secret}`;
      const answer = await send(app, `/articles/5?access_token=${secret}`, { headers: { ...headers, cookie } });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([200, 401, 200, 401, 429, 500]);
    expect(lines.length).toBeGreaterThanOrEqual(2 * asked.length);
    expect(new Canary(secret).placesIn(lines)).toEqual([]);
  });

  it('has the subject of a protected path', async () => {
    const app = await application();
    await send(app, '/docs', { headers: bearerAuthorization(`alice-${secret}`) });
    await send(app, '/docs');
    expect(written().flatMap(({ audit }) => audit ?? [])).toMatchObject([
      { route: '/docs', type: 'authenticated', subject: 'user-1' },
      { route: '/docs', type: 'refused', reason: 'missing' },
    ]);
  });

  it.each([
    ['returns undefined', () => undefined, undefined],
    [
      'throws',
      () => {
        throw new Error('it has no id');
      },
      'it has no id',
    ],
    ['returns another value', () => 5 as never, 'subject: it must return a string or undefined'],
  ])('has no subject if the option %s', async (_what, subject, error) => {
    const log = new RecordingLogger();
    const metadata = { imports: [AuthModule.forRoot({ ...options, subject })], controllers: [ArticlesController] };
    const app = await start(adapter(), metadata, undefined, { logger: log });
    const heard: AuthEvent[] = [];
    for (const type of types) app.get(AuthEvents).on(type, (event: AuthEvent) => void heard.push(event));
    const headers = bearerAuthorization(`alice-${secret}`);
    expect((await send(app, '/articles/5', { headers })).status).toBe(200);
    expect((await send(app, '/articles/5', { method: 'DELETE', headers })).status).toBe(403);
    expect(heard.map((event) => [event.type, 'subject' in event])).toEqual([
      ['authenticated', false],
      ['refused', false],
    ]);
    expect(log.text()).toMatch(error ?? /^(?!.*subject)/);
  });

  it('cannot start if the option subject is not a function', async () => {
    await expect(application({ subject: 'id' as never })).rejects.toThrow(
      'subject must be a function (principal) => string',
    );
  });
});
