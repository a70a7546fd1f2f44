import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import fc from 'fast-check';
import { AuthModule, basic, bearer, CurrentUser, formatCredentials, OptionalAuth } from 'nestjs-http-auth';
import { adapters, start, rootModule } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';

@Controller()
class EchoController {
  @Get()
  me(@CurrentUser() user: unknown) {
    return user;
  }
  @OptionalAuth()
  @Get('optional')
  optional(@CurrentUser() user?: unknown) {
    return { user: user ?? null };
  }
  @Post()
  post(@CurrentUser() user: unknown, @Body() body: unknown) {
    return { user, body };
  }
}

/** Verifiers that accept all credentials and return them, so only the grammar can reject a request. */
const everybody = {
  realm: 'Staging',
  schemes: [bearer(({ token }) => ({ token })), basic(({ username, password }) => ({ username, password }))],
};
const metadata = { imports: [AuthModule.forRoot(everybody)], controllers: [EchoController] };

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

describe.each(adapters)('Credentials on %s', (_name, adapter) => {
  const ask = async (authorization: string) =>
    send(await start(adapter(), metadata), '/', { headers: { authorization } });

  it.each([
    ['[B-4] Aladdin:open sesame', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'Aladdin', 'open sesame'],
    ['[B-4] a password with colons', base64('alice:wonder:land:'), 'alice', 'wonder:land:'],
    ['[B-4] an empty user-id', base64(':secret'), '', 'secret'],
    ['[B-4] an empty password', base64('key:'), 'key', ''],
    ['[B-4] an empty user-id and an empty password', base64(':'), '', ''],
    ['[B-3][B-6] a password in UTF-8', 'dGVzdDoxMjPCow==', 'test', '123£'],
    ['[B-6] NFD, converted to NFC', base64('jose\u0301:e\u0301'), 'josé', 'é'],
  ])('reach the verifier: %s', async (_what, token68, username, password) => {
    expect((await ask(`Basic ${token68}`)).json()).toEqual({ username, password });
  });

  it.each([
    ['Basic and nothing else', 'Basic'],
    ['Basic and spaces', 'Basic   '],
    ['a scheme that starts with Basic', `BasicX ${base64('a:b')}`],
    ['a scheme that ends with Basic', `NotBasic ${base64('a:b')}`],
    ['a colon instead of the space', `Basic:${base64('a:b')}`],
    ['a tab instead of the space', `Basic\t${base64('a:b')}`],
    ['no space', `Basic${base64('a:b')}`],
    ['auth-params', 'Basic realm="a", user="b"'],
    ['a second token68', `Basic ${base64('a:b')} ${base64('c:d')}`],
    ['a list', `Basic ${base64('a:b')}, Basic ${base64('a:b')}`],
    ['a user-pass without a colon', `Basic ${base64('ab')}`],
    ['base64 with an invalid character at its end', `Basic ${base64('a:b')}!`],
    ['base64 with an invalid character at its start', `Basic *${base64('a:b')}`],
    ['base64 without its padding', `Basic ${base64('a:bc').replace('=', '')}`.replace(/=+$/, '')],
    ['base64 with too much padding', `Basic ${base64('a:b')}=`],
    ['base64url', `Basic ${base64(Buffer.from('a:~~~\u00ff')).replaceAll('+', '-').replaceAll('/', '_')}-`],
    ['base64 whose last unused bits are not 0', 'Basic YTpi\u0042Y=='],
    ['[B-5] a NUL', `Basic ${base64('a:\0b')}`],
    ['[B-5] a line break', `Basic ${base64('a:b\r\nc')}`],
    ['[B-5] a tab in the user-id', `Basic ${base64('a\tb:c')}`],
    ['[B-5] a DEL', `Basic ${base64('a:b\x7f')}`],
    ['bytes that are not UTF-8', `Basic ${base64(Uint8Array.of(0x61, 0x3a, 0xff))}`],
    ['a quoted-string', `Basic "${base64('a:b')}"`],
    ['an empty field', ''],
    ['a quotation mark', '"'],
    ['a comma', ','],
    ['bytes outside ASCII', 'Basic \u00e4\u00ff'],
  ])('[H-5] are rejected with 401: %s', async (_what, authorization) => {
    expect(await ask(authorization)).toMatchObject({
      status: 401,
      challenges: ['Bearer realm="Staging"', 'Basic realm="Staging", charset="UTF-8"'],
    });
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])(
    '[H-1][R-1] are accepted if the auth-scheme is written %s',
    async (name) => {
      expect((await ask(`${name} abc-._~+/==`)).json()).toEqual({ token: 'abc-._~+/==' });
    },
  );

  it.each([
    ['Bearer and nothing else', 'Bearer'],
    ['Bearer and spaces', 'Bearer  '],
    ['two tokens', 'Bearer a b'],
    ['a list', 'Bearer a, b'],
    ['a quoted-string', 'Bearer "a"'],
    ['auth-params', 'Bearer realm="a"'],
    ['padding in the middle', 'Bearer a=b'],
    ['a character that is not allowed in a token', 'Bearer a!'],
    ['bytes outside ASCII', 'Bearer \u00e4'],
  ])('[H-7][R-10] are rejected with 400: %s', async (_what, authorization) => {
    const answer = await ask(authorization);
    expect(answer).toMatchObject({
      status: 400,
      challenges: ['Bearer realm="Staging", error="invalid_request"', 'Basic realm="Staging", charset="UTF-8"'],
    });
    expect(answer.json()).toEqual({ message: 'Bad Request', statusCode: 400 });
  });

  it('may be ISO-8859-1 or UTF-8 if charset is null, and the challenge has no charset', async () => {
    const schemes = [basic(({ password }) => ({ password }), { charset: null })];
    const imports = [AuthModule.forRoot({ realm: 'Staging', schemes })];
    const app = await start(adapter(), { imports, controllers: [EchoController] });
    expect((await send(app, '/')).challenges).toEqual(['Basic realm="Staging"']);
    for (const octets of [Buffer.from('a:£', 'latin1'), Buffer.from('a:£', 'utf8')]) {
      const headers = { authorization: `Basic ${base64(octets)}` };
      expect((await send(app, '/', { headers })).json()).toEqual({ password: '£' });
    }
  });
});

describe.each(adapters)('Any Authorization field on %s', (_name, adapter) => {
  let app: INestApplication;

  beforeAll(async () => {
    app = await NestFactory.create(rootModule(metadata), adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  /** Any field value that Node accepts. */
  const fieldValue = fc
    .array(
      fc.oneof(
        fc.constantFrom('Basic ', 'Bearer ', ' ', ',', '=', '"', '\\', ':', '\t'),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      {
        maxLength: 12,
      },
    )
    .map((parts) => parts.join('').replace(/[^\t\x20-\x7e\x80-\xff]/g, ''));

  it('[H-4][H-5] is accepted, or rejected with 401 or 400 and both challenges', async () => {
    await fc.assert(
      fc.asyncProperty(fieldValue, fc.constantFrom('/', '/optional'), async (authorization, path) => {
        const answer = await send(app, path, { headers: { authorization } });
        const wellFormed = /^[ \t]*(?:basic|bearer) +[A-Za-z0-9\-._~+/]+=*[ \t]*$/i.test(authorization);
        expect({ ...answer, count: answer.challenges.length }).toMatchObject(
          wellFormed && answer.status === 200
            ? { count: 0 }
            : { status: authorization.match(/^[ \t]*bearer(?: |$)/i) ? 400 : 401, count: 2 },
        );
      }),
      { numRuns: 300 },
    );
  });

  it('[B-4] hands the username and the password of formatted credentials to the verifier', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replace(/\p{Cc}/gu, ''));
    await fc.assert(
      fc.asyncProperty(text, text, async (user, password) => {
        const username = user.replaceAll(':', '');
        const answer = await send(app, '/', { headers: basicAuthorization(username, password) });
        expect(answer.json()).toEqual({ username: username.normalize('NFC'), password: password.normalize('NFC') });
      }),
      { numRuns: 200 },
    );
  });

  it('[H-2][H-3] is rejected with 401 if it is a list of auth-params', async () => {
    const headers = { authorization: formatCredentials({ scheme: 'Basic', params: { username: 'a', password: 'b' } }) };
    expect(await send(app, '/', { headers })).toMatchObject({ status: 401 });
  });

  it('is rejected by Node with 400 if it has control characters, and the server continues', async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const raw = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic \0\x01\r\nConnection: close\r\n\r\n');
      });
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(raw).toMatch(/^HTTP\/1\.1 400 /);
    expect(await send(app, '/', { headers: bearerAuthorization('a') })).toMatchObject({ status: 200 });
  });
});

describe.each(adapters)('A token outside the Authorization field on %s', (_name, adapter) => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const post = { method: 'POST', headers: form, body: 'access_token=abc&x=1' };
  const application = (formEncodedBody?: boolean) =>
    start(adapter(), {
      imports: [
        AuthModule.forRoot({
          realm: 'Staging',
          schemes: [
            bearer(({ token }) => ({ token }), formEncodedBody === undefined ? {} : { formEncodedBody }),
            basic(() => ({ by: 'basic' })),
          ],
        }),
      ],
      controllers: [EchoController],
    });
  const invalidRequest = 'Bearer realm="Staging", error="invalid_request"';

  it.each([undefined, false])(
    '[R-2][R-3] is ignored in the body and in the query string if formEncodedBody is %s',
    async (switched) => {
      const app = await application(switched);
      expect(await send(app, '/', post)).toMatchObject({ status: 401 });
      expect((await send(app, '/', post)).challenges[0]).toBe('Bearer realm="Staging"');
      expect(await send(app, '/?access_token=abc')).toMatchObject({ status: 401 });
      expect(await send(app, '/', { ...post, headers: { ...form, ...bearerAuthorization('def') } })).toMatchObject({
        status: 201,
      });
    },
  );

  it('[R-3] is ignored in the query string even if formEncodedBody is true', async () => {
    expect(await send(await application(true), '/?access_token=abc')).toMatchObject({ status: 401 });
  });

  it('[R-12] is ignored in a cookie even if formEncodedBody is true', async () => {
    const cookie = 'access_token=abc; Authorization=Bearer%20abc';
    expect(await send(await application(true), '/', { headers: { cookie } })).toMatchObject({ status: 401 });
  });

  it('[R-2] is read from a form-encoded body if formEncodedBody is true', async () => {
    const app = await application(true);
    expect((await send(app, '/', post)).json()).toMatchObject({ user: { token: 'abc' }, body: { x: '1' } });
    const withCharset = { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=utf-8' };
    expect(await send(app, '/', { ...post, headers: withCharset })).toMatchObject({ status: 201 });
  });

  it('[R-2] is ignored in a JSON body and in the body of a GET even if formEncodedBody is true', async () => {
    const app = await application(true);
    const headers = { 'content-type': 'application/json' };
    expect(await send(app, '/', { method: 'POST', headers, body: '{"access_token":"abc"}' })).toMatchObject({
      status: 401,
    });
    expect(
      await send(app, '/', { headers: { ...form, 'content-length': 16 }, body: 'access_token=abc' }),
    ).toMatchObject({
      status: 401,
    });
  });

  it.each([
    ['an empty token', 'access_token='],
    ['two tokens', 'access_token=a&access_token=b'],
    ['a token with a space', 'access_token=a%20b'],
    ['a token outside ASCII', 'access_token=%C3%A4'],
  ])('[R-10] is rejected with 400 if the body has %s', async (_what, body) => {
    const answer = await send(await application(true), '/', { ...post, body });
    expect(answer).toMatchObject({
      status: 400,
      challenges: [invalidRequest, 'Basic realm="Staging", charset="UTF-8"'],
    });
  });

  it('[R-11] is rejected with 400 if the Authorization field has a token too', async () => {
    const app = await application(true);
    const answer = await send(app, '/', { ...post, headers: { ...form, ...bearerAuthorization('abc') } });
    expect(answer.status).toBe(400);
    expect(answer.challenges[0]).toBe(invalidRequest);
  });

  it('is ignored if the Authorization field has credentials of another scheme', async () => {
    const app = await application(true);
    const answer = await send(app, '/', { ...post, headers: { ...form, ...basicAuthorization('a', 'b') } });
    expect(answer.json()).toMatchObject({ user: { by: 'basic' } });
  });
});
