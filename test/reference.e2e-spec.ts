import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { serveDocumentation } from '../src/documentation.js';
import { protectFiles } from '../src/files/files.module.js';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { audience, Issuer } from './support/issuer.js';

const visitors = {
  nobody: {},
  'alice with her password': basicAuthorization('alice', 'wonder:land'),
  'bob with his password': basicAuthorization('bob', 'builder'),
  'alice with a wrong password': basicAuthorization('alice', 'wonder'),
  'alice with the password of bob': basicAuthorization('alice', 'builder'),
  'an unknown user': basicAuthorization('carol', 'builder'),
  'a user with the name of a property of every object': basicAuthorization('constructor', 'builder'),
  'alice with her token': bearerAuthorization('reader-token'),
  'bob with his token': bearerAuthorization('writer-token'),
  'a wrong token': bearerAuthorization('wrong-token'),
  'the digest of a token': bearerAuthorization('ba5005a40cf5212e4ac0190104cc127edab013294bb71279a975b27a80982d45'),
};
type Visitor = keyof typeof visitors;
const everyone = Object.keys(visitors) as Visitor[];

const staging = 'Access to staging site';
const bearer = `Bearer realm="${staging}"`;
const bearerRefused = `${bearer}, error="invalid_token"`;
const reportsRefused = `${bearer}, error="invalid_token", scope="reports:read"`;
const reports = `${bearer}, scope="reports:read"`;
const basic = `Basic realm="${staging}", charset="UTF-8"`;
const administration = 'Basic realm="Administration", charset="UTF-8"';

interface Expected {
  status: number;
  challenges: string[];
  body: unknown;
}

const ok = (body: unknown): Expected => ({ status: 200, challenges: [], body });
const refused = (...challenges: string[]): Expected => ({
  status: 401,
  challenges,
  body: { message: 'Unauthorized', statusCode: 401 },
});

const toEveryone = (expected: Expected) =>
  Object.fromEntries(everyone.map((visitor) => [visitor, expected])) as Record<Visitor, Expected>;

/** The expected response of each route to each visitor. */
const answers: Record<string, Record<Visitor, Expected>> = {
  '/health': toEveryone(ok({ status: 'ok' })),
  '/me': {
    nobody: refused(bearer, basic),
    'alice with her password': ok({ user: 'alice', scheme: 'Basic', realm: staging }),
    'bob with his password': ok({ user: 'bob', scheme: 'Basic', realm: staging }),
    'alice with a wrong password': refused(bearer, basic),
    'alice with the password of bob': refused(bearer, basic),
    'an unknown user': refused(bearer, basic),
    'a user with the name of a property of every object': refused(bearer, basic),
    'alice with her token': ok({ user: 'alice', scheme: 'Bearer', realm: staging }),
    'bob with his token': ok({ user: 'bob', scheme: 'Bearer', realm: staging }),
    'a wrong token': refused(bearerRefused, basic),
    'the digest of a token': refused(bearerRefused, basic),
  },
  '/greeting': {
    nobody: ok({ hello: 'stranger' }),
    'alice with her password': ok({ hello: 'alice' }),
    'bob with his password': ok({ hello: 'bob' }),
    'alice with a wrong password': refused(bearer, basic),
    'alice with the password of bob': refused(bearer, basic),
    'an unknown user': refused(bearer, basic),
    'a user with the name of a property of every object': refused(bearer, basic),
    'alice with her token': ok({ hello: 'alice' }),
    'bob with his token': ok({ hello: 'bob' }),
    'a wrong token': refused(bearerRefused, basic),
    'the digest of a token': refused(bearerRefused, basic),
  },
  '/admin': {
    ...toEveryone(refused(administration)),
    'alice with her password': ok({ user: 'alice', scheme: 'Basic', realm: 'Administration' }),
    'bob with his password': ok({ user: 'bob', scheme: 'Basic', realm: 'Administration' }),
  },
  '/reports': {
    ...toEveryone(refused(reports)),
    'alice with her token': ok(expect.arrayContaining([{ id: 1, title: expect.any(String) }])),
    'bob with his token': ok(expect.arrayContaining([{ id: 1, title: expect.any(String) }])),
    'a wrong token': refused(reportsRefused),
    'the digest of a token': refused(reportsRefused),
  },
};

describe.each(adapters)('The reference application on %s', (_, adapter) => {
  const application = () =>
    start(adapter(), { imports: [AppModule] }, (app) => {
      protectFiles(app);
      serveDocumentation(app);
    });

  it.each(Object.entries(answers))(
    'responds to GET %s with the expected status, challenges and body for each visitor',
    async (path, expected) => {
      const app = await application();
      const actual = await Promise.all(
        Object.entries(visitors).map(async ([visitor, headers]) => {
          const answer = await send(app, path, { headers });
          return [visitor, { status: answer.status, challenges: answer.challenges, body: answer.json() }];
        }),
      );
      expect(Object.fromEntries(actual)).toEqual(expected);
    },
  );

  it('accepts JWTs and its own tokens if JWT_ISSUER is set', async () => {
    const issuer = await Issuer.start();
    Object.assign(process.env, { JWT_ISSUER: issuer.url, JWT_AUDIENCE: audience });
    try {
      const app = await application();
      const ask = async (token: string, path: string) => {
        const { status, json } = await send(app, path, { headers: bearerAuthorization(token) });
        return [status, json()];
      };
      const token = await issuer.token({ sub: 'carol', scope: 'reports:read' });
      expect(await ask(token, '/me')).toEqual([200, { user: 'carol', scheme: 'Bearer', realm: staging }]);
      expect((await ask(token, '/reports'))[0]).toBe(200);
      expect((await ask(await issuer.token(), '/reports'))[0]).toBe(403);
      expect((await ask(await issuer.token({ aud: 'other' }), '/me'))[0]).toBe(401);
      expect((await ask('reader-token', '/me'))[0]).toBe(200);
    } finally {
      delete process.env['JWT_ISSUER'];
      delete process.env['JWT_AUDIENCE'];
      await issuer.stop();
    }
  });

  it('responds to HEAD as to GET, without a body', async () => {
    const app = await application();
    for (const path of ['/', ...Object.keys(answers)]) {
      const { status, challenges, headers } = await send(app, path);
      const head = await send(app, path, { method: 'HEAD' });
      expect(head).toMatchObject({ status, challenges, body: '' });
      expect(head.headers['content-type']).toBe(headers['content-type']);
    }
  });

  it('responds with 404 and no challenge if a route does not exist', async () => {
    expect(await send(await application(), '/nowhere')).toMatchObject({ status: 404, challenges: [] });
  });

  it('rejects a request with two Authorization fields', async () => {
    const app = await application();
    const [reader, writer] = [bearerAuthorization('reader-token'), bearerAuthorization('writer-token')];
    const headers = ['Host', 'localhost', 'Authorization', reader.authorization, 'Authorization', writer.authorization];
    expect(await send(app, '/me', { headers })).toMatchObject({ status: 401, challenges: [bearer, basic] });
  });

  it('responds to passwords of a user with 429 after 10 guesses, and still accepts tokens and other users', async () => {
    const app = await application();
    for (let time = 0; time < 10; time++) {
      expect(await send(app, '/me', { headers: basicAuthorization('alice', `guess ${time}`) })).toMatchObject({
        status: 401,
      });
    }
    for (const visitor of ['alice with her password', 'alice with a wrong password'] as const) {
      const answer = await send(app, '/me', { headers: visitors[visitor] });
      expect(answer).toMatchObject({ status: 429, challenges: [], headers: { 'retry-after': expect.any(String) } });
    }
    for (const visitor of ['alice with her token', 'bob with his password'] as const) {
      expect(await send(app, '/me', { headers: visitors[visitor] })).toMatchObject({ status: 200 });
    }
  });

  it('responds with 400 if a token is malformed', async () => {
    const answer = await send(await application(), '/reports', { headers: bearerAuthorization('two words') });
    expect(answer).toMatchObject({
      status: 400,
      challenges: [`${bearer}, error="invalid_request", scope="reports:read"`],
    });
  });

  it('adds a report only if the token has the scope reports:write', async () => {
    const app = await application();
    const post = (visitor: Visitor) =>
      send(app, '/reports', {
        method: 'POST',
        headers: { ...visitors[visitor], 'content-type': 'application/json' },
        body: JSON.stringify({ title: 'Visitors in the third quarter' }),
      });
    expect(await post('alice with her token')).toMatchObject({
      status: 403,
      challenges: [`${bearer}, error="insufficient_scope", scope="reports:write"`],
    });
    expect(await post('bob with his password')).toMatchObject({ status: 401 });
    const added = { id: 3, title: 'Visitors in the third quarter' };
    const answer = await post('bob with his token');
    expect([answer.status, answer.json()]).toEqual([201, added]);
    const all = await send(app, '/reports', { headers: visitors['alice with her token'] });
    expect(all.json()).toEqual(expect.arrayContaining([added]));
  });

  it.each([
    ['/files/handbook.txt', 'Files', 'The staff handbook'],
    ['/docs/', 'API documentation', 'swagger-ui'],
    ['/docs-json', 'API documentation', '"openapi":'],
    ['/docs-yaml', 'API documentation', 'openapi:'],
  ])('protects %s, which no controller serves, in the realm %s', async (path, realm, text) => {
    const app = await application();
    expect(await send(app, path)).toMatchObject({
      status: 401,
      challenges: [`Bearer realm="${realm}"`, `Basic realm="${realm}", charset="UTF-8"`],
    });
    for (const visitor of ['alice with her password', 'bob with his token'] as const) {
      const answer = await send(app, path, { headers: visitors[visitor] });
      expect(answer).toMatchObject({ status: 200, challenges: [] });
      expect(answer.body).toContain(text);
    }
  });

  it('documents the security requirements of each route', async () => {
    const answer = await send(await application(), '/docs-json', { headers: visitors['alice with her token'] });
    expect(answer.json()).toMatchObject({
      components: {
        securitySchemes: { basic: { type: 'http', scheme: 'basic' }, bearer: { type: 'http', scheme: 'bearer' } },
      },
      paths: {
        '/health': { get: { security: [] } },
        '/me': { get: { security: [{ bearer: [] }, { basic: [] }] } },
        '/greeting': { get: { security: [{ bearer: [] }, { basic: [] }, {}] } },
        '/admin': { get: { security: [{ basic: [] }] } },
        '/reports': { get: { security: [{ bearer: [] }], responses: { 403: expect.anything() } } },
      },
    });
  });

  describe('has a page', () => {
    it.each(everyone)('for %s', async (visitor) => {
      const answer = await send(await application(), '/', { headers: visitors[visitor] });
      expect(answer).toMatchObject({ status: 200, challenges: [] });
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.body).toMatch(/^<!doctype html>\n<html lang="en">/);
    });

    it('with every route', async () => {
      const { body } = await send(await application(), '/');
      for (const path of ['/', ...Object.keys(answers)]) expect(body).toContain(`data-path="${path}"`);
    });

    it('whose Content-Security-Policy allows only its own style and script', async () => {
      const { body, headers } = await send(await application(), '/');
      expect(headers['content-security-policy']?.toString().split('; ')).toEqual([
        "default-src 'none'",
        `style-src '${digestOf(body, 'style')}'`,
        `script-src '${digestOf(body, 'script')}'`,
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
      expect(body).not.toMatch(/ (?:style|on\w+)=/);
      expect(body).not.toMatch(/(?:src|href)="(?!data:|\/me"|\/docs")/);
    });
  });
});

/** Returns the digest of the only element with that name, in the form of a Content-Security-Policy. */
function digestOf(html: string, element: 'style' | 'script'): string {
  const [found, ...others] = html.matchAll(new RegExp(`<${element}[^>]*>([^]*?)</${element}>`, 'g'));
  expect(others).toEqual([]);
  return `sha256-${createHash('sha256')
    .update(found?.[1] ?? '')
    .digest('base64')}`;
}
