import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { adapters } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { curl, GuidePage, type RunningPage, shownBy } from './support/guide.js';
import { Vendor } from './support/vendor.js';
import { signed, VENDORS } from './support/vendor.tokens.js';

const running: RunningPage[] = [];
let vendor: Vendor | undefined;

beforeAll(() => {
  Logger.overrideLogger(false);
});

afterEach(async () => {
  for (const page of running.splice(0)) await page.stop();
  jest.restoreAllMocks();
  await vendor?.stop();
  vendor = undefined;
});

/** Starts the application of a page, until the test ends. */
async function start(page: GuidePage, adapter: string): Promise<RunningPage['app']> {
  const started = await page.start(adapter);
  running.push(started);
  return started.app;
}

const realFetch = globalThis.fetch;

/** The pages whose code runs here, with the number of their commands. */
const pages: [page: string, commands: number][] = [
  ['five-minutes.md', 5],
  ['staging-wall.md', 4],
  ['users-in-a-database.md', 2],
  ['multi-tenant.md', 3],
  ['private-registry.md', 4],
  ['docker-registry.md', 2],
  ['docker-tokens.md', 1],
  ['swagger-ui.md', 4],
];

describe.each(adapters)('The code of the guide on %s', (adapter) => {
  it.each(pages)('has the output of the commands in %s', async (name, commands) => {
    const page = new GuidePage(name);
    const app = await start(page, adapter);
    const outputs: string[] = [];
    for (const command of page.commands()) outputs.push(shownBy(command, await curl(app, command.line)));
    expect(outputs).toEqual(page.commands().map(({ output }) => output));
    expect(outputs).toHaveLength(commands);
  });

  it('gives Docker a token for a repository, from the password of the user', async () => {
    const app = await start(new GuidePage('docker-registry.md'), adapter);
    const issuer = await start(new GuidePage('docker-tokens.md'), adapter);
    const tokenFor = async (scope: string) => {
      const { body } = await curl(issuer, `curl -u alice:wonder:land localhost:3000/token?scope=${scope}`);
      return (JSON.parse(body) as { token: string }).token;
    };
    const status = async (method: string, name: string, token: string) =>
      (await curl(app, `curl -X ${method} -H "Authorization: Bearer ${token}" localhost/v2/${name}/manifests/latest`))
        .status;

    const own = await tokenFor('repository:alice/web:pull,push');
    expect(await status('PUT', 'alice/web', own)).toBe(201);
    expect(await status('GET', 'alice/web', own)).toBe(200);
    expect(await status('GET', 'alice/other', own)).toBe(403);
    const foreign = await tokenFor('repository:bob/web:pull,push');
    expect(await status('GET', 'bob/web', foreign)).toBe(200);
    expect(await status('PUT', 'bob/web', foreign)).toBe(403);
  });

  it('refuses the token of a tenant at the other tenant', async () => {
    const app = await start(new GuidePage('multi-tenant.md'), adapter);
    const authorization = 'Authorization: Bearer acme_xygcaBsY4uWYwSgErRka5WXq6_PaAGXm5sd3jRNv9wA';
    const statusAt = async (host: string) =>
      (await curl(app, `curl -H "Host: ${host}" -H "${authorization}" localhost:3000/me`)).status;
    expect([await statusAt('a.example'), await statusAt('b.example'), await statusAt('c.example')]).toEqual([
      200, 401, 401,
    ]);
  });
});

/** The pages of identity providers, with the vendor whose tokens they accept. */
const providers: [page: string, vendor: string][] = [
  ['keycloak.md', 'Keycloak'],
  ['auth0.md', 'Auth0'],
  ['entra-id.md', 'Entra ID, one tenant, version 2'],
  ['okta.md', 'Okta'],
  ['cognito.md', 'Amazon Cognito'],
  ['better-auth.md', 'Better Auth'],
  ['oidc-provider.md', 'oidc-provider'],
];

describe.each(adapters)('The identity providers of the guide on %s', (adapter) => {
  it.each(providers)('have their tokens accepted, and the errors of %s occur', async (name, vendorName) => {
    const { documents, accepted, refused } = (VENDORS[vendorName] as (typeof VENDORS)[string])();
    vendor = await Vendor.start(documents);
    const { fetch: toVendor } = vendor;
    jest.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
      const url = input instanceof Request ? input.url : input.toString();
      // The vendor itself is on this machine.
      return url.startsWith('http://127.0.0.1') ? realFetch(url, init) : (toVendor(url, init as never) as never);
    });
    const page = new GuidePage(`identity-providers/${name}`);
    const app = await start(page, adapter);

    const [first] = Object.values(accepted);
    const TOKEN = await signed(first as never);
    const commands = page.commands();
    const outputs: string[] = [];
    for (const command of commands) outputs.push(shownBy(command, await curl(app, command.line, { TOKEN })));
    expect(outputs).toEqual(commands.map(({ output }) => output));
    expect(commands).toHaveLength(2);

    const tokens = await Promise.all(Object.values(refused).map(signed));
    const reasons = await Promise.all(
      [...tokens, 'opaque'].map(async (token) => {
        const { challenges } = await send(app, '/me', { headers: bearerAuthorization(token) });
        return /error_description="([^"]*)"/.exec(challenges[0] ?? '')?.[1];
      }),
    );
    expect(page.messages()).toHaveLength(3);
    expect(page.messages().filter((message) => !reasons.includes(message))).toEqual([]);
  });
});

describe('The pages about troubleshooting', () => {
  it('have the messages of the library as their headings', () => {
    const source = messages();
    const names = ['browsers', 'tokens', 'routes', 'startup'].map((about) => `troubleshooting-${about}.md`);
    const headings = names.flatMap((name) => new GuidePage(name).headings()).filter((heading) => MESSAGE.test(heading));
    // The name of a function may be added to a message later.
    const parts = (heading: string) => heading.replace(/^\w+\(\): /, '').split(/…|; /);
    const unknown = headings.filter((heading) => !parts(heading).every((part) => source.includes(part)));
    expect(unknown).toEqual([]);
    expect(headings.length).toBeGreaterThan(10);
  });
});

describe('The page about performance', () => {
  it('has the figures of the benchmarks', () => {
    const docs = fileURLToPath(new URL('../docs', import.meta.url));
    const rowsOf = (page: string) =>
      [...readFileSync(join(docs, page), 'utf8').matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) =>
        row.split('|').map((cell) => cell.replace(/ \(.*\)/, '').trim()),
      );
    // Other tables of the page have fewer columns.
    const results = rowsOf('benchmarks.md').filter((cells) => cells.length === 7);
    const measured = new Map(results.map(([name = '', ...cells]) => [name, cells]));
    const shown = rowsOf('performance.md').filter(([name = '']) => measured.has(name));
    // The columns: empty guard, nestjs-http-auth, by hand (or fast-jwt by hand), passport.
    const wrong = shown.filter(([name = '', empty, ours, hand, passport]) => {
      const [emptyGuard, library, byHand, fastJwt, viaPassport] = measured.get(name) ?? [];
      const other = byHand === '—' ? fastJwt : byHand;
      return empty !== emptyGuard || ours !== library || hand !== other || passport !== viaPassport;
    });
    expect(wrong).toEqual([]);
    expect(shown).toHaveLength(6);
  });
});

/** A heading that is a message, and not a symptom. */
const MESSAGE = /^(?:The (?:token|issuer|key|client) |Basic is|AuthModule: |\w+\(\): |….…\(\): )/;

/** Returns the source code of the library, with each message on one line, and `…` for its changing parts. */
function messages(): string {
  const folder = fileURLToPath(new URL('../libs/http-auth/src', import.meta.url));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n')
    .replace(/['`] \+\s*['`]/g, '')
    .replace(/\$\{[^}]*\}/g, '…');
}
