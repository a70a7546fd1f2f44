import { describe, expect, it } from '@jest/globals';
import { Controller, UnauthorizedException } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall, GrpcStreamMethod, Payload } from '@nestjs/microservices';
import {
  admit,
  AuthEvents,
  type AuthInfo,
  AuthModule,
  basic,
  bearer,
  CurrentAuth,
  CurrentUser,
  OptionalAuth,
  Public,
  Realm,
  RouteReport,
  Schemes,
  Scopes,
  StepUp,
  VerifierUnavailableException,
} from 'nestjs-http-auth';
import { RpcAuthModule } from 'nestjs-http-auth/rpc';
import { lastValueFrom, map, NEVER, type Observable, startWith } from 'rxjs';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization } from './support/client.js';
import { freePort } from './support/free-port.js';
import { RecordingLogger } from './support/logger.js';
import { grpc, GrpcClient, startMicroservice } from './support/microservices.js';
import { challenges, options, type User } from './support/schemes.js';

/** The call that @grpc/grpc-js passes to a handler of @GrpcStreamCall(). */
interface Stream {
  on(event: 'data' | 'end', listener: () => void): void;
  write(value: object): void;
  end(): void;
}

@Controller()
class BooksController {
  @Public() @GrpcMethod('BooksService') open(@CurrentUser() user?: User) {
    return { name: user?.name ?? 'nobody' };
  }
  @OptionalAuth() @GrpcMethod('BooksService') greet(@CurrentUser() user?: User) {
    return { name: user?.name ?? 'nobody' };
  }
  @GrpcMethod('BooksService', 'Find') find(@CurrentUser('name') name: string, @CurrentAuth() { scheme }: AuthInfo) {
    return { name, scheme };
  }
  @Realm('Shelf') @Schemes('basic') @GrpcMethod('BooksService') basic(@CurrentUser() { name }: User) {
    return { name };
  }
  @Scopes('books:write') @GrpcMethod('BooksService') write() {
    return { name: 'written' };
  }
  @StepUp({ acrValues: ['mfa'] }) @GrpcMethod('BooksService') stepUp() {
    return { name: 'stepped up' };
  }
  @GrpcMethod('BooksService') throw() {
    throw new UnauthorizedException('Locked shelf');
  }
  @GrpcMethod('BooksService') watch(@CurrentUser() user: User): Observable<User> {
    return NEVER.pipe(startWith(user, user));
  }
  @GrpcStreamMethod('BooksService') chat(
    @Payload() messages: Observable<object>,
    @CurrentUser() user: User,
  ): Observable<User> {
    return messages.pipe(map(() => user));
  }
  // Nest gives the handler its messages when the promise has settled, so this one waits until the call ends.
  @GrpcStreamMethod('BooksService') async collect(messages: Observable<object>): Promise<object> {
    await lastValueFrom(messages);
    return { name: 'collected' };
  }
  @GrpcStreamCall('BooksService') raw(stream: Stream) {
    stream.on('data', () => stream.write({ name: 'raw' }));
  }
  @GrpcStreamCall('BooksService') rawCollect(stream: Stream, callback: (error: null, value: object) => void) {
    stream.on('data', () => undefined);
    stream.on('end', () => callback(null, { name: 'raw collected' }));
  }
}

const alice = bearerAuthorization('alice-token');

type Begin = (
  more?: object,
  logger?: RecordingLogger,
) => Promise<{ client: GrpcClient; events: unknown[]; report: RouteReport }>;

const metadata = (more: object) => ({
  imports: [AuthModule.forRoot({ ...options, ...more }), RpcAuthModule.forRoot()],
  controllers: [BooksController],
});

function watch(app: { get: (type: never) => unknown }) {
  const events: unknown[] = [];
  const reported = app.get(AuthEvents as never) as AuthEvents;
  for (const type of ['authenticated', 'refused', 'locked', 'error'] as const) {
    reported.on(type, (event: object) => void events.push(event));
  }
  return { events, report: app.get(RouteReport as never) as RouteReport };
}

const hybrid =
  (adapter: (typeof adapters)[number][1], inherit: object): Begin =>
  async (more = {}, logger) => {
    const port = await freePort();
    const app = await start(
      adapter(),
      metadata(more),
      async (created) => {
        created.connectMicroservice(grpc(port), inherit);
        // Most applications do this before listen(), so that messages arrive before Nest has initialized the modules.
        await created.startAllMicroservices();
      },
      logger ? { logger } : {},
    );
    return { client: new GrpcClient(port), ...watch(app) };
  };

const servers: [name: string, begin: Begin][] = [
  [
    'a microservice',
    async (more = {}, logger) => {
      const port = await freePort();
      const app = await startMicroservice(metadata(more), grpc(port), logger ? { logger } : {});
      return { client: new GrpcClient(port), ...watch(app) };
    },
  ],
  ...adapters.flatMap(([name, adapter]): [string, Begin][] => [
    [`a hybrid application on ${name}`, hybrid(adapter, {})],
    [`a hybrid application on ${name} with inheritAppConfig`, hybrid(adapter, { inheritAppConfig: true })],
  ]),
];

const methods = ['Find', 'Watch', 'Chat', 'Collect', 'Raw', 'RawCollect'];

describe.each(servers)('gRPC in %s', (name, begin) => {
  it.each(methods)(
    'refuses %s with UNAUTHENTICATED and the challenges if the metadata have no credentials',
    async (method) => {
      const { client } = await begin();
      expect(await client.call(method)).toMatchObject({
        code: 16,
        details: 'Unauthorized',
        challenges: challenges.join(', '),
        values: [],
      });
    },
  );

  it('passes the user to a handler, and reports one event for each call', async () => {
    const { client, events } = await begin();
    expect(await client.call('Find', alice)).toMatchObject({
      code: 0,
      values: [{ name: 'alice', scheme: 'Bearer' }],
    });
    expect(await client.call('Find', basicAuthorization('alice', 'wonder:land'))).toMatchObject({
      values: [{ scheme: 'Basic' }],
    });
    expect(await client.call('Find', bearerAuthorization('wrong'))).toMatchObject({
      code: 16,
      challenges: expect.stringMatching(/^Bearer .*error="invalid_token".*, Basic realm=/),
    });
    const common = { realm: 'Staging', route: 'BooksController.find', address: '127.0.0.1' };
    expect(events).toEqual([
      { type: 'authenticated', scheme: 'Bearer', ...common },
      { type: 'authenticated', scheme: 'Basic', ...common },
      { type: 'refused', reason: 'invalid', scheme: 'Bearer', status: 401, ...common },
    ]);
  });

  it('applies the decorators', async () => {
    const { client } = await begin();
    expect(await client.call('Open', bearerAuthorization('wrong'))).toMatchObject({ values: [{ name: 'nobody' }] });
    expect(await client.call('Open', alice)).toMatchObject({ values: [{ name: 'nobody' }] });
    expect(await client.call('Greet')).toMatchObject({ values: [{ name: 'nobody' }] });
    expect(await client.call('Greet', alice)).toMatchObject({ values: [{ name: 'alice' }] });
    expect(await client.call('Greet', bearerAuthorization('wrong'))).toMatchObject({ code: 16 });
    expect(await client.call('Basic', alice)).toMatchObject({
      code: 16,
      challenges: 'Basic realm="Shelf", charset="UTF-8"',
    });
    expect(await client.call('Write', alice)).toMatchObject({
      code: 7,
      details: 'Forbidden',
      challenges: 'Bearer realm="Staging", error="insufficient_scope", scope="books:write"',
    });
    expect(await client.call('StepUp', alice)).toMatchObject({
      code: 16,
      challenges: expect.stringMatching(/^Bearer .*error="insufficient_user_authentication".*, Basic realm=/),
    });
  });

  it('passes the user to streams, and ends them when the credentials expire', async () => {
    const { client } = await begin({
      schemes: [bearer(() => admit({ name: 'alice' }, { expiresAt: new Date(Date.now() + 500) })), basic(() => null)],
    });
    const refused = {
      code: 16,
      details: 'The credentials have expired',
      challenges: expect.stringMatching(/^Bearer .*error="invalid_token"/),
    };
    expect(await client.call('Watch', alice)).toMatchObject({
      ...refused,
      values: [{ name: 'alice' }, { name: 'alice' }],
    });
    expect(await client.call('Chat', alice)).toMatchObject({ ...refused, values: [{ name: 'alice' }] });
    expect(await client.call('Raw', alice)).toMatchObject({ ...refused, values: [{ name: 'raw' }] });
    expect(await client.call('Collect', alice, { isOpen: true })).toMatchObject({ ...refused, values: [] });
    expect(await client.call('RawCollect', alice)).toMatchObject({ code: 0, values: [{ name: 'raw collected' }] });
  });

  it('maps limits, unavailable verifiers and faults to their codes, and hides the reason of a fault', async () => {
    const logger = new RecordingLogger();
    const { client } = await begin(
      {
        schemes: [
          basic(() => null, { limits: { perUserAndAddress: 1 } }),
          bearer(({ token }) => {
            throw token === 'down' ? new VerifierUnavailableException('db-7 is down', 7) : new Error('db-7 failed');
          }),
        ],
      },
      logger,
    );
    const guess = basicAuthorization('alice', 'guess');
    expect(await client.call('Basic', guess)).toMatchObject({ code: 16 });
    expect(await client.call('Basic', basicAuthorization('alice', 'other'))).toMatchObject({
      code: 8,
      challenges: '',
      metadata: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
    expect(await client.call('Find', bearerAuthorization('down'))).toMatchObject({
      code: 14,
      details: 'Service Unavailable',
      metadata: { 'retry-after': '7' },
    });
    expect(await client.call('Find', bearerAuthorization('any'))).toMatchObject({
      code: 13,
      details: 'Internal Server Error',
      challenges: '',
    });
    expect(logger.text()).toContain('db-7 failed');
  });

  it('gives a 401 of a handler the same form if the server has the configuration of the application', async () => {
    const { client } = await begin();
    const inherits = name === 'a microservice' || name.includes('inheritAppConfig');
    expect(await client.call('Throw', alice)).toMatchObject(
      inherits
        ? { code: 16, details: 'Locked shelf', challenges: challenges.join(', ') }
        : { code: 2, details: 'Internal server error' },
    );
  });

  it('lists the methods in the route report', async () => {
    const { report } = await begin();
    expect(report.routes()).toContainEqual({
      method: 'GRPC',
      path: '/library.BooksService/Find',
      access: 'required',
      because: 'default',
      schemes: ['Bearer', 'Basic'],
      realm: 'Staging',
      controller: 'BooksController',
      handler: 'find',
    });
    expect(report.routes()).toContainEqual(
      expect.objectContaining({ path: '/library.BooksService/Chat', handler: 'chat', access: 'required' }),
    );
  });
});
