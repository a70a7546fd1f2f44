import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import {
  AuthModule,
  basic,
  bearer,
  OptionalAuth,
  Public,
  type SchemeDefinition,
  Schemes,
  Scopes,
  SenderConstrained,
} from 'nestjs-http-auth';
import { fromProxy, fromTls } from 'nestjs-http-auth/certificates';
import { dpop } from 'nestjs-http-auth/dpop';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { adapters, start } from './support/application.js';

@Controller('payments')
class PaymentsController {
  @Get() list() {}
  @SenderConstrained() @Post() pay() {}
  @Scopes.any('write', 'admin') @Get('scopes') scopes() {}
  @OptionalAuth() @Get('optional') optional() {}
  @Schemes('basic') @Get('by-password') byPassword() {}
  @Public() @Get('open') open() {}
}

const verify = () => null;
const origin = 'https://api.example';
const password = basic(() => null);
const mutualTLS = { type: 'mutualTLS', description: 'The certificate that the token is bound to (RFC 8705)' };

describe.each(adapters)('The OpenAPI document of certificate-bound tokens on %s', (_name, adapter) => {
  const document = async (
    version: string,
    schemes: readonly SchemeDefinition[],
    config: (builder: DocumentBuilder) => DocumentBuilder = (builder) => builder,
  ) => {
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Payments', schemes })],
      controllers: [PaymentsController],
    });
    const builder = config(new DocumentBuilder().setOpenAPIVersion(version));
    return documentHttpAuth(app, SwaggerModule.createDocument(app, builder.build()));
  };

  /** The requirements of an operation. */
  const securityOf = ({ paths }: Awaited<ReturnType<typeof document>>, path: string, method: 'get' | 'post' = 'get') =>
    paths[`/payments${path}`]?.[method]?.security;

  const proxy = fromProxy({ field: 'Client-Cert', format: 'rfc9440', trusted: ['10.0.0.0/8'], required: true });

  it.each(['3.0.0', '3.0.4', '3.1.0', '3.1.1'])('is valid in version %s', async (version) => {
    const schemes = [
      dpop(verify, { origin, certificate: fromTls() }),
      bearer(verify, { certificate: proxy }),
      password,
    ];
    // As a client gets it, without members that are undefined.
    const text = JSON.stringify(await document(version, schemes));
    expect(await new Validator().validate(JSON.parse(text))).toEqual({ valid: true });
  });

  it('has mutualTLS since version 3.1 if a scheme checks certificates', async () => {
    const bound = [bearer(verify, { certificate: fromTls() }), password];
    for (const version of ['3.1.0', '3.1.1', '3.2.0']) {
      expect((await document(version, bound)).components?.securitySchemes).toMatchObject({ mutualTLS });
    }
    for (const [version, schemes] of [
      ['3.0.0', bound],
      ['3.0.4', bound],
      ['3.1.0', [bearer(verify), dpop(verify, { origin }), password]],
    ] as const) {
      const text = JSON.stringify(await document(version, schemes));
      expect(text).not.toContain('mutualTLS');
    }
  });

  it.each([
    ['fromTls()', fromTls({ required: true })],
    ['fromProxy()', proxy],
  ])('requires the certificate and the token together if %s has required: true', async (_source, certificate) => {
    const found = await document('3.1.0', [bearer(verify, { certificate }), password]);
    const [both, byPassword] = [{ bearer: [], mutualTLS: [] }, { basic: [] }];
    expect(securityOf(found, '')).toEqual([both, byPassword]);
    expect(securityOf(found, '', 'post')).toEqual([both]);
    expect(securityOf(found, '/optional')).toEqual([both, byPassword, {}]);
    expect(securityOf(found, '/by-password')).toEqual([byPassword]);
    expect(securityOf(found, '/open')).toEqual([]);
    expect(securityOf(found, '/scopes')).toEqual([
      { bearer: ['write'], mutualTLS: [] },
      { bearer: ['admin'], mutualTLS: [] },
      { basic: ['write'] },
      { basic: ['admin'] },
    ]);
  });

  it('requires the certificate on @SenderConstrained() routes, and accepts both kinds of tokens on others', async () => {
    const found = await document('3.1.0', [bearer(verify, { certificate: fromTls() }), password]);
    const both = { bearer: [], mutualTLS: [] };
    expect(securityOf(found, '')).toEqual([{ bearer: [] }, both, { basic: [] }]);
    expect(securityOf(found, '', 'post')).toEqual([both]);
  });

  it('requires the certificate with dpop() only if the source has required: true', async () => {
    const both = { dpop: [], mutualTLS: [] };
    const found = await document('3.1.0', [dpop(verify, { origin, certificate: fromTls() }), password]);
    // The key of DPoP is enough for @SenderConstrained().
    expect(securityOf(found, '', 'post')).toEqual([{ dpop: [] }, both]);
    const certificate = fromTls({ required: true });
    const strict = await document('3.1.0', [dpop(verify, { origin, certificate }), password]);
    expect(securityOf(strict, '', 'post')).toEqual([both]);
    expect(securityOf(strict, '')).toEqual([both, { basic: [] }]);
  });

  it.each(['3.0.0', '3.1.0'])('describes the tokens in words in version %s', async (version) => {
    const openapi = { type: 'openIdConnect', openIdConnectUrl: 'https://login.example/openid' } as const;
    const described = (certificate: ReturnType<typeof fromTls>, more: object = {}) =>
      document(version, [bearer(verify, { certificate, ...more }), dpop(verify, { origin, certificate }), password]);
    const bound = 'A token that is bound to a client certificate needs that certificate (RFC 8705)';
    expect((await described(fromTls(), { openapi })).components?.securitySchemes).toMatchObject({
      bearer: { ...openapi, description: bound },
      dpop: { type: 'http', scheme: 'dpop', description: bound },
      basic: { type: 'http', scheme: 'basic' },
    });
    const own = { openapi: { ...openapi, description: 'Ask the bank' } };
    expect((await described(fromTls({ required: true }), own)).components?.securitySchemes).toMatchObject({
      bearer: { ...openapi, description: 'Ask the bank' },
      dpop: { description: 'A token must be bound to a client certificate, and needs that certificate (RFC 8705)' },
    });
  });

  it('keeps the description of mutualTLS that the document already has', async () => {
    const own = { type: 'mutualTLS', description: 'Ask the bank for a certificate' } as never;
    const found = await document('3.1.0', [bearer(verify, { certificate: fromTls() }), password], (builder) =>
      builder.addSecurity('mutualTLS', own),
    );
    expect(found.components?.securitySchemes).toMatchObject({ mutualTLS: own });
  });
});
