import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  admit,
  AuthModule,
  bearer,
  CurrentAuth,
  CurrentUser,
  Failure,
  type HttpRequest,
  RefusedException,
  Roles,
  Scopes,
} from 'nestjs-http-auth';
import { introspection, type IntrospectionOptions } from 'nestjs-http-auth/introspection';
import { jwt, type JwtOptions, type StandardSchema } from 'nestjs-http-auth/jwt';
import * as v from 'valibot';
import { z } from 'zod';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { Endpoint } from './support/endpoint.js';
import { audience, Issuer } from './support/issuer.js';
import { RecordingLogger } from './support/logger.js';

@Controller()
class RoutesController {
  @Get('me') me(@CurrentUser() user: unknown, @CurrentAuth() auth: object) {
    return { user, auth };
  }
  @Roles('admin') @Get('admin') admin(@CurrentAuth('roles') roles: unknown) {
    return { roles };
  }
  @Scopes('read') @Get('scoped') scoped() {
    return {};
  }
}

type Claims = Record<string, unknown>;
/** Anything, because wrong options are tested too. */
type Options = { roles?: unknown; claims?: unknown; principal?: unknown };

const client = { clientId: 'api', clientSecret: 'x', audience: null };

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.start();
});

afterAll(() => issuer.stop());

const jwtOf = (options: Options) => jwt({ issuer: issuer.url, audience, ...options } as JwtOptions);

const introspectionOf = (options: Options, endpoint = 'https://issuer.example/introspect') =>
  introspection({ endpoint, ...client, ...options } as IntrospectionOptions);

/** Creates a verifier, and a function that returns a token with claims. */
type Begin = (
  options: Options,
) => Promise<{ verify: ReturnType<typeof jwtOf>; tokenOf: (claims: Claims) => Promise<string> }>;

const verifiers: [name: string, begin: Begin][] = [
  ['jwt()', async (options) => ({ verify: jwtOf(options), tokenOf: (claims: Claims) => issuer.token(claims) })],
  [
    'introspection()',
    async (options) => {
      const endpoint = await Endpoint.start(({ form }) => {
        const claims = Buffer.from(form.get('token') ?? '', 'base64url').toString();
        return { active: true, sub: 'alice', ...(JSON.parse(claims) as object) };
      });
      return {
        verify: introspectionOf(options, endpoint.url) as never,
        tokenOf: (claims: Claims) => Promise.resolve(Buffer.from(JSON.stringify(claims)).toString('base64url')),
      };
    },
  ],
];

const cases = adapters.flatMap(([adapterName, adapter]) =>
  verifiers.map(([name, begin]) => [name, adapterName, begin, adapter] as const),
);

describe.each(cases)('The claims of %s on %s', (_name, _adapterName, begin, adapter) => {
  async function application(options: Options, logger?: RecordingLogger) {
    const { verify, tokenOf } = await begin(options);
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verify)] })],
        controllers: [RoutesController],
      },
      undefined,
      logger && { logger },
    );
    return async (claims: Claims, path = '/me') => {
      const answer = await send(app, path, { headers: bearerAuthorization(await tokenOf(claims)) });
      return {
        ...answer,
        ...(answer.status === 200 && (answer.json() as { user: Claims; auth: Claims; roles: unknown })),
      };
    };
  }

  const refused = (name: string) => ({
    status: 401,
    challenges: [
      `Bearer realm="Staging", error="invalid_token", error_description="The claim ${name} of the token is not accepted"`,
    ],
  });

  describe('as roles', () => {
    it.each<[roles: string, claims: Claims]>([
      ['groups', { groups: ['staff', 'admin'] }],
      ['permissions', { permissions: ['admin'] }],
      ['role', { role: 'admin' }],
      ['cognito:groups', { 'cognito:groups': ['admin'] }],
      ['https://example.com/roles', { 'https://example.com/roles': ['admin'] }],
      ['realm_access.roles', { realm_access: { roles: ['admin', 'offline_access'] } }],
      ['resource_access.my-api.roles', { resource_access: { 'my-api': { roles: ['admin'] }, account: { roles: [] } } }],
    ])('are found at %s', async (roles, claims) => {
      const get = await application({ roles });
      const [[, value] = []] = Object.entries(claims);
      const list = [
        (value as Claims)?.['roles'] ?? (value as Record<string, Claims>)?.['my-api']?.['roles'] ?? value,
      ].flat();
      expect(await get(claims, '/admin')).toMatchObject({ status: 200, roles: list });
      expect(await get({}, '/admin')).toMatchObject({ status: 403, challenges: [] });
    });

    it.each([
      [{ admin: true }],
      [['admin', 1]],
      [[['admin']]],
      [true],
      [null],
      [1],
      ['admin staff'],
      ['admin,staff'],
      [[]],
      [{ length: 1, 0: 'admin' }],
    ])('are missing if the claim is %j', async (groups) => {
      const get = await application({ roles: 'groups' });
      // The claim `roles` is not read, because the option names another.
      expect(await get({ groups, roles: ['admin'] }, '/admin')).toMatchObject({ status: 403, challenges: [] });
    });

    it('come from a function, which must not be async', async () => {
      const logger = new RecordingLogger();
      const roles = ({ level }: Claims) =>
        level === 'none' ? undefined : level === 'async' ? Promise.reject(new Error('x')) : [level];
      const get = await application({ roles }, logger);
      expect(await get({ level: 'admin' }, '/admin')).toMatchObject({ status: 200, roles: ['admin'] });
      for (const level of ['user', 'none', 7]) expect(await get({ level }, '/admin')).toMatchObject({ status: 403 });
      expect(await get({ level: 'async' }, '/admin')).toMatchObject({ status: 500 });
      expect(logger.text()).toContain('roles: the function returned a promise; it must not be async');
    });

    it('are replaced by the roles of admit(), and not by the roles of the principal', async () => {
      const principal = ({ sub }: Claims) =>
        sub === 'bob' ? admit({ name: sub }, { roles: ['admin'] }) : { name: sub, roles: ['admin'] };
      const get = await application({ roles: 'groups', principal });
      expect(await get({ sub: 'bob' }, '/admin')).toMatchObject({ status: 200 });
      expect(await get({ sub: 'alice' }, '/admin')).toMatchObject({ status: 403 });
    });

    it('are read from the principal without the option', async () => {
      const get = await application({});
      expect(await get({ roles: ['admin'] }, '/admin')).toMatchObject({ status: 200 });
      expect((await get({})).auth).not.toHaveProperty('roles');
    });

    it.each([
      [7, 'roles must be the name or the path of a claim, or a function (claims) => roles'],
      [['groups'], 'roles must be the name or the path of a claim'],
      ['', 'roles must not be empty'],
      ['resource_access.{client}.roles', 'roles contains the placeholder {client}; write the name out'],
    ])('cause an error at startup if the option is %j', async (roles, message) => {
      await expect(begin({ roles })).rejects.toThrow(`(): ${message}`);
    });
  });

  describe('are compared', () => {
    const accepted: [check: unknown, values: unknown[], others: unknown[]][] = [
      [
        'example.com',
        ['example.com', ['x', 'example.com']],
        ['EXAMPLE.COM', 'example.com ', ['x'], { 0: 'example.com' }, true, 0, '', null, []],
      ],
      [7, [7, [7, 8]], ['7', [70], 7.5]],
      [true, [true], ['true', 1]],
      [false, [false], [0, null, '', []]],
      [
        ['a', 'b'],
        ['a', 'b', ['c', 'b']],
        ['c', ['c'], 'a,b', [['a']]],
      ],
      [(value: unknown) => value === 'a', ['a'], ['b', ['a']]],
      // Only `true` accepts the token.
      [(value: unknown) => value, [true], ['true', 1, { ok: true }, [true]]],
      [(value: unknown, claims: Claims) => value === claims['sub'], ['alice'], ['bob']],
      [z.string().regex(/^a+$/), ['a', 'aa'], ['b', 1]],
      [v.pipe(v.string(), v.regex(/^a+$/)), ['a', 'aa'], ['b', 1]],
      [z.array(z.string()).min(2), [['a', 'b']], [['a'], 'a']],
      [z.string().refine((value) => Promise.resolve(value === 'later')), ['later'], ['now']],
      [
        v.pipeAsync(
          v.string(),
          v.checkAsync((value) => Promise.resolve(value === 'later')),
        ),
        ['later'],
        ['now'],
      ],
    ];

    it.each(accepted)('with %p', async (check, values, others) => {
      const get = await application({ claims: { hd: check } });
      for (const hd of values) expect([hd, (await get({ hd })).status]).toEqual([hd, 200]);
      for (const hd of others) expect([hd, await get({ hd })]).toMatchObject([hd, refused('hd')]);
      expect(await get({})).toMatchObject(refused('hd'));
    });

    it('by a path, by the name of the whole claim, and all of them', async () => {
      const get = await application({
        claims: { 'https://example.com/tenant': 'a', 'realm_access.roles': ['admin', 'owner'], sub: z.string() },
      });
      const claims = { 'https://example.com/tenant': 'a', realm_access: { roles: ['x', 'owner'] } };
      expect(await get(claims)).toMatchObject({ status: 200, user: claims });
      expect(await get({ ...claims, 'https://example.com/tenant': 'b' })).toMatchObject(
        refused('https://example.com/tenant'),
      );
      expect(await get({ ...claims, realm_access: {} })).toMatchObject(refused('realm_access.roles'));
    });

    it('with a function or a schema that accepts a missing claim', async () => {
      const get = await application({
        claims: { a: (value: unknown) => value === undefined, b: z.string().optional(), c: v.optional(v.string()) },
      });
      expect(await get({})).toMatchObject({ status: 200 });
      expect(await get({ b: 1 })).toMatchObject(refused('b'));
      // A schema of one claim does not change it.
      const { user } = await (await application({ claims: { n: z.coerce.number() } }))({ n: '7' });
      expect(user).toMatchObject({ n: '7' });
    });

    it('before the option principal is called', async () => {
      const principal = jest.fn(() => ({ name: 'alice' }));
      const get = await application({ claims: { hd: 'a' }, principal });
      await get({ hd: 'b' });
      expect(principal).not.toHaveBeenCalled();
      expect(await get({ hd: 'a' })).toMatchObject({ user: { name: 'alice' } });
    });

    it('on every request, also if the token is in the cache', async () => {
      const check = jest.fn().mockReturnValueOnce(true).mockReturnValue(false);
      const get = await application({ claims: { jti: check } });
      const claims = { jti: 'a', exp: Math.floor(Date.now() / 1000) + 300 };
      expect([(await get(claims)).status, (await get(claims)).status]).toEqual([200, 401]);
    });

    it('without their values in the response, the failure and the log', async () => {
      const logger = new RecordingLogger();
      const schema = z.object({ secret: z.literal('expected-value') });
      for (const claims of [{ secret: 'expected-value' }, schema, { secret: z.literal('expected-value') }]) {
        const get = await application({ claims }, logger);
        const { challenges, body, headers } = await get({ secret: 'given-value' });
        expect(challenges).toEqual(refused('secret').challenges);
        expect(JSON.stringify([body, headers]) + logger.text()).not.toMatch(/(?:given|expected)-value/);
      }
    });

    it('with a function that throws or is async: the response is 500', async () => {
      const logger = new RecordingLogger();
      const check = (value: unknown) => {
        if (value === 'throw') throw new Error('Broken');
        return value === 'reject' ? Promise.reject(new Error('Late')) : Promise.resolve(true);
      };
      const get = await application({ claims: { hd: check } }, logger);
      for (const hd of ['throw', 'reject', 'resolve']) expect(await get({ hd })).toMatchObject({ status: 500 });
      expect(logger.text()).toContain('Broken');
      expect(logger.text()).toContain('claims.hd: the function returned a promise; it must not be async');
    });

    const wrong = 'must be a string, a number, a boolean, a list of them, a function or a Standard Schema';
    it.each<[claims: unknown, message: string]>([
      [7, 'claims must be an object with a check for each claim, or a Standard Schema'],
      [['hd'], 'claims must be an object'],
      [null, 'claims must be an object'],
      [() => true, 'claims must be an object'],
      [{}, "claims is empty; name at least one claim, e.g. { hd: 'example.com' }"],
      [{ hd: undefined }, `claims.hd ${wrong}`],
      [{ hd: null }, `claims.hd ${wrong}`],
      [{ hd: NaN }, `claims.hd ${wrong}`],
      [{ hd: {} }, `claims.hd ${wrong}`],
      [{ hd: /a/ }, `claims.hd ${wrong}`],
      [{ hd: [] }, `claims.hd ${wrong}`],
      [{ hd: ['a', undefined] }, `claims.hd ${wrong}`],
      [{ '': 'a' }, 'claims. must not be empty'],
      [{ 'a.{b}': 'a' }, 'claims.a.{b} contains the placeholder {b}'],
      [
        { '~standard': { version: 2, validate: () => ({ value: {} }) } },
        'claims must be a Standard Schema of version 1',
      ],
      [{ '~standard': null }, 'claims must be a Standard Schema of version 1'],
      [{ hd: { '~standard': { version: 1 } } }, 'claims.hd must be a Standard Schema of version 1'],
    ])('only if the checks are valid: %p stops the startup', async (claims, message) => {
      await expect(begin({ claims })).rejects.toThrow(`(): ${message}`);
    });
  });

  describe('are validated by a schema', () => {
    const schemas: [name: string, schema: StandardSchema<object>][] = [
      ['Zod', z.object({ sub: z.string(), tenant: z.object({ id: z.coerce.number() }) })],
      [
        'Valibot',
        v.object({ sub: v.string(), tenant: v.object({ id: v.pipe(v.unknown(), v.transform(Number), v.number()) }) }),
      ],
      [
        'Valibot, async',
        v.objectAsync({
          sub: v.string(),
          tenant: v.objectAsync({
            id: v.pipeAsync(
              v.unknown(),
              v.transformAsync((id) => Promise.resolve(Number(id))),
              v.number(),
            ),
          }),
        }),
      ],
    ];

    it.each(schemas)('of %s, whose output is the principal', async (_library, schema) => {
      const get = await application({ claims: schema, roles: 'groups' });
      expect(await get({ tenant: { id: '7' }, extra: 1, scope: 'read', groups: ['admin'] })).toMatchObject({
        status: 200,
        user: { sub: 'alice', tenant: { id: 7 } },
        // The guard reads the token, and not the output.
        auth: { scopes: ['read'], roles: ['admin'] },
      });
      const { user } = await get({ tenant: { id: '7' }, extra: 1 });
      expect(user).toEqual({ sub: 'alice', tenant: { id: 7 } });
      expect(await get({ tenant: { id: 'x' } })).toMatchObject(refused('tenant'));
      expect(await get({})).toMatchObject(refused('tenant'));
      expect(await get({ tenant: { id: 1 }, scope: 'read' }, '/scoped')).toMatchObject({ status: 200 });
    });

    it.each(schemas)('of %s, whose output the option principal gets', async (_library, schema) => {
      const principal = ({ tenant }: { tenant: { id: number } }) => (tenant.id === 7 ? { tenant: tenant.id } : null);
      const get = await application({ claims: schema, principal });
      expect(await get({ tenant: { id: '7' } })).toMatchObject({ status: 200, user: { tenant: 7 } });
      expect(await get({ tenant: { id: '8' } })).toMatchObject({ status: 401 });
    });

    const schemaOf = (result: unknown) => ({
      '~standard': { version: 1, vendor: 'test', validate: () => result },
    });

    it.each<[what: string, path: unknown]>([
      ['no path', undefined],
      ['an empty path', []],
      ['a name that cannot be sent', ['a"b']],
      ['a name with other characters', ['größe']],
      ['a line break', ['a\r\nb']],
      ['a long name', ['a'.repeat(101)]],
      ['an empty name', ['']],
    ])('that reports %s, so the description does not name the claim', async (_what, path) => {
      const get = await application({ claims: schemaOf({ issues: [{ message: 'x', path }] }) });
      expect(await get({})).toMatchObject({
        status: 401,
        challenges: [expect.stringContaining('error_description="A claim of the token is not accepted"')],
      });
    });

    it('that reports the place in the form of an object', async () => {
      const get = await application({ claims: schemaOf({ issues: [{ message: 'x', path: [{ key: 'hd' }, 'a'] }] }) });
      expect(await get({})).toMatchObject(refused('hd'));
    });

    it('that is a function, as in ArkType', async () => {
      const schema = Object.assign(() => undefined, schemaOf({ value: { name: 'alice' } }));
      expect(await (await application({ claims: schema }))({})).toMatchObject({ user: { name: 'alice' } });
      expect(await (await application({ claims: { hd: schema } }))({})).toMatchObject({ status: 200 });
    });

    it.each([
      [undefined],
      [null],
      [{}],
      [{ issues: null }],
      [{ issues: undefined }],
      [{ value: undefined }],
      [{ value: null }],
      [{ value: false }],
      [{ value: 'alice' }],
      [Promise.resolve({})],
    ])('that is broken: %p causes a 500', async (result) => {
      const get = await application({ claims: schemaOf(result) });
      expect(await get({})).toMatchObject({ status: 500 });
    });

    it.each([[{ issues: [] }], [{ issues: [], value: { name: 'alice' } }]])(
      'that reports issues refuses the token, even without a reason: %j',
      async (result) => {
        expect(await (await application({ claims: schemaOf(result) }))({})).toMatchObject({ status: 401 });
        expect(await (await application({ claims: { hd: schemaOf(result) } }))({})).toMatchObject({ status: 401 });
      },
    );

    it('that throws, or rejects: the response is 500', async () => {
      const broken = z.object({}).refine(() => {
        throw new Error('Broken');
      });
      const get = await application({ claims: broken });
      expect(await get({})).toMatchObject({ status: 500 });
    });
  });

  it('throw a RefusedException for application code', async () => {
    const { verify, tokenOf } = await begin({ claims: { hd: 'a' } });
    const request = { method: 'GET', url: '/', headers: {} } as HttpRequest;
    const error = await verify({ token: await tokenOf({ hd: 'b' }) }, request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RefusedException);
    expect((error as RefusedException).failure).toEqual(
      new Failure('invalid', 'Bearer', 401, {
        params: { error_description: 'The claim hd of the token is not accepted' },
      }),
    );
  });
});
