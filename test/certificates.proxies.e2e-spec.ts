import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { admit, type AuthEvent, AuthEvents, AuthModule, bearer } from 'nestjs-http-auth';
import { fromProxy, type ProxyOptions } from 'nestjs-http-auth/certificates';
import { dpop } from 'nestjs-http-auth/dpop';
import { adapters, rootModule, start } from './support/application.js';
import { client, server } from './support/certificates.js';
import { bearerAuthorization, send } from './support/client.js';

const rfc9440 = `:${client.der.toString('base64')}:`;
const hash = Buffer.from(client.thumbprint, 'base64url').toString('hex');
const escaped = encodeURIComponent(client.publicPem);

/** The fields of the four formats, with the certificate of the client. */
const formats: [format: ProxyOptions['format'], field: string, value: string][] = [
  ['rfc9440', 'Client-Cert', rfc9440],
  ['xfcc', 'X-Forwarded-Client-Cert', `By=spiffe://a/b;Hash=${hash};Subject="CN=client, of"`],
  ['xfcc', 'X-Forwarded-Client-Cert', `Cert="${escaped}"`],
  ['pem', 'X-SSL-Client-Cert', escaped],
  ['alb', 'X-Amzn-Mtls-Clientcert-Leaf', escaped.replaceAll('%2B', '+')],
  ['alb', 'X-Amzn-Mtls-Clientcert', encodeURIComponent(client.publicPem + server.publicPem)],
];

@Controller()
class ReportsController {
  @Get() list() {}
}

const token = bearerAuthorization('token');
const trusted = ['127.0.0.0/8'];
const defaults = { field: 'Client-Cert', format: 'rfc9440', trusted } as const satisfies ProxyOptions;

const moduleOf = (options: Partial<ProxyOptions> = {}) => {
  const verify = () => admit('alice', { confirmation: { 'x5t#S256': client.thumbprint } });
  const certificate = fromProxy({ ...defaults, ...options });
  return {
    imports: [AuthModule.forRoot({ realm: 'Reports', schemes: [bearer(verify, { certificate })] })],
    controllers: [ReportsController],
  };
};

describe.each(adapters)('A certificate in a field of a proxy on %s', (_name, adapter) => {
  let messages: (string | undefined)[] = [];

  beforeEach(() => {
    messages = [];
  });

  const application = async (
    options: Partial<ProxyOptions> = {},
    prepare?: (app: INestApplication) => unknown,
    own: AbstractHttpAdapter = adapter(),
    settings = {},
  ) => {
    const app = await start(own, moduleOf(options), prepare, settings);
    app.get(AuthEvents).on('refused', (event: AuthEvent & { message?: string }) => void messages.push(event.message));
    return app;
  };

  const statusOf = async (app: INestApplication, fields: Record<string, string> | readonly string[]) => {
    const headers = Array.isArray(fields)
      ? ['Host', 'a', 'Authorization', token.authorization, ...(fields as string[])]
      : { ...token, ...(fields as Record<string, string>) };
    return (await send(app, '/', { headers })).status;
  };

  it.each(formats)(
    '[MTLS-8][MTLS-12][MTLS-13][MTLS-14] is accepted in the format %s in %s',
    async (format, field, value) => {
      const app = await application({ field, format });
      expect(await statusOf(app, { [field]: value })).toBe(200);
      expect(await statusOf(app, { [field.toUpperCase()]: value })).toBe(200);
      expect(await statusOf(app, {})).toBe(401);
    },
  );

  it('[MTLS-8] is refused if it is not the one of the token', async () => {
    const app = await application();
    expect(await statusOf(app, { 'Client-Cert': `:${server.der.toString('base64')}:` })).toBe(401);
    expect(messages).toEqual(['The token is bound to another client certificate']);
  });

  it('[MTLS-8] is not read from another field', async () => {
    const app = await application({ field: 'X-Client-Cert' });
    expect(await statusOf(app, { 'Client-Cert': rfc9440 })).toBe(401);
    expect(messages).toEqual(['The client certificate is missing: the proxy has not sent the field']);
  });

  it('[MTLS-10] counts as absent if it does not come from a trusted proxy', async () => {
    const app = await application({ trusted: ['10.0.0.0/8', '::1', 'unix'] });
    expect(await statusOf(app, { 'Client-Cert': rfc9440 })).toBe(401);
    expect(messages).toEqual([
      'The client certificate is missing: the request comes from 127.0.0.1, which is not a trusted proxy',
    ]);
  });

  it('[MTLS-10] counts as absent if only X-Forwarded-For has a trusted address', async () => {
    const own = adapter();
    const trusting = own instanceof FastifyAdapter ? new FastifyAdapter({ trustProxy: true }) : own;
    const prepare = (app: INestApplication) => {
      if (!(own instanceof FastifyAdapter)) (app as NestExpressApplication).set('trust proxy', true);
    };
    const app = await application({ trusted: ['10.0.0.0/8'] }, prepare, trusting);
    expect(await statusOf(app, { 'Client-Cert': rfc9440, 'X-Forwarded-For': '10.0.0.1' })).toBe(401);
    expect(await statusOf(app, { 'Client-Cert': rfc9440, Forwarded: 'for=10.0.0.1' })).toBe(401);
  });

  it.each([
    ['twice', ['Client-Cert', rfc9440, 'Client-Cert', rfc9440], 'the field occurs several times'],
    ['twice, in another case', ['Client-Cert', rfc9440, 'client-cert', 'a'], 'the field occurs several times'],
    ['joined', ['Client-Cert', `${rfc9440}, ${rfc9440}`], 'the field is not valid'],
    ['in bad base64', ['Client-Cert', ':a?b:'], 'the field is not valid'],
    ['that is cut', ['Client-Cert', rfc9440.slice(0, -1)], 'the field is not valid'],
    ['that is empty', ['Client-Cert', ''], 'the field is not valid'],
    ['in bytes above ASCII', ['Client-Cert', ':\u00e9\u00ff:'], 'the field is not valid'],
  ])('[MTLS-11] leads to 401 if the field is %s', async (_how, fields, reason) => {
    const app = await application();
    expect(await statusOf(app, fields)).toBe(401);
    expect(messages).toEqual([`The client certificate is missing: ${reason}`]);
  });

  it('[MTLS-12] leads to 401 if a URI of another certificate adds an element to the field of Envoy', async () => {
    const app = await application({ field: 'X-Forwarded-Client-Cert', format: 'xfcc' });
    const other = Buffer.from(server.thumbprint, 'base64url').toString('hex');
    for (const end of [',', ';']) {
      const value = `By=spiffe://a/b;Hash=${other};URI=spiffe://a/c${end}Hash=${hash}`;
      expect(await statusOf(app, { 'X-Forwarded-Client-Cert': value })).toBe(401);
    }
  });

  it('[MTLS-9] causes a response that no cache stores', async () => {
    const app = await application();
    for (const [fields, status] of [
      [{ 'Client-Cert': rfc9440 }, 200],
      [{}, 401],
    ] as const) {
      const answer = await send(app, '/', { headers: { ...token, ...fields } });
      expect([answer.status, answer.headers['cache-control']]).toEqual([status, 'no-store']);
    }
  });

  it('is not in an event', async () => {
    const app = await application();
    const events: AuthEvent[] = [];
    for (const type of ['refused', 'authenticated'] as const) {
      app.get(AuthEvents).on(type, (event) => void events.push(event));
    }
    await statusOf(app, { 'Client-Cert': rfc9440 });
    await statusOf(app, { 'Client-Cert': `${rfc9440}a` });
    expect(events).toHaveLength(2);
    expect(JSON.stringify(events)).not.toContain(client.der.toString('base64').slice(0, 40));
  });
});

describe.each(adapters)('A certificate from a proxy over a UNIX socket on %s', (_name, adapter) => {
  let folder: string;
  let app: INestApplication | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certificates-'));
  });

  afterEach(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['accepted if trusted has unix', ['unix'], 200],
    ['refused otherwise', ['127.0.0.0/8', '::1'], 401],
  ])('[MTLS-10] is %s', async (_result, list, status) => {
    const socketPath = join(folder, 'socket');
    app = await NestFactory.create(rootModule(moduleOf({ trusted: list })), adapter(), { logger: false });
    await app.init();
    // Only Fastify has ready(). The listen() of Nest 11 does not know UNIX sockets.
    await (app.getHttpAdapter().getInstance() as { ready?(): Promise<unknown> }).ready?.();
    const listener = app.getHttpServer() as Server;
    await new Promise<void>((resolve) => listener.listen(socketPath, resolve));
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...token, 'client-cert': rfc9440 };
      httpRequest({ socketPath, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(answered).toBe(status);
  });
});

describe('The options of fromProxy()', () => {
  it.each<[string, object, RegExp]>([
    [
      'field is missing',
      { field: undefined },
      /^fromProxy\(\): field must be the name of a field, e\.g\. 'Client-Cert'/,
    ],
    ['field is not a token', { field: 'Client Cert' }, /^fromProxy\(\): field must be the name of a field/],
    [
      'field is a variable of nginx',
      { field: '$ssl_client_escaped_cert' },
      /^fromProxy\(\): field must be the name of a field/,
    ],
    [
      'field is a field of clients',
      { field: 'Authorization' },
      /^fromProxy\(\): field: 'Authorization' is the field of a client; name the one that the proxy sets/,
    ],
    [
      'format is missing',
      { format: undefined },
      /^fromProxy\(\): format must be the format of the field; choose of rfc9440, xfcc, pem, alb/,
    ],
    ['format is unknown', { format: 'toString' }, /^fromProxy\(\): format must be/],
    ['trusted is missing', { trusted: undefined }, /^fromProxy\(\): trusted must list the addresses of your proxies/],
    ['trusted is empty', { trusted: [] }, /^fromProxy\(\): trusted must list the addresses of your proxies/],
    [
      'trusted has a name',
      { trusted: ['proxy.internal'] },
      /^fromProxy\(\): trusted: 'proxy\.internal' is not an IP address/,
    ],
    ['required is not a boolean', { required: 'yes' }, /^fromProxy\(\): required must be true or false/],
  ])('stop the startup if %s', (_what, wrong, message) => {
    expect(() => fromProxy({ ...defaults, ...wrong })).toThrow(message);
    expect(() => fromProxy(undefined as never)).toThrow(
      'fromProxy(): the options are missing; pass field, format and trusted',
    );
  });

  it.each([[['0.0.0.0/0']], [['::/0']], [['::ffff:0:0/96']], [['0.0.0.0/1', '128.0.0.0/1']]])(
    '[MTLS-10] stop the startup if trusted has all clients: %j',
    (list) => {
      expect(() => fromProxy({ ...defaults, trusted: list })).toThrow(
        /^fromProxy\(\): trusted: the list has every public address/,
      );
    },
  );

  it('have the option required', async () => {
    const [, adapter] = adapters[0] as (typeof adapters)[number];
    const certificate = fromProxy({ ...defaults, required: true });
    const schemes = [
      bearer(() => 'alice', { certificate }),
      dpop(() => 'alice', { origin: 'https://a.example', certificate }),
    ];
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes })],
      controllers: [ReportsController],
    });
    const { status, challenges } = await send(app, '/', { headers: { ...token, 'client-cert': rfc9440 } });
    expect([status, challenges[0]]).toEqual([
      401,
      expect.stringContaining('The token is not bound to a client certificate'),
    ]);
  });
});

describe('A field above 16 KiB', () => {
  it.each(adapters)('[MTLS-11] leads to 401 on %s, even if Node accepts such fields', async (_name, adapter) => {
    // A valid chain, so only its length is wrong.
    const long = encodeURIComponent(client.publicPem.repeat(30));
    expect(long.length).toBeGreaterThan(16 * 1024);
    const app = await start(adapter(), moduleOf({ format: 'alb' }), (one) =>
      Object.assign(one.getHttpServer() as object, { maxHeaderSize: 64 * 1024 }),
    );
    const answer = await send(app, '/', { headers: { ...token, 'client-cert': long } });
    expect([answer.status, answer.challenges.length]).toEqual([401, 1]);
    const short = encodeURIComponent(client.publicPem);
    expect(await send(app, '/', { headers: { ...token, 'client-cert': short } })).toMatchObject({ status: 200 });
  });
});
