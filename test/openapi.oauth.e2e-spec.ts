import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
  apiKey,
  AuthModule,
  basic,
  bearer,
  OptionalAuth,
  type OpenApiScheme,
  passportStrategy,
  Public,
  type SchemeDefinition,
  Schemes,
  Scopes,
} from 'nestjs-http-auth';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { adapters, start } from './support/application.js';

const authorizationCode = {
  authorizationUrl: 'https://login.example.com/authorize',
  tokenUrl: 'https://login.example.com/token',
};
const clientCredentials = { tokenUrl: 'https://login.example.com/token', scopes: { 'reports:read': 'Read reports' } };
const oauth: OpenApiScheme = { type: 'oauth2', flows: { authorizationCode, clientCredentials } };
const schemes = [bearer(() => null, { openapi: oauth }), basic(() => null), apiKey(() => null)];

@Controller('reports')
class ReportsController {
  @Scopes('reports:read') @Get() list() {}
  @Scopes.any('reports:write', 'admin') @Post() create() {}
  @Scopes('basic:only') @Schemes('basic') @Get('by-password') byPassword() {}
  @OptionalAuth() @Get('optional') optional() {}
  @Public() @Get('open') open() {}
}

describe.each(adapters)('The OpenAPI document of OAuth on %s', (_name, adapter) => {
  const document = async (
    version: string,
    given: readonly SchemeDefinition[] = schemes,
    config: (builder: DocumentBuilder) => DocumentBuilder = (builder) => builder,
  ) => {
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Reports', schemes: given })],
      controllers: [ReportsController],
    });
    const builder = config(new DocumentBuilder().setOpenAPIVersion(version));
    return documentHttpAuth(app, SwaggerModule.createDocument(app, builder.build()));
  };

  it.each(['3.0.0', '3.0.4', '3.1.0', '3.1.1'])('is valid in version %s', async (version) => {
    // As a client gets it, without members that are undefined.
    const text = JSON.stringify(await document(version));
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(text))).toEqual({ valid: true });
    expect(version.startsWith(validator.version)).toBe(true);
  });

  it('is reported by the validator if a flow lacks its scopes', async () => {
    const { components, ...rest } = JSON.parse(JSON.stringify(await document('3.1.0')));
    delete components.securitySchemes.bearer.flows.authorizationCode.scopes;
    expect(await new Validator().validate({ ...rest, components })).toMatchObject({ valid: false });
  });

  it.each(['3.0.0', '3.1.0'])('has the flows with the scopes of the routes of the scheme in %s', async (version) => {
    const { components } = await document(version);
    expect(components?.securitySchemes).toEqual({
      bearer: {
        type: 'oauth2',
        flows: {
          authorizationCode: { ...authorizationCode, scopes: { 'reports:read': '', 'reports:write': '', admin: '' } },
          clientCredentials: {
            ...clientCredentials,
            scopes: { 'reports:read': 'Read reports', 'reports:write': '', admin: '' },
          },
        },
      },
      basic: { type: 'http', scheme: 'basic' },
      apikey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    });
  });

  it('has the scopes of each operation in its requirements, in 3.0 for OAuth only', async () => {
    const { paths } = await document('3.0.0');
    const others = [{ basic: [] }, { apikey: [] }];
    expect(paths['/reports']?.get?.security).toEqual([{ bearer: ['reports:read'] }, ...others]);
    expect(paths['/reports']?.post?.security).toEqual([
      { bearer: ['reports:write'] },
      { bearer: ['admin'] },
      ...others,
    ]);
    expect(paths['/reports/by-password']?.get?.security).toEqual([{ basic: [] }]);
    expect(paths['/reports/optional']?.get?.security).toEqual([{ bearer: [] }, ...others, {}]);
    expect(paths['/reports/open']?.get?.security).toEqual([]);
  });

  it('has the scopes in the requirements if the document describes the scheme itself', async () => {
    const flows = { clientCredentials: { ...clientCredentials, scopes: { 'reports:read': 'Mine' } } };
    const { components, paths } = await document('3.0.0', [bearer(() => null), basic(() => null)], (builder) =>
      builder.addOAuth2({ type: 'oauth2', flows }, 'bearer'),
    );
    expect(components?.securitySchemes?.['bearer']).toEqual({ type: 'oauth2', flows });
    expect(paths['/reports']?.get?.security).toEqual([{ bearer: ['reports:read'] }, { basic: [] }]);
  });

  it('has the flows of a Passport strategy', async () => {
    const strategy = { name: 'dpop', authenticate: () => undefined };
    const dpop = passportStrategy(strategy, {
      scheme: 'DPoP',
      openapi: { type: 'oauth2', flows: { clientCredentials } },
    });
    const { components } = await document('3.1.0', [dpop, basic(() => null)]);
    expect(components?.securitySchemes?.['dpop']).toMatchObject({
      flows: { clientCredentials: { scopes: { admin: '', 'reports:read': 'Read reports' } } },
    });
  });

  it.each<[unknown, string]>([
    [null, 'openapi must be a Security Scheme Object'],
    ['oauth2', 'openapi must be a Security Scheme Object'],
    [{ type: 'OAuth2' }, 'openapi.type must be one of http, apiKey, openIdConnect, oauth2'],
    [{ type: 'toString' }, 'openapi.type must be one of'],
    [{ type: 'oauth2' }, 'openapi: the type oauth2 needs flows; add it'],
    [{ type: 'openIdConnect' }, 'openapi: the type openIdConnect needs openIdConnectUrl; add it'],
    [{ type: 'oauth2', flows: 'x' }, 'openapi.flows must be an object of flows'],
    [{ type: 'oauth2', flows: {} }, 'openapi.flows must have at least one flow'],
    [{ type: 'oauth2', flows: { implicit: undefined } }, 'openapi.flows must have at least one flow'],
    [{ type: 'oauth2', flows: { implicit: 'x' } }, 'openapi.flows.implicit must be an object'],
    [{ type: 'oauth2', flows: { password: {} } }, 'openapi.flows.password.tokenUrl must be the URL of the endpoint'],
    [
      { type: 'oauth2', flows: { authorizationCode: { ...authorizationCode, tokenUrl: '/token' } } },
      'openapi.flows.authorizationCode.tokenUrl must be the URL',
    ],
    [
      { type: 'oauth2', flows: { clientCredentials: { ...clientCredentials, scopes: ['a'] } } },
      'openapi.flows.clientCredentials.scopes must map each scope to its description',
    ],
    [
      { type: 'oauth2', flows: { clientCredentials: { ...clientCredentials, scopes: { a: 1 } } } },
      'scopes must map each scope to its description',
    ],
  ])('throws an error at startup if openapi is %j', async (openapi, message) => {
    await expect(document('3.0.0', [bearer(() => null, { openapi: openapi as never })])).rejects.toThrow(message);
    const strategy = { name: 'x', authenticate: () => undefined };
    const own = passportStrategy(strategy, { scheme: 'X', openapi: openapi as never });
    await expect(document('3.0.0', [own])).rejects.toThrow(message);
  });

  it('throws an error at startup if openapi and bearerFormat are set', async () => {
    const both = bearer(() => null, { openapi: oauth, bearerFormat: 'JWT' });
    await expect(document('3.0.0', [both])).rejects.toThrow('bearer(): openapi and bearerFormat exclude each other');
  });
});
