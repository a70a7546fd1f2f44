import { describe, expect, it } from '@jest/globals';
import { Controller, Get, type Type } from '@nestjs/common';
import {
  admit,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  bearerChallenge,
  OptionalAuth,
  passportStrategy,
  Public,
  type SchemeDefinition,
  Scopes,
  StepUp,
  type StepUpOptions,
  type StrategyActions,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';

const seconds = () => Math.floor(Date.now() / 1000);

/** The principals of the tokens, with the way and the time of their authentication. */
const tokens: Record<string, () => unknown> = {
  unknown: () => ({ name: 'alice' }),
  password: () => admit({ name: 'alice' }, { acr: 'pwd', authTime: seconds() - 10 }),
  recent: () => admit({ name: 'alice' }, { acr: 'mfa', authTime: seconds() - 10 }),
  // The members of an introspection response, or the claims of a JWT (RFC 9470 sections 6.1 and 6.2).
  claims: () => ({ sub: 'alice', acr: 'mfa', auth_time: seconds() - 10, scope: 'transfer' }),
  old: () => admit({ name: 'alice' }, { acr: 'mfa', authTime: seconds() - 4000, scopes: ['transfer'] }),
};

const options: AuthModuleOptions = {
  realm: 'Bank',
  schemes: [bearer(({ token }) => tokens[token]?.()), basic(() => ({ name: 'alice' }))],
};

@StepUp({ acrValues: ['hwk', 'mfa'] })
@Controller()
class RoutesController {
  @Get('class') strong() {
    return 'in';
  }
  @StepUp({ maxAge: 300 }) @Get('recent') recent() {
    return 'in';
  }
  @StepUp({ acrValues: ['mfa'], maxAge: 300 }) @Get('both') both() {
    return 'in';
  }
  @StepUp({ maxAge: 300 }) @Scopes('transfer') @Get('scoped') scoped() {
    return 'in';
  }
  @Public() @Get('public') open() {
    return 'in';
  }
}

const token = (name: string) => ({ headers: bearerAuthorization(name) });
const basicChallenge = 'Basic realm="Bank", charset="UTF-8"';
const challenge = (params: string) =>
  `Bearer realm="Bank", error="insufficient_user_authentication"${params === '' ? '' : `, ${params}`}`;

describe.each(adapters)('Step-up on %s', (_name, adapter) => {
  const application = (controllers: Type[] = [RoutesController], schemes: SchemeDefinition[] = [...options.schemes]) =>
    start(adapter(), { imports: [AuthModule.forRoot({ ...options, schemes })], controllers });

  it.each([
    ['/class', ['recent', 'old', 'claims'], ['unknown', 'password'], 'acr_values="hwk mfa"'],
    ['/recent', ['recent', 'password', 'claims'], ['unknown', 'old'], 'max_age="300"'],
    ['/both', ['recent', 'claims'], ['unknown', 'password', 'old'], 'acr_values="mfa", max_age="300"'],
  ])(
    '[U-1][U-2][U-3][U-4][U-6] challenges at %s if the acr or the auth_time of the token is insufficient',
    async (path, good, poor, params) => {
      const app = await application();
      for (const name of good)
        expect(await send(app, path, token(name))).toMatchObject({ status: 200, challenges: [] });
      for (const name of poor) {
        const answer = await send(app, path, token(name));
        expect(answer).toMatchObject({ status: 401, challenges: [challenge(params), basicChallenge] });
        expect(answer.json()).toEqual({ message: 'Unauthorized', statusCode: 401 });
      }
    },
  );

  it('[U-1] sends no insufficient_user_authentication if the token is missing or invalid', async () => {
    const app = await application();
    expect((await send(app, '/both')).challenges).toEqual(['Bearer realm="Bank"', basicChallenge]);
    expect((await send(app, '/both', token('nobody'))).challenges).toEqual([
      'Bearer realm="Bank", error="invalid_token"',
      basicChallenge,
    ]);
  });

  it('[U-4] has the scopes of the route in its challenge, and is checked before the scopes', async () => {
    const app = await application();
    const stepUp = challenge('max_age="300", scope="transfer"');
    expect(await send(app, '/scoped', token('old'))).toMatchObject({
      status: 401,
      challenges: [stepUp, basicChallenge],
    });
    expect(await send(app, '/scoped', token('unknown'))).toMatchObject({
      status: 401,
      challenges: [stepUp, basicChallenge],
    });
    expect(await send(app, '/scoped', token('password'))).toMatchObject({
      status: 403,
      challenges: ['Bearer realm="Bank", error="insufficient_scope", scope="transfer"'],
    });
    expect(await send(app, '/scoped', token('claims'))).toMatchObject({ status: 200 });
  });

  it('rejects a password, because its authentication time is unknown', async () => {
    const answer = await send(await application(), '/recent', { headers: basicAuthorization('alice', 'x') });
    expect(answer).toMatchObject({ status: 401, challenges: ['Bearer realm="Bank"', basicChallenge] });
  });

  it('[U-5] sends the same challenge for DPoP as for Bearer', async () => {
    const dpop = passportStrategy(
      {
        authenticate(this: StrategyActions) {
          this.success({ name: 'alice' });
        },
      },
      { scheme: 'DPoP', challenge: (realm, failure) => ({ ...bearerChallenge(realm, failure), scheme: 'DPoP' }) },
    );
    const answer = await send(await application([RoutesController], [dpop]), '/both', {
      headers: { authorization: 'DPoP abc' },
    });
    expect(answer).toMatchObject({
      status: 401,
      challenges: [challenge('acr_values="mfa", max_age="300"').replace('Bearer', 'DPoP')],
    });
  });

  it('does not apply to a method with @Public()', async () => {
    const app = await application();
    expect(await send(app, '/public', token('unknown'))).toMatchObject({ status: 200, challenges: [] });
  });

  it('throws an error at startup if its options are invalid, or if the route is optional', async () => {
    const wrong: [unknown, string][] = [
      [undefined, 'AController.go(): step-up: pass acrValues, maxAge or both'],
      [{}, 'AController.go(): step-up: pass acrValues, maxAge or both'],
      [{ maxAge: -1 }, 'AController.go(): step-up: maxAge must be a whole number'],
    ];
    for (const [asked, message] of wrong) {
      @Controller()
      class AController {
        @StepUp(asked as StepUpOptions) @Get() go() {}
      }
      await expect(application([AController])).rejects.toThrow(message);
    }
    @OptionalAuth()
    @Controller()
    class OpenController {
      @StepUp({ maxAge: 60 }) @Get() go() {}
    }
    await expect(application([OpenController])).rejects.toThrow(
      'step-up: the route is optional, so no client needs credentials',
    );
  });
});
