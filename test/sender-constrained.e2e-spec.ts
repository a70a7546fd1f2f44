import { describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, type Type, UseGuards } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import {
  admit,
  type AuthEvent,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  type CertificateSource,
  cookie,
  HttpAuthGuard,
  OptionalAuth,
  protect,
  Public,
  type RouteEntry,
  RouteReport,
  Schemes,
  SenderConstrained,
  StepUp,
} from 'nestjs-http-auth';
import { dpop } from 'nestjs-http-auth/dpop';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { asUser, dpopKey, dpopProof, withTestUsers } from 'nestjs-http-auth/testing';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';

const origin = 'https://api.example';
const key = dpopKey();
const thumbprint = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';

/** The tokens by their names. */
const tokens: Record<string, () => unknown> = {
  free: () => ({ name: 'alice' }),
  key: () => admit({ name: 'alice' }, { confirmation: { jkt: key.jkt } }),
  certificate: () => admit({ name: 'alice' }, { confirmation: { 'x5t#S256': thumbprint } }),
};

const verify = ({ token }: { token: string }) => tokens[token]?.() as object;

/** A source that finds the certificate of every client. */
const certificate: CertificateSource = { find: () => ({ thumbprint }) };

const byCertificate = bearer(verify, { certificate });
const byKey = dpop(verify, { origin });
const byPassword = basic(() => ({ name: 'alice' }));

@Controller()
class PaymentsController {
  @SenderConstrained() @Get('payments') list() {
    return 'in';
  }
  @Get('news') news() {
    return 'in';
  }
}

@SenderConstrained()
@Controller('class')
class AccountsController {
  @Get() list() {
    return 'in';
  }
  @Public() @Get('public') open() {
    return 'in';
  }
  @StepUp({ acrValues: ['mfa'] }) @Get('strong') strong() {
    return 'in';
  }
}

@Controller('sub')
class SubController extends AccountsController {}

const description = 'The route requires a token that is bound to a key or a certificate of the client';
const unbound = `error="invalid_token", error_description="${description}"`;
const dpopChallenge = 'DPoP realm="Bank", algs="ES256 Ed25519 EdDSA PS256"';

describe.each(adapters)('@SenderConstrained() on %s', (_name, adapter) => {
  const startWith = (
    schemes: AuthModuleOptions['schemes'],
    {
      controllers = [PaymentsController],
      prepare,
      ...more
    }: Partial<AuthModuleOptions> & { controllers?: Type[]; prepare?: (app: INestApplication) => unknown } = {},
  ) => start(adapter(), { imports: [AuthModule.forRoot({ realm: 'Bank', schemes, ...more })], controllers }, prepare);

  const withKey = (token: string, path: string) => ({
    headers: { authorization: `DPoP ${token}`, dpop: dpopProof({ key, url: origin + path, token }) },
  });
  const bearerToken = (token: string) => ({ headers: bearerAuthorization(token) });

  it('accepts tokens that are bound to a key or a certificate', async () => {
    const app = await startWith([byKey, byCertificate]);
    expect(await send(app, '/payments', withKey('key', '/payments'))).toMatchObject({ status: 200 });
    expect(await send(app, '/payments', bearerToken('certificate'))).toMatchObject({ status: 200 });
  });

  it('refuses a token that is not bound with 401 invalid_token', async () => {
    const app = await startWith([byKey, byCertificate]);
    expect(await send(app, '/payments', bearerToken('free'))).toMatchObject({
      status: 401,
      challenges: [dpopChallenge, `Bearer realm="Bank", ${unbound}`],
    });
    expect(await send(app, '/news', bearerToken('free'))).toMatchObject({ status: 200 });
  });

  it('tells the client of a Bearer token the reason if only DPoP checks a binding', async () => {
    const app = await startWith([byKey, bearer(verify)]);
    expect(await send(app, '/payments', bearerToken('free'))).toMatchObject({
      status: 401,
      challenges: [dpopChallenge, `Bearer realm="Bank", ${unbound}`],
    });
    expect((await send(app, '/payments', bearerToken('key'))).status).toBe(401);
    expect(await send(app, '/payments', withKey('free', '/payments'))).toMatchObject({ status: 401 });
  });

  it('does not accept schemes outside of OAuth, and does not challenge for them', async () => {
    const app = await startWith([byKey, byPassword, cookie(() => ({ name: 'alice' }), { name: 'sid' })]);
    const password = basicAuthorization('alice', 'wonder:land');
    for (const headers of [password, { cookie: 'sid=1' }, {}]) {
      expect(await send(app, '/payments', { headers })).toMatchObject({ status: 401, challenges: [dpopChallenge] });
    }
    expect(await send(app, '/news', { headers: password })).toMatchObject({ status: 200 });
  });

  it('holds for all methods of a class and of its subclasses, except public ones', async () => {
    const app = await startWith([byCertificate], { controllers: [AccountsController, SubController] });
    for (const path of ['/class', '/sub']) {
      expect(await send(app, path, bearerToken('free'))).toMatchObject({ status: 401 });
      expect(await send(app, path, bearerToken('certificate'))).toMatchObject({ status: 200 });
    }
    expect(await send(app, '/class/public')).toMatchObject({ status: 200 });
  });

  it('comes before the step-up', async () => {
    const app = await startWith([byCertificate], { controllers: [AccountsController] });
    expect(await send(app, '/class/strong', bearerToken('free'))).toMatchObject({
      challenges: [`Bearer realm="Bank", ${unbound}`],
    });
    expect(await send(app, '/class/strong', bearerToken('certificate'))).toMatchObject({
      challenges: ['Bearer realm="Bank", error="insufficient_user_authentication", acr_values="mfa"'],
    });
  });

  it('has the same effect as senderConstrained of protect()', async () => {
    const app = await startWith([byCertificate, byPassword], {
      prepare: (one) => protect(one, '/news', { senderConstrained: true }),
    });
    expect(await send(app, '/news', bearerToken('free'))).toMatchObject({ status: 401 });
    expect(await send(app, '/news', bearerToken('certificate'))).toMatchObject({ status: 200 });
    expect(await send(app, '/news', { headers: basicAuthorization('alice', 'x') })).toMatchObject({ status: 401 });
    const [entry] = app
      .get(RouteReport)
      .routes()
      .filter(({ path }) => path === '/news');
    expect(entry).toMatchObject({ schemes: ['Bearer'], senderConstrained: true });
    await expect(
      startWith([byCertificate], { prepare: (one) => protect(one, { senderConstrained: 'yes' as never }) }),
    ).rejects.toThrow('protect(): senderConstrained must be true or false');
  });

  it('holds for a route behind a protected path that accepts more', async () => {
    const app = await startWith([byCertificate, byPassword], { prepare: (one) => protect(one) });
    const { challenges, status } = await send(app, '/payments', { headers: basicAuthorization('alice', 'x') });
    expect([status, challenges]).toEqual([401, ['Bearer realm="Bank"']]);
    expect(await send(app, '/payments', bearerToken('free'))).toMatchObject({ status: 401 });
    expect(await send(app, '/payments', bearerToken('certificate'))).toMatchObject({ status: 200 });
  });

  it('is in the route report, in its table and in the OpenAPI document', async () => {
    const logger = new RecordingLogger();
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Bank', schemes: [byKey, byPassword], printRoutes: true })],
        controllers: [PaymentsController],
      },
      undefined,
      { logger },
    );
    const asked = ({ handler, schemes, senderConstrained }: RouteEntry) => ({ handler, schemes, senderConstrained });
    expect(app.get(RouteReport).routes().map(asked)).toEqual([
      { handler: 'list', schemes: ['DPoP'], senderConstrained: true },
      { handler: 'news', schemes: ['DPoP', 'Basic'], senderConstrained: undefined },
    ]);
    expect(logger.text()).toMatch(/\/payments +required +DPoP \(bound tokens\) +Bank/);
    const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    expect(document.paths['/payments']?.get).toMatchObject({
      security: [{ dpop: [] }],
      responses: {
        401: {
          description:
            'Unauthorized: the credentials are missing or refused; a token must be bound to a key or a certificate of the client',
        },
      },
    });
  });

  it('causes an event with the reason and the user', async () => {
    const app = await startWith([byCertificate], { subject: (user) => (user as { name: string }).name });
    const events: AuthEvent[] = [];
    app.get(AuthEvents).on('refused', (event) => void events.push(event));
    await send(app, '/payments', bearerToken('free'));
    expect(events).toMatchObject([{ reason: 'invalid', status: 401, message: description, subject: 'alice' }]);
  });

  it.each([
    ['dpop()', byKey],
    ['bearer()', byCertificate],
  ])('accepts test users of %s with a confirmation', async (_scheme, scheme) => {
    const module = await withTestUsers(
      Test.createTestingModule({
        imports: [AuthModule.forRoot({ realm: 'Bank', schemes: [scheme] })],
        controllers: [PaymentsController],
      }),
    ).compile();
    const app = module.createNestApplication(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const bound = asUser({ name: 'alice' }, { confirmation: { jkt: key.jkt } });
    expect((await send(app, '/payments', { headers: bound })).status).toBe(200);
    expect((await send(app, '/payments', { headers: asUser({ name: 'alice' }) })).status).toBe(401);
    await app.close();
  });

  it.each<[string, MethodDecorator, string]>([
    ['public', Public(), 'public'],
    ['optional', OptionalAuth(), 'optional'],
  ])('stops the startup on a route that is %s', async (_kind, decorator, access) => {
    @Controller()
    class WrongController {
      @decorator @SenderConstrained() @Get() wrong() {}
    }
    await expect(startWith([byKey], { controllers: [WrongController] })).rejects.toThrow(
      `WrongController.wrong(): sender-constrained: the route is ${access}, so no client needs credentials; close the route or remove @SenderConstrained()`,
    );
  });

  it.each([[[byPassword, bearer(verify)]], [[bearer(verify)]]])(
    'stops the startup if no scheme of the route checks a binding',
    async (schemes) => {
      await expect(startWith(schemes)).rejects.toThrow(
        /^PaymentsController\.list\(\): sender-constrained: .*Bearer does not check what a token is bound to, so the route would refuse every request; add dpop\(\)/,
      );
      await expect(
        startWith(schemes, { controllers: [], prepare: (one) => protect(one, { senderConstrained: true }) }),
      ).rejects.toThrow(/^sender-constrained: /);
    },
  );

  it('stops the startup if @Schemes() names only other schemes', async () => {
    @Controller()
    class WrongController {
      @Schemes('basic') @SenderConstrained() @Get() wrong() {}
    }
    await expect(startWith([byKey, byPassword], { controllers: [WrongController] })).rejects.toThrow(
      'WrongController.wrong(): sender-constrained: Basic does not check what a token is bound to',
    );
  });

  it('stops the startup if the guard does not run on the route', async () => {
    const refused = startWith([byKey], { globalGuard: false });
    await expect(refused).rejects.toThrow(
      'PaymentsController.list(): @Scopes(), @Roles(), @StepUp() or @SenderConstrained() has no effect because HttpAuthGuard does not run',
    );
    @UseGuards(HttpAuthGuard)
    @Controller()
    class GuardedController {
      @SenderConstrained() @Get('payments') list() {}
    }
    const app = await startWith([byCertificate], { globalGuard: false, controllers: [GuardedController] });
    expect(await send(app, '/payments', bearerToken('free'))).toMatchObject({ status: 401 });
  });
});
