import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { AuthModule, bearer, Public } from 'nestjs-http-auth';
import { jwt, type JwtVerifier } from 'nestjs-http-auth/jwt';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { audience, Issuer } from './support/issuer.js';

let issuer: Issuer;
let verify: JwtVerifier;

// The recipe of docs/guide/readiness.md.
@Injectable()
class IssuersHealth {
  constructor(private readonly health: HealthIndicatorService) {}

  async check() {
    const indicator = this.health.check('issuers');
    try {
      // It does not repeat a request that failed a few seconds ago.
      await verify.fetchKeys();
      return indicator.up();
    } catch {
      const missing = verify.issuers().filter(({ ready }) => !ready);
      return indicator.down({ missing: missing.map((one) => one.issuer) });
    }
  }
}

@Controller()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly issuers: IssuersHealth,
  ) {}

  @Public()
  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.issuers.check()]);
  }

  @Get('me') me() {}
}

beforeEach(async () => {
  issuer = await Issuer.start();
});

afterEach(() => issuer.stop());

describe.each(adapters)('The readiness probe of an application on %s', (_name, create) => {
  const application = async () => {
    verify = jwt({ issuer: issuer.url, audience, keys: { cooldown: 0 } });
    return start(create(), {
      imports: [
        TerminusModule.forRoot({ logger: false }),
        AuthModule.forRoot({ realm: 'Me', schemes: [bearer(verify)] }),
      ],
      controllers: [HealthController],
      providers: [IssuersHealth],
    });
  };

  it('is up if the keys of all issuers can be fetched, and then the first request does not wait for them', async () => {
    const app = await application();
    const answer = await send(app, '/ready');
    expect([answer.status, answer.json()]).toMatchObject([
      200,
      { status: 'ok', details: { issuers: { status: 'up' } } },
    ]);
    const asked = issuer.asked.length;
    expect((await send(app, '/me', { headers: bearerAuthorization(await issuer.token()) })).status).toBe(200);
    expect(issuer.asked).toHaveLength(asked);
  });

  it('is down while an issuer does not answer, and up again afterwards', async () => {
    issuer.intercept = (_, response) => response.writeHead(500).end();
    const app = await application();
    const answer = await send(app, '/ready');
    const details = { issuers: { status: 'down', missing: [issuer.url] } };
    expect([answer.status, answer.json()]).toMatchObject([503, { status: 'error', details }]);
    issuer.intercept = undefined;
    expect((await send(app, '/ready')).status).toBe(200);
  });

  it('stays up if the issuer stops after its keys were fetched', async () => {
    const app = await application();
    await send(app, '/ready');
    issuer.intercept = (_, response) => response.writeHead(500).end();
    expect((await send(app, '/ready')).status).toBe(200);
  });
});
