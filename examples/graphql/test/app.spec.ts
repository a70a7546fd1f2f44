import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adapters, start } from '../../../test/support/application.js';
import { bearerAuthorization } from '../../../test/support/client.js';
import { ask } from '../../../test/support/graphql.js';
import { audience, Issuer } from '../../../test/support/issuer.js';
import { AppModule } from '../src/app.module.js';

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.start();
});

afterAll(() => issuer.stop());

describe.each(adapters)('The GraphQL API on %s', (_, adapter) => {
  const application = () => start(adapter(), { imports: [AppModule.forIssuer({ issuer: issuer.url, audience })] });

  it('opens a public query', async () => {
    expect((await ask(await application(), '{ titles }')).result.data).toEqual({ titles: ['Alice in Wonderland'] });
  });

  it('responds with 401 and a challenge if a closed query comes without a token', async () => {
    expect(await ask(await application(), '{ me }')).toMatchObject({
      status: 401,
      challenges: ['Bearer realm="Library"'],
      codes: ['UNAUTHENTICATED'],
    });
  });

  it('accepts a token', async () => {
    const headers = bearerAuthorization(await issuer.token());
    expect((await ask(await application(), '{ me }', headers)).result.data).toEqual({ me: 'alice' });
  });

  it('runs a mutation only if the token has its scope', async () => {
    const app = await application();
    const add = 'mutation { add(title: "Through the Looking-Glass") }';
    const reader = await ask(app, add, bearerAuthorization(await issuer.token()));
    expect(reader).toMatchObject({
      status: 403,
      challenges: ['Bearer realm="Library", error="insufficient_scope", scope="books:write"'],
    });
    const writer = await ask(app, add, bearerAuthorization(await issuer.token({ scope: 'books:write' })));
    expect(writer.result.data).toEqual({ add: 2 });
  });
});
