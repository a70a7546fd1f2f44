import { describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  admit,
  AuthModule,
  type AuthModuleOptions,
  bearer,
  CurrentAuth,
  type HttpRequest,
  protect,
  RouteReport,
  ScopeHierarchy,
  Scopes,
  type VerifierContext,
} from 'nestjs-http-auth';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { adapters, start } from './support/application.js';
import { bearerAuthorization as authorization, send } from './support/client.js';

const asked: (readonly string[])[] = [];

/** A token cannot contain a colon. */
const bearerAuthorization = (scopes: string) => authorization(scopes.replaceAll(':', '.'));

/** The token is the list of its scopes. */
const schemes = [
  bearer(({ token }, _request: HttpRequest, context?: VerifierContext) => {
    asked.push(context?.scopes ?? []);
    return admit('alice', { scopes: token.replaceAll('.', ':').split('+') });
  }),
];

@Controller()
class ReportsController {
  @Scopes('reports:read') @Get('read') read() {}
  @Scopes('reports:read', 'reports:write') @Get('both') both() {}
  @Scopes.any('reports:read', 'audit') @Get('any') any() {}
  @Scopes('reports:read') @Scopes.by(() => ['reports:write']) @Get('by') by() {}
}

@Controller('links')
class LinksController {
  constructor(private readonly hierarchy: ScopeHierarchy) {}

  @Get()
  list(@CurrentAuth('scopes') granted: readonly string[]) {
    return ['reports:read', 'reports:write', 'audit'].filter((scope) => this.hierarchy.includes(granted, scope));
  }
}

const options: AuthModuleOptions = {
  realm: 'Staging',
  schemes,
  scopes: { implies: { 'reports:write': ['reports:read'], 'reports:admin': ['reports:write'] } },
};

describe.each(adapters)('A scope hierarchy on %s', (_name, adapter) => {
  const application = (more: Partial<AuthModuleOptions> = {}, prepare?: Parameters<typeof start>[2]) =>
    start(
      adapter(),
      { imports: [AuthModule.forRoot({ ...options, ...more })], controllers: [ReportsController, LinksController] },
      prepare,
    );
  const lacks = (scope: string) => ({
    status: 403,
    challenges: [`Bearer realm="Staging", error="insufficient_scope", scope="${scope}"`],
  });

  it.each([
    ['/read', ['reports:read', 'reports:write', 'reports:admin'], 'reports:read'],
    ['/both', ['reports:read+reports:write', 'reports:write', 'reports:admin'], 'reports:write'],
    ['/any', ['audit', 'reports:read', 'reports:write', 'reports:admin'], 'reports:read'],
    ['/by', ['reports:write', 'reports:admin'], 'reports:write'],
  ])('accepts a wider scope on %s, and the challenge names the least that suffices', async (path, scopes, least) => {
    const app = await application();
    for (const token of scopes) {
      expect([token, (await send(app, path, { headers: bearerAuthorization(token) })).status]).toEqual([token, 200]);
    }
    expect(await send(app, path, { headers: bearerAuthorization('reports') })).toMatchObject(
      lacks(path === '/by' ? 'reports:read' : least),
    );
    expect(await send(app, path, { headers: bearerAuthorization('reports:reader') })).toMatchObject({ status: 403 });
  });

  it('does not make a narrow scope as good as a wide one', async () => {
    const app = await application();
    const narrow = { headers: bearerAuthorization('reports:read') };
    expect(await send(app, '/both', narrow)).toMatchObject(lacks('reports:write'));
    expect(await send(app, '/by', narrow)).toMatchObject(lacks('reports:write'));
  });

  it('changes the 401, but not what the verifier, the report and OpenAPI say', async () => {
    const app = await application();
    expect((await send(app, '/both')).challenges).toEqual(['Bearer realm="Staging", scope="reports:write"']);
    asked.length = 0;
    await send(app, '/both', { headers: bearerAuthorization('reports:write') });
    expect(asked).toEqual([['reports:read', 'reports:write']]);
    const both = app
      .get(RouteReport)
      .routes()
      .find(({ path }) => path === '/both');
    expect(both?.scopes).toEqual({ mode: 'all', names: ['reports:read', 'reports:write'] });
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();
    const { paths } = documentHttpAuth(app, SwaggerModule.createDocument(app, config));
    expect(paths['/both']?.get?.security).toEqual([{ bearer: ['reports:read', 'reports:write'] }]);
  });

  it('applies to protected paths', async () => {
    const app = await application({}, (nest) => protect(nest, '/docs', { scopes: ['reports:read'] }));
    expect(await send(app, '/docs', { headers: bearerAuthorization('reports:admin') })).toMatchObject({ status: 404 });
    expect(await send(app, '/docs', { headers: bearerAuthorization('audit') })).toMatchObject(lacks('reports:read'));
  });

  it('is injected into the classes of the application', async () => {
    const app = await application();
    const links = async (token: string) => (await send(app, '/links', { headers: bearerAuthorization(token) })).json();
    expect(await links('reports:write')).toEqual(['reports:read', 'reports:write']);
    expect(await links('audit+reports:read')).toEqual(['reports:read', 'audit']);
    expect(await links('other')).toEqual([]);
  });

  it('stops the startup if it is invalid', async () => {
    const implies = { a: ['b'], b: ['c'], c: ['a'] };
    await expect(application({ scopes: { implies } })).rejects.toMatchObject({
      code: 'ERR_AUTH_OPTION',
      message: "scopes.implies: 'a' implies itself, directly or through others; remove one of the entries",
    });
    await expect(application({ scopes: { implies: { 'reports:write': 'reports:read' } as never } })).rejects.toThrow(
      "scopes.implies: the entry 'reports:write' must list the scopes that it implies",
    );
  });

  it('may be left out', async () => {
    const app = await application({ scopes: {} });
    expect(await send(app, '/read', { headers: bearerAuthorization('reports:write') })).toMatchObject(
      lacks('reports:read'),
    );
  });
});
