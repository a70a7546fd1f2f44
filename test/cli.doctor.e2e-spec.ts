import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Module,
  type NestApplicationOptions,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthModule, type AuthModuleOptions, basic, bearer, passportStrategy, Public } from 'nestjs-http-auth';
import { digest, htdigest } from 'nestjs-http-auth/digest';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt } from 'nestjs-http-auth/jwt';
import { htpasswd, users } from 'nestjs-http-auth/passwords';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import ts from 'typescript';
import { run } from '../libs/http-auth/src/cli/run.js';
import { adapters, rootModule } from './support/application.js';
import { newApplication } from './support/new.application.js';

const packages = fileURLToPath(new URL('../node_modules', import.meta.url));
const library = fileURLToPath(new URL('../libs/http-auth', import.meta.url));

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-doctor-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(cwd, file)), { recursive: true });
  writeFileSync(join(cwd, file), text);
}

/** A main file as the Nest CLI writes it, with the parts of a test. */
const MAIN = `
  import { NestFactory } from '@nestjs/core';
  const { root, adapter, options, prepare } = globalThis.shop;
  async function bootstrap() {
    const app = await NestFactory.create(root(), ...adapter(), options);
    await prepare(app);
    await app.listen(0);
    throw new Error('the application listens');
  }`;

/** The parts of the application. */
interface Shop {
  readonly auth?: Partial<AuthModuleOptions> | (() => Partial<AuthModuleOptions>);
  readonly adapter?: () => unknown[];
  readonly options?: NestApplicationOptions;
  readonly prepare?: (app: INestApplication) => unknown;
  readonly main?: string;
}

@Controller()
class ShopController {
  @Get('orders') orders() {}
  @Public() @Get('health') health() {}
}

@Controller()
class OrdersController {
  @Get('orders') orders() {}
}

const limited = () => basic(() => null, { limits: { limiter: new RateLimiterMemory({ points: 1, duration: 1 }) } });

/** Writes an application, and links the packages. */
function application({ auth, main = `${MAIN}\nawait bootstrap();`, ...parts }: Shop = {}): void {
  const root = () => {
    const given = typeof auth === 'function' ? auth() : auth;
    return rootModule({
      imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [limited()], tlsTerminated: true, ...given })],
      controllers: [OrdersController],
    });
  };
  const shop = { root, adapter: () => [], options: {}, prepare: () => undefined, ...parts };
  Object.assign(globalThis, { shop });
  write('dist/main.mjs', main);
  symlinkSync(packages, join(cwd, 'node_modules'));
}

/** Trusts a proxy, as the application should. */
const trust = (app: INestApplication) =>
  (app as INestApplication & { set(...args: unknown[]): void }).set('trust proxy', 'loopback');

/** Returns the output of the command and its exit code. */
async function doctor(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(['doctor', ...args], {
    cwd,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    ask: () => Promise.reject(new Error('the command does not ask for a password')),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** Returns the findings of one check, each with its level, its message and its fix, and the exit code. */
async function findings(check: string, ...args: string[]) {
  const { code, out } = await doctor(args[0] ?? 'dist/main.mjs', '--json', ...args.slice(1));
  const all = JSON.parse(out) as { check: string; level: string; message: string; fix?: string }[];
  return {
    code,
    found: all.filter((one) => one.check === check).map(({ level, message }) => `${level} ${message}`),
    all,
  };
}

const only = (text: string | RegExp) => [
  typeof text === 'string' ? expect.stringContaining(text) : expect.stringMatching(text),
];

describe('nestjs-http-auth doctor', () => {
  it('prints the result of each check for a main file, which does not listen', async () => {
    application({ prepare: trust });
    const { code, out, err } = await doctor('dist/main.mjs');
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(
        /^OK    versions     Node\.js v\S+, @nestjs\/core \S+, passport \S+, and all other packages have supported versions$/,
      ),
      'OK    copies       nestjs-http-auth and Nest are installed once',
      'OK    startup      the application can be created',
      'OK    open routes  routes: 1, all need credentials',
      'OK    proxies      only named proxies are trusted',
      'OK    CORS         enableCors() is not called, so pages of other origins cannot read responses, unless a middleware allows them',
      'OK    TLS          a proxy terminates TLS (tlsTerminated)',
      'OK    passwords    no hashes are in files or in the configuration',
      'OK    limits       failed logins are limited, for all instances together',
      'OK    plain HTTP   no verifier sets allowInsecureHttp',
      'OK    issuers      the application has no issuers of JWTs',
      '',
      'failed: 0, warnings: 0',
    ]);
  });

  it('prints JSON if --json is given', async () => {
    application({ auth: { schemes: [basic(() => null, { limits: false })] } });
    const { all } = await findings('');
    expect(all).toContainEqual({
      check: 'limits',
      level: 'WARN',
      message: 'Basic does not limit failed logins, so passwords can be guessed without an end',
      fix: 'remove limits: false, or limit the attempts in your own scheme',
    });
  });

  it('exits with 1 if a check fails', async () => {
    application({ options: { cors: { origin: true, credentials: true } } });
    expect(await doctor('dist/main.mjs')).toMatchObject({
      code: 1,
      out: expect.stringContaining('-> list the origins of your pages'),
    });
  });

  it.each([
    ['that awaits listen()', `${MAIN}\nawait bootstrap();`],
    ['that does not wait', `${MAIN}\nvoid bootstrap();`],
    ['that creates the application later', `${MAIN}\nvoid Promise.resolve().then(bootstrap);`],
    ['that exports a module as well', `${MAIN}\nvoid bootstrap();\nexport class Other {}`],
  ])('creates the application of a main file %s', async (_what, main) => {
    application({ main });
    expect(await findings('startup')).toMatchObject({ code: 0, found: ['OK the application can be created'] });
  });

  it('creates the application of a function, and leaves NestFactory as it was', async () => {
    const { create } = NestFactory;
    application({
      main: `${MAIN.replace('await app.listen(0);', 'return app;')}\nexport { bootstrap };`,
      prepare: trust,
    });
    expect((await findings('proxies', 'dist/main.mjs#bootstrap')).found).toEqual(['OK only named proxies are trusted']);
    expect(NestFactory.create).toBe(create);
  });

  it('does not check the settings of main.ts if the argument is a module', async () => {
    application({ main: 'export const AppModule = globalThis.shop.root();', auth: { tlsTerminated: false } });
    const { code, all } = await findings('');
    expect(code).toBe(0);
    const unknown = all.filter(({ message }) => message.includes('main.ts is not run'));
    expect(unknown.map(({ check, level }) => `${level} ${check}`)).toEqual(['INFO proxies', 'INFO CORS', 'INFO TLS']);
  });

  it.each([
    ['no file', [], 'nestjs-http-auth doctor: the argument must be one file, e.g. dist/main.js; see --help'],
    ['two files', ['a.js', 'b.js'], 'the argument must be one file'],
    ['an unknown option', ['dist/main.mjs', '--jsn'], "nestjs-http-auth doctor: Unknown option '--jsn'; see --help"],
    ['a folder', ['dist'], 'dist: it is not a file; name a built file, e.g. dist/main.js'],
    ['another kind of file', ['main.unknown'], 'main.unknown: Node.js cannot load this kind of file; build the app'],
    ['a file that does not exist', ['a.js'], 'a.js: the file does not exist; build the application first'],
    ['an export that does not exist', ['dist/main.mjs#no'], '"no" is not an exported module or function'],
  ])('exits with 2 for %s', async (_what, args, problem) => {
    application({ main: 'export {};' });
    // Jest loads every file, so the file throws the error of Node.js.
    write('main.unknown', "throw Object.assign(new Error('Unknown'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' });");
    expect(await doctor(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(problem) });
  });
});

describe.each(adapters)('nestjs-http-auth doctor of an application on %s', (platform, adapter) => {
  const isFastify = platform === 'Fastify';
  const shop = (parts: Shop) => application({ adapter: () => [adapter()], ...parts });

  /** Writes an application that trusts these proxies. */
  const trusting = (proxies: unknown, auth: Partial<AuthModuleOptions> = {}) =>
    application({
      auth,
      adapter: () => [isFastify ? new FastifyAdapter({ trustProxy: proxies as string }) : new ExpressAdapter()],
      ...(!isFastify && {
        prepare: (app: INestApplication & { set?(...args: unknown[]): void }) => app.set?.('trust proxy', proxies),
      }),
    });

  it.each([
    ['all proxies', true, 'FAIL every proxy is trusted, so a client can choose its own address'],
    ['a network', '10.0.0.0/8', 'OK only named proxies are trusted'],
    ['one hop', 1, 'OK the number of trusted proxies is 1, which is right if clients cannot reach'],
    ['a function', () => true, 'INFO a function decides which proxies are trusted, so they are not known'],
    ['no proxy behind a proxy', false, 'WARN a proxy terminates TLS (tlsTerminated), but no proxy is trusted'],
  ])('rates the trust of %s', async (_what, proxies, expected) => {
    trusting(proxies);
    expect((await findings('proxies')).found).toEqual(only(expected));
  });

  it('cannot rate an application without proxies', async () => {
    shop({ auth: { tlsTerminated: false } });
    expect((await findings('proxies')).found).toEqual(only('INFO no proxy is trusted, which is right if'));
  });

  it.each([
    [{ origin: true, credentials: true }, 'FAIL credentials: true, and every page of the web may use the application'],
    [{ origin: [/./], credentials: true }, 'FAIL credentials: true, and every page of the web may use the application'],
    [{ credentials: true }, "FAIL credentials: true, and origin is '*', so browsers refuse each response"],
    [
      { origin: ['https://shop.example'], credentials: true },
      'OK scripts of allowed origins can read WWW-Authenticate',
    ],
    [{ allowedHeaders: 'content-type, accept' }, 'WARN allowedHeaders has no Authorization'],
    [{ allowedHeaders: ['authorization'] }, 'OK scripts of allowed origins'],
    [{ origin: [/\.shop\.example$/] }, 'INFO a regular expression decides about each origin'],
    [{ origin: () => undefined, credentials: true }, 'INFO a function decides about each origin'],
  ])('rates the options of CORS: %j', async (cors, expected) => {
    shop({ prepare: (app) => app.enableCors(cors) });
    expect((await findings('CORS')).found).toEqual(only(expected));
  });

  it('rates the options of CORS of NestFactory.create()', async () => {
    shop({ options: { cors: true } });
    expect((await findings('CORS')).found).toEqual(only('OK scripts of allowed origins'));
  });

  it('cannot rate a function of CORS', async () => {
    shop({
      prepare: (app) =>
        app.enableCors((_request: unknown, callback: (error: null, options: object) => void) => callback(null, {})),
    });
    expect((await findings('CORS')).found).toEqual(only('INFO a function decides'));
  });

  it('warns if Basic is offered over plain HTTP, also if the scheme has another name', async () => {
    shop({ auth: { tlsTerminated: false, schemes: [basic(() => null, { name: 'staff', optIn: false })] } });
    expect((await findings('TLS')).found).toEqual(only('WARN Basic is offered over plain HTTP'));
  });

  it('does not warn if only tokens are sent over plain HTTP', async () => {
    shop({ auth: { tlsTerminated: false, schemes: [bearer(() => null)] } });
    expect((await findings('TLS')).found).toEqual(only('INFO the server uses plain HTTP'));
  });
});

describe('The checks of nestjs-http-auth doctor', () => {
  const shopModule = (options: Partial<AuthModuleOptions> = {}) =>
    rootModule({
      imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [limited()], ...options })],
      controllers: [ShopController],
    });

  /** Writes an application with an open route. */
  function open(options: Partial<AuthModuleOptions> = {}): void {
    application({ main: 'export const AppModule = globalThis.open();' });
    Object.assign(globalThis, { open: () => shopModule(options) });
  }

  it('warns about open routes, unless the baseline has them', async () => {
    open();
    expect((await findings('open routes')).found).toEqual([
      'WARN routes without credentials: 1 of 2 (/health GET public)',
    ]);
    write('http-auth-routes.json', '["/health GET public"]');
    expect((await findings('open routes')).found).toEqual(['OK routes: 2, 1 open as in http-auth-routes.json']);
  });

  it('warns about routes without the guard', async () => {
    open({ globalGuard: false });
    expect((await findings('open routes')).found).toEqual([
      'WARN HttpAuthGuard does not run on GET /orders, GET /health',
      'WARN routes without credentials: 2 of 2 (/orders GET public, /health GET public)',
    ]);
  });

  it('does not ask for limits if the application has no passwords', async () => {
    application({ auth: { schemes: [bearer(() => null)] } });
    expect((await findings('limits')).found).toEqual(['OK the application has no scheme with passwords']);
  });

  it('tells which limits are in memory', async () => {
    application({ auth: { schemes: [basic(() => null)] } });
    expect((await findings('limits')).found).toEqual(only('INFO Basic: failures are counted in memory'));
  });

  it('warns about a scheme with passwords that does not limit failed logins', async () => {
    const strategy = passportStrategy({ authenticate() {} }, { scheme: 'Basic' });
    application({ auth: { schemes: [digest(() => null, { limits: false }), strategy, bearer(() => null)] } });
    expect((await findings('limits')).found).toEqual(
      ['Digest', 'Basic'].map(
        (name) => `WARN ${name} does not limit failed logins, so passwords can be guessed without an end`,
      ),
    );
  });

  it('warns about allowInsecureHttp, without the credentials of the URL', async () => {
    application({
      auth: () => ({
        schemes: [
          bearer(
            introspection({
              endpoint: 'http://login.internal/introspect',
              audience: 'shop',
              clientId: 'shop',
              clientSecret: 'a-secret',
              allowInsecureHttp: true,
            }),
          ),
        ],
      }),
    });
    const { out } = await doctor('dist/main.mjs');
    expect(out).toContain('WARN  plain HTTP   allowInsecureHttp is set for http://login.internal/introspect');
    expect(out).not.toContain('a-secret');
  });

  it('warns about weak hashes and skipped lines, without users and hashes', async () => {
    const weak = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';
    write('users.htpasswd', `alice:${weak}\nbob:plain-text-password\ncarol:${weak}\n`);
    application({
      auth: () => ({
        schemes: [
          basic(htpasswd(join(cwd, 'users.htpasswd'))),
          basic(users({ dave: '$2b$08$E8plf.qPEf.MHo/U8haZNuCeA0p5YVh3zeJFKJfQxbiq0I2NIBW4G' }), { name: 'staff' }),
        ],
      }),
    });
    const { out } = await doctor('dist/main.mjs');
    const lines = out.split('\n').filter((line) => line.startsWith('WARN  passwords'));
    expect(lines.map((line) => line.replace(cwd, '.').slice(19))).toEqual([
      'htpasswd(./users.htpasswd): a user cannot log in because of line 2: its password is plain text; make a hash with npx nestjs-http-auth hash',
      'htpasswd(./users.htpasswd): hashes weaker than OWASP recommends: 2 of 2 ({SHA})',
      'users(): hashes weaker than OWASP recommends: 1 of 1 ($2$8)',
    ]);
    expect(out).not.toMatch(/alice|bob|dave|plain-text-password|W6ph5|E8plf/);
  });

  it('warns about the hashes and the skipped lines of htdigest(), without users and hashes', async () => {
    const [md5, sha] = ['0', '1'].map((digit) => digit.repeat(32)) as [string, string];
    write('users.htdigest', `alice:Shop:${md5}\nalice:Shop:${sha}${sha}\nbob:Shop:plain\ncarol:Shop:${md5}\n`);
    application({ auth: () => ({ schemes: [digest(htdigest(join(cwd, 'users.htdigest')))] }) });
    const { all } = await findings('passwords');
    // The verifiers of other tests may still exist.
    const found = all.filter(({ check, message }) => check === 'passwords' && message.startsWith('htdigest('));
    expect(found.map(({ level, message }) => `${level} ${message.replace(cwd, '.')}`)).toEqual([
      'WARN htdigest(./users.htdigest): a user cannot log in because of line 3: its hash is neither MD5 nor SHA-256; write 32 or 64 hexadecimal digits',
      'WARN htdigest(./users.htdigest): hashes weaker than OWASP recommends: 2 of 3 (MD5)',
      'WARN htdigest(./users.htdigest): hashes weaker than OWASP recommends: 1 of 3 (SHA-256)',
    ]);
    expect(found.map(({ fix }) => fix)).toEqual([undefined, ...Array<string>(2).fill(found[1]?.fix ?? 'no fix')]);
    expect(found[1]?.fix).toContain('Digest needs such hashes');
    expect(JSON.stringify(found)).not.toMatch(/alice|bob|carol|plain|0000|1111/);
  });

  it('asks the issuers only if --online is given, and fails if one does not answer', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      response.statusCode = 503;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    application({ auth: () => ({ schemes: [bearer(jwt({ issuer, audience: 'shop' }))] }) });
    try {
      expect((await findings('issuers')).found).toEqual(['INFO the issuers of JWTs were not asked']);
      expect(asked).toBe(0);
      // A process loads a main file once.
      write('dist/again.mjs', `${MAIN}\nawait bootstrap();`);
      const { code, found } = await findings('issuers', 'dist/again.mjs', '--online');
      expect(code).toBe(1);
      expect(found).toContainEqual(expect.stringMatching(`^FAIL ${issuer}: its keys cannot be fetched: .*503`));
    } finally {
      server.close();
    }
  });
});

describe('nestjs-http-auth doctor of an application that does not start', () => {
  it.each([
    [
      'a secret that is too short',
      () => ({ schemes: [bearer(jwt({ issuer: 'shop', audience: 'shop', secret: 'too-short' }))] }),
      'FAIL ERR_AUTH_JWT_OPTION: jwt(): secret must have 32 bytes or more for HS256 (RFC 7518 section 3.2)',
    ],
    [
      'an invalid realm',
      () => ({ realm: '' }),
      'FAIL ERR_AUTH_OPTION: realm: it must not be empty; name the protection space',
    ],
    ['an invalid scheme', () => ({ schemes: [basic('no' as never)] }), 'FAIL ERR_AUTH_SCHEME_OPTION: basic(): '],
  ])('prints the code and the message for %s', async (_what, auth, expected) => {
    application({ auth });
    const { code, found, all } = await findings('startup');
    expect([code, found]).toEqual([1, only(expected)]);
    expect(JSON.stringify(all)).not.toContain('too-short');
    expect(all.map(({ check }) => check)).toEqual(['versions', 'copies', 'startup']);
  });

  it.each([
    ['Redis', 'redis://shop:p@ss/word@redis.internal:6379', 'redis://[redacted]@redis.internal:6379'],
    [
      'a query',
      'postgres://db/shop?user=shop&password=p4ss&ssl=1',
      'postgres://db/shop?user=shop&password=[redacted]&ssl=1',
    ],
    ['the environment', 'the key sk-live-0123456789 is not valid', 'the key [redacted] is not valid'],
    ['a list of settings', 'host=db password=p4ss dbname=shop', 'host=db password=[redacted] dbname=shop'],
    ['JSON', '{"host":"db","clientSecret": "p4ss"}', '{"host":"db","clientSecret": "[redacted]"}'],
    ['a field', 'Authorization: Basic YWxpY2U6d29uZGVybGFuZA==', 'Authorization: Basic [redacted]'],
    [
      'an auth-scheme',
      'Basic authentication failed, bearer YWxpY2U6d29uZGVy',
      'Basic authentication failed, bearer [redacted]',
    ],
    ['a JWT', 'the token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'the token [redacted]'],
  ])('does not print credentials of %s', async (_what, text, expected) => {
    process.env['SHOP_API_KEY'] = 'sk-live-0123456789';
    application({
      prepare: () => {
        throw Object.assign(new Error(`Connection failed: ${text}\n  at line 2`), { code: 'ECONNREFUSED' });
      },
    });
    const { code, found } = await findings('startup');
    delete process.env['SHOP_API_KEY'];
    expect([code, found]).toEqual([1, [`FAIL ECONNREFUSED: Connection failed: ${expected}`]]);
  });

  it('prints the folder of a file, which the shell has in PWD', async () => {
    process.env['PWD'] = cwd;
    application({
      prepare: () => {
        throw new Error(`${cwd}/users.json is missing`);
      },
    });
    expect((await findings('startup')).found).toEqual([`FAIL ${cwd}/users.json is missing`]);
  });

  it('prints the escapes of control characters', async () => {
    application({
      prepare: () => {
        throw new Error('\u001b[2J\u009b2J\u202ebad\r');
      },
    });
    expect((await doctor('dist/main.mjs')).out).toContain(String.raw`FAIL  startup   \u001b[2J\u009b2J\u202ebad\u000d`);
    expect(await doctor('\u001b[2J.js')).toMatchObject({ err: expect.stringContaining(String.raw`\u001b[2J.js: `) });
  });

  it('prints the message if a provider is missing, or if the module is not imported', async () => {
    @Injectable()
    class Stock {
      constructor(readonly orders: OrdersController) {}
    }
    @Module({ providers: [Stock] })
    class BrokenModule {}
    application({ main: `${MAIN}\nvoid bootstrap();` });
    Object.assign((globalThis as unknown as { shop: object }).shop, { root: () => BrokenModule });
    expect(await findings('startup')).toMatchObject({
      code: 1,
      found: only(/^FAIL Nest can't resolve dependencies of the Stock .*\.$/),
    });
    Object.assign((globalThis as unknown as { shop: object }).shop, { root: () => rootModule({}) });
    write('dist/other.mjs', `${MAIN}\nvoid bootstrap();`);
    expect(await findings('startup', 'dist/other.mjs')).toMatchObject({
      code: 1,
      found: only('FAIL dist/other.mjs: the application does not import AuthModule'),
    });
  });
});

describe('nestjs-http-auth doctor of an application with wrong packages', () => {
  /** Installs packages of these versions, and the library. */
  function install(versions: Record<string, string>): void {
    write('dist/main.mjs', 'throw new Error("the application is loaded");');
    for (const [name, version] of Object.entries(versions)) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version }));
    }
    symlinkSync(library, join(cwd, 'node_modules/nestjs-http-auth'));
  }

  const PEERS = { '@nestjs/common': '12.1.0', '@nestjs/core': '12.1.0', 'reflect-metadata': '0.2.2', rxjs: '7.8.2' };

  it('fails if a package is missing or not supported, and does not load the application', async () => {
    install({ ...PEERS, '@nestjs/core': '11.1.3', 'reflect-metadata': '0.3.0', jose: '4.9.0' });
    const { code, found, all } = await findings('versions');
    expect(code).toBe(1);
    expect(found).toEqual([
      'FAIL @nestjs/core 11.1.3 is not supported',
      'FAIL jose 4.9.0 is not supported',
      'FAIL passport is not installed',
      'FAIL reflect-metadata 0.3.0 is not supported',
    ]);
    expect(all.map(({ check }) => check)).not.toContain('startup');
  });

  it('fails if the library and the application use different copies of Nest', async () => {
    install({ ...PEERS, passport: '0.7.0', 'shop-kit/node_modules/@nestjs/common': '12.0.0' });
    const { code, found } = await findings('copies');
    expect(code).toBe(1);
    expect(found).toEqual([
      expect.stringMatching(
        /^FAIL @nestjs\/common is installed 3 times: .*shop-kit.*; the copies do not know each other$/,
      ),
      expect.stringContaining('FAIL @nestjs/core is installed 2 times: '),
    ]);
  });

  it('fails if the library is not installed', async () => {
    write('dist/main.mjs', '');
    expect((await findings('copies')).found).toEqual(['FAIL nestjs-http-auth is not installed']);
  });
});

describe('nestjs-http-auth doctor of a new application', () => {
  it('finds no failure after nestjs-http-auth init', async () => {
    for (const [file, text] of Object.entries(newApplication(12))) write(file, text);
    symlinkSync(packages, join(cwd, 'node_modules'));
    const quiet = { cwd, out: () => undefined, err: () => undefined, ask: () => Promise.resolve('') };
    expect(await run(['init', '--bearer'], quiet)).toBe(0);
    for (const name of ['app.module', 'app.controller', 'app.service', 'main']) {
      const source = ts.sys.readFile(join(cwd, `src/${name}.ts`)) as string;
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2023,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
        },
      });
      write(`dist/${name}.js`, outputText);
    }
    const { code, out } = await doctor('dist/main.js');
    expect(out).toContain('OK    open routes  routes: 1, all need credentials');
    expect(code).toBe(0);
  });
});
