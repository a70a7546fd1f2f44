import { describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Res,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import {
  AuthModule,
  CurrentAuth,
  HttpAuthGuard,
  type HttpRequest,
  Public,
  Realm,
  type RealmOption,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';
import { schemes } from './support/schemes.js';

const byHost = ({ headers }: HttpRequest) => `Tenant ${headers['x-tenant'] as string}`;
const byHostLater = async (request: HttpRequest) => {
  await new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
  return byHost(request);
};

/** Routes whose 401 comes from the guard, from an exception and from the response object. */
@Controller()
class EverywhereController {
  @Get('closed') closed(@CurrentAuth('realm') realm: string) {
    return realm;
  }
  @Public() @Get('thrown') thrown() {
    throw new UnauthorizedException();
  }
  @Public() @Get('res') res(@Res() response: { status(code: number): { send(): void } }) {
    response.status(401).send();
  }
  @Public() @Get('open') open() {
    return 'open';
  }
}

const unauthorized = ['/closed', '/thrown', '/res', '/use'];

function refuseUse(app: INestApplication) {
  app.use('/use', (_request: unknown, response: import('node:http').ServerResponse) => {
    response.writeHead(401).end();
  });
}

const tenant = { headers: { 'x-tenant': 'a' } };
const challenges = (realm: string) => [`Bearer realm="${realm}"`, `Basic realm="${realm}", charset="UTF-8"`];

describe.each(adapters)('The realm on %s', (_name, adapter) => {
  const application = (realm: RealmOption, logger?: RecordingLogger) =>
    start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm, schemes })], controllers: [EverywhereController] },
      refuseUse,
      logger && { logger },
    );

  it.each([
    ['function', byHost],
    ['async function', byHostLater],
  ])('may be a %s of the request in the options, and is in the challenges of every 401', async (_kind, realm) => {
    const app = await application(realm);
    for (const path of unauthorized) {
      expect(await send(app, path, tenant)).toMatchObject({ status: 401, challenges: challenges('Tenant a') });
    }
    const admitted = { headers: { ...tenant.headers, ...basicAuthorization('alice', 'wonder:land') } };
    expect(await send(app, '/closed', admitted)).toMatchObject({ status: 200, body: 'Tenant a' });
  });

  it('is computed for each request', async () => {
    const app = await application(byHostLater);
    const realms = ['a', 'b', 'c', 'd'];
    const answers = await Promise.all(realms.map((name) => send(app, '/closed', { headers: { 'x-tenant': name } })));
    expect(answers.map((answer) => answer.challenges)).toEqual(realms.map((name) => challenges(`Tenant ${name}`)));
  });

  it.each([
    ['function', byHost],
    ['async function', byHostLater],
  ])('may be a %s in @Realm() on a controller, and a method may override it', async (_kind, realm) => {
    @Realm(realm)
    @Controller('tenants')
    class TenantsController extends EverywhereController {
      @Realm('Fixed') @Get('fixed') fixed() {}
    }
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes })],
      controllers: [TenantsController],
    });
    for (const path of ['closed', 'thrown', 'res']) {
      const answer = await send(app, `/tenants/${path}`, tenant);
      expect(answer).toMatchObject({ status: 401, challenges: challenges('Tenant a') });
    }
    expect((await send(app, '/tenants/fixed', tenant)).challenges).toEqual(challenges('Fixed'));
  });

  it('of @Realm() is in the challenges if globalGuard is false', async () => {
    @Realm(byHostLater)
    @Controller()
    class GuardedController {
      @UseGuards(HttpAuthGuard) @Get('guarded') guarded() {}
      @Get('res') res(@Res() response: { status(code: number): { send(): void } }) {
        response.status(401).send();
      }
    }
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes, globalGuard: false })],
      controllers: [GuardedController],
    });
    for (const path of ['/guarded', '/res']) {
      expect(await send(app, path, tenant)).toMatchObject({ status: 401, challenges: challenges('Tenant a') });
    }
  });

  it('may depend on a property that middleware sets on the request', async () => {
    const realm = (request: HttpRequest) => (request as HttpRequest & { tenant?: string }).tenant ?? 'nobody';
    @Injectable()
    class TenantGuard {
      canActivate() {
        return true;
      }
    }
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: (request) => realm((request.raw as never) ?? request), schemes })],
        controllers: [EverywhereController],
        providers: [TenantGuard],
      },
      (nest) => {
        nest.use((request: { tenant: string }, _response: unknown, next: () => void) => {
          request.tenant = 'found';
          next();
        });
      },
    );
    expect((await send(app, '/closed')).challenges).toEqual(challenges('found'));
    expect((await send(app, '/res')).challenges).toEqual(challenges('found'));
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('tenant database of secret-host is down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('tenant database of secret-host is down'))],
    ['returns undefined', () => undefined as unknown as string],
    ['returns an empty string', () => ''],
    ['returns a realm with a line break', () => 'a\r\nSet-Cookie: b=c'],
    ['resolves to a realm outside ASCII', async () => 'Zürich'],
  ] as [string, RealmOption][])('causes a 500 if its function %s', async (_what, realm) => {
    const logger = new RecordingLogger();
    const app = await application(realm, logger);
    for (const path of unauthorized) {
      const answer = await send(app, path);
      expect(answer).toMatchObject({ status: 500, challenges: [] });
      expect(answer.body).not.toContain('secret-host');
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    expect(logger.text()).toMatch(/secret-host is down|realm: the function returned an invalid realm/);
    expect(await send(app, '/open')).toMatchObject({ status: 200, body: 'open' });
  });

  it.each([
    ['Ada "Countess" \\ Lovelace', 'Ada \\"Countess\\" \\\\ Lovelace'],
    ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"],
  ])('[H-8][H-15][B-1] is a quoted-string with escaped quotes and backslashes: %s', async (realm, text) => {
    expect((await send(await application(realm), '/closed')).challenges).toEqual(challenges(text));
  });
});
