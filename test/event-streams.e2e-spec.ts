import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Post, type INestApplication, Res, Sse } from '@nestjs/common';
import {
  admit,
  AuthModule,
  type AuthModuleOptions,
  bearer,
  CurrentUser,
  passportStrategy,
  protect,
  Public,
} from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { SignJWT } from 'jose';
import type { ServerResponse } from 'node:http';
import { adapters, start } from './support/application.js';
import { send } from './support/client.js';
import { closeListeners, Listener, Source, until, urlOf } from './support/event.streams.js';

let source: Source;

beforeEach(() => {
  source = new Source();
});

const day = 86_400_000;

/** A token names its user and the milliseconds for which it is valid, e.g. `alice.500`. */
const byToken = bearer(({ token }) => {
  const [name = '', milliseconds = ''] = token.split('.');
  if (name !== 'alice') return null;
  return milliseconds === '' ? { name } : admit({ name }, { expiresAt: ends(token, Number(milliseconds)) });
});

/** The end of a token is counted from its first use. */
const ending = new Map<string, Date>();

function ends(token: string, milliseconds: number): Date {
  const date = ending.get(token) ?? new Date(Date.now() + milliseconds);
  ending.set(token, date);
  return date;
}

@Controller()
class StreamController {
  @Sse('events') events(@CurrentUser() user: object) {
    return source.events(user);
  }
  @Public() @Sse('open') open() {
    return source.events('open');
  }
  @Get('by-hand') byHand(@Res() reply: ServerResponse | { raw: ServerResponse; hijack(): void }) {
    const response = 'raw' in reply ? reply.raw : reply;
    if ('raw' in reply) reply.hijack();
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.write('retry: 50\ndata: "by hand"\n\n');
  }
  @Post('created') created(@Res() reply: ServerResponse | { raw: ServerResponse; hijack(): void }) {
    const response = 'raw' in reply ? reply.raw : reply;
    if ('raw' in reply) reply.hijack();
    response.writeHead(201, { 'Content-Type': 'text/event-stream' });
    response.write('data: "created"\n\n');
  }
  @Get('download') download(@Res() reply: ServerResponse | { raw: ServerResponse; hijack(): void }) {
    const response = 'raw' in reply ? reply.raw : reply;
    if ('raw' in reply) reply.hijack();
    response.setHeader('Content-Type', 'text/plain');
    response.write('begin ');
    void setTimeout(700).then(() => response.end('end'));
  }
}

describe.each(adapters)('An event stream on %s', (_name, adapter) => {
  beforeEach(() => ending.clear());
  // In this block, because the streams must end before the application closes.
  afterEach(closeListeners);

  const application = (more: Partial<AuthModuleOptions> = {}, prepare?: (app: INestApplication) => unknown) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [byToken], ...more })],
        controllers: [StreamController],
      },
      prepare,
    );

  it('is refused with 401 and challenges without credentials, and EventSource gives up', async () => {
    const app = await application();
    const headers = { accept: 'text/event-stream' };
    expect(await send(app, '/events', { headers })).toMatchObject({
      status: 401,
      challenges: ['Bearer realm="Staging"'],
    });
    const listener = new Listener(urlOf(app, '/events'));
    await until(() => listener.isClosed);
    expect(listener.errors).toEqual([401]);
  });

  it('ends when its credentials end, and EventSource then gets 401', async () => {
    const app = await application();
    const listener = new Listener(urlOf(app, '/events'), { authorization: 'Bearer alice.1500' });
    await until(() => listener.events.length > 0);
    expect(listener.events).toEqual([{ name: 'alice' }]);
    await until(() => listener.isClosed);
    // The first error is the end of the stream, and the second one is the 401.
    expect(listener.errors).toEqual([undefined, 401]);
    await until(() => source.subscribers === 0);
  });

  it('ends when a JWT expires', async () => {
    const key = new Uint8Array(32).fill(7);
    const issuer = 'https://login.example';
    const token = await new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience('api')
      .setExpirationTime(Math.floor(Date.now() / 1000) + 2)
      .sign(key);
    const secret = key;
    const app = await application({
      schemes: [bearer(jwt({ issuer, audience: 'api', secret }))],
    });
    const listener = new Listener(urlOf(app, '/events'), { authorization: `Bearer ${token}` });
    await until(() => listener.isClosed);
    expect(listener.events).toEqual([expect.objectContaining({ sub: 'alice' })]);
    expect(listener.errors).toEqual([undefined, 401]);
  });

  it('ends if it has another status than 200', async () => {
    const answer = await send(await application(), '/created', {
      method: 'POST',
      headers: { authorization: 'Bearer alice.1000' },
    });
    expect([answer.status, answer.body]).toEqual([201, 'data: "created"\n\n']);
  });

  it('ends if other code writes the head', async () => {
    const app = await application();
    const listener = new Listener(urlOf(app, '/by-hand'), { authorization: 'Bearer alice.1000' });
    await until(() => listener.isClosed);
    expect(listener.events).toEqual(['by hand']);
    expect(listener.errors).toEqual([undefined, 401]);
  });

  it('ends behind protect() if no route serves it', async () => {
    const app = await application({}, (nest) => {
      protect(nest, '/mounted');
      nest.use('/mounted', (_request: object, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('retry: 50\ndata: "mounted"\n\n');
      });
    });
    const listener = new Listener(urlOf(app, '/mounted'), { authorization: 'Bearer alice.1000' });
    await until(() => listener.isClosed);
    expect(listener.events).toEqual(['mounted']);
  });

  it('accepts writes after its end', async () => {
    const app = await application();
    const listener = new Listener(urlOf(app, '/events'), { authorization: 'Bearer alice.600' });
    await until(() => listener.events.length > 0);
    while (source.subscribers > 0) {
      source.send('1');
      await setTimeout(1);
    }
    expect((await send(app, '/events')).status).toBe(401);
  });

  it('continues if its credentials do not end, end in years, or if no credentials are needed', async () => {
    const app = await application();
    const listeners = [
      new Listener(urlOf(app, '/events'), { authorization: 'Bearer alice' }),
      new Listener(urlOf(app, '/events'), { authorization: `Bearer alice.${1000 * day}` }),
      new Listener(urlOf(app, '/open')),
    ];
    await until(() => listeners.every(({ events }) => events.length > 0));
    await setTimeout(300);
    source.send('2');
    await until(() => listeners.every(({ events }) => events.includes(2)));
    expect(listeners.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('continues if streams.expiry is ignore', async () => {
    const app = await application({ streams: { expiry: 'ignore' } });
    const listener = new Listener(urlOf(app, '/events'), { authorization: 'Bearer alice.400' });
    await until(() => listener.events.length > 0);
    await setTimeout(600);
    source.send('2');
    await until(() => listener.events.includes(2));
    expect(listener.errors).toEqual([]);
  });

  it('is the only kind of response that ends', async () => {
    const app = await application();
    const answer = await send(app, '/download', { headers: { authorization: 'Bearer alice.300' } });
    expect(answer).toMatchObject({ status: 200, body: 'begin end' });
  });

  it('does not keep a timer after its client has disconnected', async () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    const cleared = jest.spyOn(globalThis, 'clearTimeout');
    try {
      const app = await application();
      const listener = new Listener(urlOf(app, '/events'), { authorization: `Bearer alice.${day}` });
      await until(() => listener.events.length > 0);
      const timer = set.mock.results[set.mock.calls.findIndex(([, delay]) => (delay ?? 0) > day - 60_000)]?.value;
      expect(timer).toBeDefined();
      listener.close();
      await until(() => cleared.mock.calls.some(([one]) => one === timer));
    } finally {
      set.mockRestore();
      cleared.mockRestore();
    }
  });

  it('may be opened with a cookie, and ends with the session', async () => {
    const cookies = passportStrategy(
      {
        authenticate(
          this: { success(user: object, info: object): void; fail(): void },
          request: { headers: { cookie?: string } },
        ) {
          const alive = request.headers.cookie === 'sid=alice' && ends('sid', 1500).getTime() > Date.now();
          if (alive) this.success({ name: 'alice' }, { expiresAt: ends('sid', 1500) });
          else this.fail();
        },
      },
      { scheme: 'Cookie', presents: ({ headers }) => headers.cookie !== undefined },
    );
    const app = await application({ schemes: [byToken, cookies] });
    const listener = new Listener(urlOf(app, '/events'), { cookie: 'sid=alice' });
    await until(() => listener.isClosed);
    expect(listener.events).toEqual([{ name: 'alice' }]);
    expect(listener.errors).toEqual([undefined, 401]);
  });
});

describe('The option streams', () => {
  it('must have a valid expiry', () => {
    const forRoot = start(adapters[0]?.[1]() as never, {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [byToken], streams: { expiry: 'close' as never } })],
    });
    return expect(forRoot).rejects.toThrow("streams.expiry must be 'end' or 'ignore'");
  });
});
