import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '../libs/http-auth/src/cli/run.js';

const modules = pathToFileURL(join(dirname(fileURLToPath(import.meta.url)), 'support/modules.ts')).href;
const platforms = fileURLToPath(new URL('../node_modules/@nestjs', import.meta.url));

const table = [
  'METHOD  PATH       ACCESS    SCHEMES        REALM    SCOPES  ROLES  BECAUSE                        HANDLER',
  'GET     /health    public    -              -        -       -      @Public() on the method        RoutesController.health',
  'GET     /greeting  optional  Bearer, Basic  Staging  -       -      @OptionalAuth() on the method  RoutesController.greeting',
  'GET     /me        required  Bearer, Basic  Staging  -       -      default                        RoutesController.me',
].join('\n');

let cwd: string;

/** Creates the folder of an application with these exports and these installed platforms. */
function application(exports = 'AppModule', ...installed: string[]) {
  writeFileSync(join(cwd, 'app.mjs'), `export { ${exports} } from '${modules}';`);
  mkdirSync(join(cwd, 'node_modules/@nestjs'), { recursive: true });
  for (const platform of installed.length > 0 ? installed : ['platform-express']) {
    symlinkSync(join(platforms, platform), join(cwd, 'node_modules/@nestjs', platform));
  }
}

/** Returns the output of the command and its exit code. */
async function command(...args: string[]) {
  const [out, err]: string[][] = [[], []];
  const ask = () => Promise.resolve('wonder:land');
  const code = await run(args, { cwd, out: (line) => out?.push(line), err: (line) => err?.push(line), ask });
  return { code, out: out?.join('\n'), err };
}

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-cli-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

const USAGE =
  'nestjs-http-auth routes: the argument must be one module, e.g. dist/app.module.js; see nestjs-http-auth --help';

const COMMANDS = 'use init, doctor, routes, hash, token or limits, or see --help';

describe('nestjs-http-auth routes', () => {
  it.each(['platform-express', 'platform-fastify'])(
    'prints the routes as a table if %s is installed',
    async (platform) => {
      application('AppModule', platform);
      expect(await command('routes', 'app.mjs')).toEqual({ code: 0, out: table, err: [] });
    },
  );

  it('prints the handlers of other transports, and compares them with the baseline', async () => {
    application('TransportsModule');
    const { out } = await command('routes', 'app.mjs');
    expect(out?.split('\n').map((line) => line.split(/ {2,}/).join(' | '))).toEqual([
      'METHOD | PATH | ACCESS | SCHEMES | REALM | SCOPES | ROLES | BECAUSE | HANDLER',
      'RPC | book | required | Bearer, Basic | Staging | - | - | default | BooksController.book',
      'WS | /chat | required | Bearer, Basic | Staging | - | - | default | ChatGateway.handleConnection',
      'MESSAGE | hello | public | - | - | - | - | @Public() on the method | ChatGateway.hello',
      'QUERY | title | public | - | - | - | - | @Public() on the method | BooksResolver.title',
    ]);
    await command('routes', 'app.mjs', '--update-baseline');
    const baseline = JSON.parse(readFileSync(join(cwd, 'http-auth-routes.json'), 'utf8')) as unknown;
    expect(baseline).toEqual(['hello MESSAGE public', 'title QUERY public']);
  });

  it('prints the routes as JSON if --json is given', async () => {
    application();
    const { code, out } = await command('routes', 'app.mjs', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out ?? '')).toContainEqual({
      method: 'GET',
      path: '/health',
      access: 'public',
      because: '@Public() on the method',
      schemes: [],
      controller: 'RoutesController',
      handler: 'health',
    });
  });

  it.each([
    ['the export AppModule', 'OtherModule, AppModule', 'app.mjs'],
    ['the default export', 'OtherModule, AppModule as default', 'app.mjs'],
    ['the only class', 'AppModule as Root, create', 'app.mjs'],
    ['the export after #', 'OtherModule as AppModule, AppModule as Root', 'app.mjs#Root'],
  ])('finds the root module: %s', async (_what, exports, module) => {
    application(exports);
    expect(await command('routes', module)).toMatchObject({ code: 0, out: table });
  });

  it('calls an exported function that creates the application, and prints its global prefix', async () => {
    application('AppModule, create');
    expect((await command('routes', 'app.mjs#create')).out).toContain('GET     /api/health');
  });

  it.each([
    ['no command', [], `nestjs-http-auth: the command is missing; ${COMMANDS}`],
    ['no module', ['routes'], USAGE],
    ['another command', ['paths', 'app.mjs'], `nestjs-http-auth: "paths" is not a command; ${COMMANDS}`],
    ['two modules', ['routes', 'app.mjs', 'b.mjs'], USAGE],
    [
      'an unknown option',
      ['routes', 'app.mjs', '--jsn'],
      "nestjs-http-auth: Unknown option '--jsn'; see nestjs-http-auth --help",
    ],
    [
      'a file that does not exist',
      ['routes', 'dist/app.js'],
      'dist/app.js: the file does not exist; build the application first',
    ],
    [
      'an export that does not exist',
      ['routes', 'app.mjs#Nope'],
      'app.mjs: "Nope" is not an exported module or function; check the name after #',
    ],
    [
      'an application without AuthModule',
      ['routes', 'app.mjs#OtherModule'],
      'app.mjs#OtherModule: the application does not import AuthModule; add AuthModule.forRoot() to its imports',
    ],
    [
      'an application that cannot be created',
      ['routes', 'app.mjs#BrokenModule'],
      expect.stringMatching(/^app\.mjs: the application cannot be created: realm: it must not be empty/),
    ],
    [
      'an invalid decorator',
      ['routes', 'app.mjs#WrongModule'],
      expect.stringMatching(/^WrongController\.wrong\(\): .*"digest"/),
    ],
    [
      'no baseline',
      ['routes', 'app.mjs', '--fail-on-new-public'],
      'http-auth-routes.json: the baseline does not exist; write it with --update-baseline, and commit it',
    ],
  ])('exits with 2 and one message for %s', async (_what, args, sentence) => {
    application('AppModule, OtherModule, BrokenModule, WrongModule');
    expect(await command(...args)).toMatchObject({ code: 2, err: [sentence] });
  });

  it('exits with 2 and one message if the file has several possible root modules', async () => {
    application('OtherModule, WrongModule');
    expect(await command('routes', 'app.mjs')).toMatchObject({
      code: 2,
      err: ['app.mjs: it is unclear which export is the root module; name it, as in app.mjs#AppModule'],
    });
  });

  it('exits with 2 and one message if no Nest platform is installed', async () => {
    application('AppModule', 'passport');
    expect(await command('routes', 'app.mjs')).toMatchObject({
      code: 2,
      err: ['No Nest platform is installed; install @nestjs/platform-express or @nestjs/platform-fastify'],
    });
  });

  it('prints its usage if --help is given', async () => {
    expect(await command('--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('--fail-on-new-public'),
      err: [],
    });
  });
});

describe('nestjs-http-auth routes --fail-on-new-public', () => {
  const gate = (...args: string[]) => command('routes', 'app.mjs', '--fail-on-new-public', ...args);
  const baseline = (lines: unknown, file = 'http-auth-routes.json') =>
    writeFileSync(join(cwd, file), JSON.stringify(lines));

  beforeEach(() => application());

  it('passes with the baseline that --update-baseline writes: one sorted line for each open route', async () => {
    expect(await command('routes', 'app.mjs', '--update-baseline')).toMatchObject({ code: 0, out: table });
    expect(readFileSync(join(cwd, 'http-auth-routes.json'), 'utf8')).toBe(
      '[\n  "/greeting GET optional",\n  "/health GET public"\n]\n',
    );
    expect(await gate()).toEqual({ code: 0, out: table, err: [] });
  });

  it('exits with 1 if an open route is not in the baseline', async () => {
    baseline(['/health GET public']);
    expect(await gate()).toEqual({
      code: 1,
      out: table,
      err: ['New open route: "/greeting GET optional" is not in http-auth-routes.json'],
    });
  });

  it('exits with 1 if an optional route of the baseline is now public, but not if a public one is now optional', async () => {
    baseline(['/greeting GET public', '/health GET optional']);
    expect(await gate()).toMatchObject({
      code: 1,
      err: [
        'Note: http-auth-routes.json has "/greeting GET public", which is no longer an open route',
        'Note: http-auth-routes.json has "/health GET optional", which is no longer an open route',
        'New open route: "/health GET public" is not in http-auth-routes.json',
      ],
    });
  });

  it('prints a note if an entry of the baseline is no longer an open route', async () => {
    baseline(['/greeting GET optional', '/health GET public', '/old GET public'], 'open.json');
    expect(await gate('--baseline', 'open.json')).toEqual({
      code: 0,
      out: table,
      err: ['Note: open.json has "/old GET public", which is no longer an open route'],
    });
  });

  it.each([['{}'], ['[1]'], ['[']])(
    'exits with 2 if the baseline is %s, which is not a list of strings',
    async (text) => {
      writeFileSync(join(cwd, 'http-auth-routes.json'), text);
      expect(await gate()).toMatchObject({
        code: 2,
        err: ['http-auth-routes.json: the baseline must be a list of strings; write it again with --update-baseline'],
      });
    },
  );
});
