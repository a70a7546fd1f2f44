import { describe, expect, it } from '@jest/globals';
import { adapters, start } from '../../../test/support/application.js';
import { bearerAuthorization, send } from '../../../test/support/client.js';
import { newKey, now, pemOf, sign } from '../../../test/support/issuer.js';
import { AppModule as After } from '../after/app.module.js';
import { AppModule as Before } from '../before/app.module.js';
import { AppModule as During } from '../during/app.module.js';

const key = newKey('first', 'RS256');
const settings = { issuer: 'https://login.example', audience: 'https://api.example', publicKey: pemOf(key) };
const claims = { iss: settings.issuer, aud: settings.audience };

const bearer = 'Bearer realm="Users"';
const invalid = `${bearer}, error="invalid_token"`;
const expired = `${invalid}, error_description="The token has expired"`;

/** The answers that change. The others must be equal. */
const stages = [
  { stage: 'before', module: Before, missing: [], refused: [], late: [], withoutEnd: 200 },
  { stage: 'during', module: During, missing: [bearer], refused: [invalid], late: [invalid], withoutEnd: 200 },
  { stage: 'after', module: After, missing: [bearer], refused: [invalid], late: [expired], withoutEnd: 401 },
];

describe.each(stages)('The application $stage the migration', ({ module, missing, refused, late, withoutEnd }) => {
  describe.each(adapters)('on %s', (_, adapter) => {
    const application = () => start(adapter(), { imports: [module.with(settings)] });
    const ask = async (token: string) => send(await application(), '/me', { headers: bearerAuthorization(token) });

    it('accepts a token of the issuer', async () => {
      expect((await ask(await sign(key, claims))).json()).toEqual({ name: 'alice' });
    });

    it('refuses a request without a token', async () => {
      expect(await send(await application(), '/me')).toMatchObject({ status: 401, challenges: missing });
    });

    it('refuses a token that has expired', async () => {
      expect(await ask(await sign(key, { ...claims, exp: now() - 60 }))).toMatchObject({
        status: 401,
        challenges: late,
      });
    });

    it('refuses a token of an account that has been closed', async () => {
      expect(await ask(await sign(key, { ...claims, sub: 'mallory' }))).toMatchObject({
        status: 401,
        challenges: refused,
      });
    });

    it.each([
      ['for another audience', { aud: 'https://other.example' }],
      ['of another issuer', { iss: 'https://other.example' }],
    ])('refuses a token %s', async (_reason, wrong) => {
      expect(await ask(await sign(key, { ...claims, ...wrong }))).toMatchObject({ status: 401 });
    });

    it('refuses a token of another key', async () => {
      expect(await ask(await sign(newKey('first', 'RS256'), claims))).toMatchObject({ status: 401 });
    });

    it('checks that a token ends', async () => {
      expect((await ask(await sign(key, { ...claims, exp: undefined }))).status).toBe(withoutEnd);
    });
  });
});
