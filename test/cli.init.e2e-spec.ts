import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { run } from '../libs/http-auth/src/cli/run.js';
import { newApplication } from './support/new.application.js';

const packages = fileURLToPath(new URL('../node_modules', import.meta.url));

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-init-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(cwd, file)), { recursive: true });
  writeFileSync(join(cwd, file), text);
}

const read = (file: string) => readFileSync(join(cwd, file), 'utf8');

/** Writes a new application with other files, and links its packages. */
function application(major: 11 | 12 = 12, files: Record<string, string> = {}): void {
  for (const [file, text] of Object.entries({ ...newApplication(major), ...files })) write(file, text);
  symlinkSync(packages, join(cwd, 'node_modules'));
}

/** Writes a new application with another root module. */
const moduleIs = (text: string) => application(12, { 'src/app.module.ts': text });

/** Returns the output of the command and its exit code. */
async function init(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(['init', ...args], {
    cwd,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    ask: () => Promise.reject(new Error('the command does not ask for a password')),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** Compiles the application as its Nest CLI does. Returns the errors. */
function compile(): string[] {
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['nestjs-http-auth-source'],
    target: ts.ScriptTarget.ES2023,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    esModuleInterop: true,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(packages, '@types')],
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([join(cwd, 'src/main.ts')], options))
    .filter(({ file }) => file?.fileName.startsWith(cwd))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Alice', '-c', 'user.email=alice@shop.example', ...args], { cwd });

describe('nestjs-http-auth init', () => {
  it.each([11, 12] as const)(
    'adds Basic to a new application of Nest %s, and prints what to do next',
    async (major) => {
      application(major);
      const { code, out, err } = await init();
      expect([code, err]).toEqual([0, '']);
      const extension = major === 12 ? '.js' : '';
      expect(read('src/app.module.ts')).toBe(`import { Module } from '@nestjs/common';
import { AppController } from './app.controller${extension}';
import { AppService } from './app.service${extension}';
import { AuthModule, basic } from 'nestjs-http-auth';
import { users } from 'nestjs-http-auth/passwords';

@Module({
  imports: [
    AuthModule.forRoot({
      realm: 'shop',
      schemes: [basic(users({ admin: process.env.ADMIN_PASSWORD_HASH }))],
    }),
  ],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`);
      const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
      expect(Object.entries(dependencies).slice(3, 5)).toEqual([
        ['nestjs-http-auth', expect.stringMatching(/^\^\d+\.\d+\.\d+$/)],
        ['passport', '^0.7.0'],
      ]);
      expect(out).toBe(`UPDATE  src/app.module.ts
UPDATE  package.json

Next:
1. Install the packages: npm install
2. Choose the password of "admin": export ADMIN_PASSWORD_HASH="$(npx nestjs-http-auth hash --algorithm scrypt)"
3. Open the routes that need no credentials with @Public(): from now on, all others require credentials
4. Build the application, and check its set-up: npx nestjs-http-auth doctor dist/main.js`);
    },
  );

  it.each([
    [11, '--basic'],
    [12, '--bearer'],
    [11, '--jwt', 'https://login.example', 'https://api.example'],
  ] as [11 | 12, ...string[]][])(
    'adds code to an application of Nest %s that compiles: %s',
    async (major: 11 | 12, ...args: string[]) => {
      application(major);
      expect(await init(...args)).toMatchObject({ code: 0 });
      expect(compile()).toEqual([]);
    },
  );

  it('changes nothing if it is run again', async () => {
    application();
    await init('--bearer');
    const files = () => ['src/app.module.ts', 'package.json'].map(read);
    const before = files();
    expect(await init('--jwt', 'https://login.example', 'https://api.example')).toEqual({
      code: 0,
      out: 'Nothing to do: src/app.module.ts uses AuthModule, and package.json has the packages.',
      err: '',
    });
    expect(files()).toEqual(before);
  });

  it('adds only the packages if another module uses AuthModule', async () => {
    const user = `import { AuthModule as Http } from 'nestjs-http-auth';\nexport const auth = Http.forRootAsync({});\n`;
    application(12, { 'src/auth/auth.module.ts': user });
    const before = read('src/app.module.ts');
    const { code, out } = await init();
    expect(code).toBe(0);
    expect(out).toContain('KEEP    src/auth/auth.module.ts: it uses AuthModule\nUPDATE  package.json\n');
    expect(read('src/app.module.ts')).toBe(before);
  });

  it('prints the changed lines and writes nothing if --dry-run is given', async () => {
    application();
    const { code, out } = await init('--dry-run', '--jwt', 'https://login.example', 'https://api.example');
    expect(code).toBe(0);
    expect(out).toMatch(
      `WOULD UPDATE src/app.module.ts
+ import { AuthModule, bearer } from 'nestjs-http-auth';
+ import { jwt } from 'nestjs-http-auth/jwt';
-   imports: [],
+   imports: [
+     AuthModule.forRoot({
+       realm: 'shop',
+       schemes: [bearer(jwt({ issuer: 'https://login.example', audience: 'https://api.example' }))],
+     }),
+   ],
WOULD UPDATE package.json
+     "nestjs-http-auth": "^`,
    );
    expect(Object.keys(newApplication(12)).map(read)).toEqual(Object.values(newApplication(12)));
  });

  it.each([
    [
      'CRLF, tabs, double quotes and no semicolons',
      'import { Module } from "@nestjs/common"\r\n\r\n@Module({\r\n\timports: [],\r\n})\r\nexport class AppModule {}\r\n',
      'import { Module } from "@nestjs/common"\r\nimport { AuthModule, bearer } from "nestjs-http-auth"\r\n\r\n@Module({\r\n\timports: [\r\n\t\tAuthModule.forRoot({\r\n\t\t\trealm: "shop",\r\n\t\t\t// It refuses every token. Replace it with your verifier, which returns the principal of a valid token.\r\n\t\t\tschemes: [bearer(() => null)],\r\n\t\t}),\r\n\t],\r\n})\r\nexport class AppModule {}\r\n',
    ],
  ])('writes in the style of the file: %s', async (_style, text, expected) => {
    moduleIs(text);
    expect(await init('--bearer')).toMatchObject({ code: 0 });
    expect(read('src/app.module.ts')).toBe(expected);
  });

  const ELEMENT = 'AuthModule.forRoot({ realm: "shop", schemes: [bearer(() => null)], })';

  it.each([
    ['no options', '@Module()', `@Module({ imports: [ ${ELEMENT}, ], })`],
    ['empty options', '@Module({})', `@Module({ imports: [ ${ELEMENT}, ], })`],
    ['no imports', '@Module({ controllers: [] })', `@Module({ imports: [ ${ELEMENT}, ], controllers: [] })`],
    [
      'no imports on several lines',
      '@Module({\n  controllers: [],\n})',
      `@Module({ imports: [ ${ELEMENT}, ], controllers: [], })`,
    ],
    ['one line', '@Module({ imports: [A, B] })', `@Module({ imports: [ ${ELEMENT}, A, B ] })`],
    [
      'several lines with comments',
      '@Module({\n  imports: [\n    // first, A\n    A, // last\n  ],\n})',
      `@Module({ imports: [ ${ELEMENT}, // first, A A, // last ], })`,
    ],
    ['a spread list', '@Module({ imports: [...LIST] })', `@Module({ imports: [ ${ELEMENT}, ...LIST ] })`],
    ['a quoted name', "@Module({ 'imports': [] })", `@Module({ 'imports': [ ${ELEMENT}, ] })`],
  ])('adds the element to a module with %s', async (_what, before, after) => {
    moduleIs(`import { Module } from "@nestjs/common";\nclass A {}\n${before}\nexport class AppModule {}\n`);
    expect(await init('--bearer')).toMatchObject({ code: 0, err: '' });
    const text = read('src/app.module.ts').replace(/ *\/\/ It refuses.*\n/, '');
    expect(text.replaceAll(/\s+/g, ' ')).toContain(` class A {} ${after} export class AppModule {} `);
    expect(ts.transpileModule(text, { reportDiagnostics: true }).diagnostics).toEqual([]);
  });

  it('gives its names another name if the file has them already', async () => {
    moduleIs(`import { Module } from '@nestjs/common';
import { AuthModule } from './auth.module.js';
import { Public } from 'nestjs-http-auth';
const [{ users }, basic] = [{ users: 1 }, Public];
@Module({ imports: [AuthModule] })
export class AppModule {}
export default [users, basic];
`);
    await init();
    expect(read('src/app.module.ts')).toBe(`import { Module } from '@nestjs/common';
import { AuthModule } from './auth.module.js';
import { Public, AuthModule as HttpAuthModule, basic as httpBasic } from 'nestjs-http-auth';
import { users as httpUsers } from 'nestjs-http-auth/passwords';
const [{ users }, basic] = [{ users: 1 }, Public];
@Module({ imports: [
  HttpAuthModule.forRoot({
    realm: 'shop',
    schemes: [httpBasic(httpUsers({ admin: process.env.ADMIN_PASSWORD_HASH }))],
  }),
  AuthModule
] })
export class AppModule {}
export default [users, basic];
`);
  });

  it('finds the class of the root module by its name and its decorator, and the file by nest-cli.json', async () => {
    application(12, {
      'nest-cli.json': '{ // an application of a workspace\n "sourceRoot": "apps/shop/src" }',
      'apps/shop/src/app.module.ts':
        "import { Module as Root } from '@nestjs/common';\n@Root({})\nclass Other {}\n@Root({ providers: [Other] })\nexport class AppModule {}\n",
    });
    expect(await init('--bearer', '--realm', "the shop's")).toMatchObject({ code: 0 });
    expect(read('apps/shop/src/app.module.ts')).toContain(
      "class Other {}\n@Root({\n  imports: [\n    AuthModule.forRoot({\n      realm: 'the shop\\'s',\n",
    );
  });

  it.each([
    [null, 'null'],
    ['none', undefined],
  ])('adds the packages if dependencies is %s', async (_what, dependencies) => {
    const text = dependencies === undefined ? '{\n\t"name": "shop"\n}' : `{\n\t"dependencies": ${dependencies}\n}\n`;
    application(12, { 'package.json': text });
    expect(await init()).toMatchObject({ code: 0 });
    expect(read('package.json')).toMatch(
      /\n\t"dependencies": \{\n\t\t"nestjs-http-auth": ".*",\n\t\t"passport": ".*"\n\t\}\n\}\n?$/,
    );
    expect(read('package.json').endsWith('\n')).toBe(text.endsWith('\n'));
  });

  it('keeps the order and the versions of package.json', async () => {
    const text = '{\n  "name": "shop",\n  "dependencies": {\n    "rxjs": "1",\n    "passport": "0.6"\n  }\n}\n';
    application(12, { 'package.json': text });
    await init();
    expect(Object.keys((JSON.parse(read('package.json')) as { dependencies: object }).dependencies)).toEqual([
      'rxjs',
      'passport',
      'nestjs-http-auth',
    ]);
    expect(read('package.json')).toContain('"passport": "0.6"');
  });

  it.each([
    ['imports: IMPORTS', 'src/app.module.ts: the imports of @Module() are not a list, so they cannot be read'],
    ['imports', 'src/app.module.ts: the imports of @Module() are not a list, so they cannot be read'],
    [
      '...OPTIONS',
      'src/app.module.ts: the options of @Module() contain another object, so their imports cannot be read',
    ],
    ['["imports"]: []', 'src/app.module.ts: the options of @Module() contain another object'],
  ])('refuses a module with %s, and prints the element to add', async (property, problem) => {
    moduleIs(`import { Module } from '@nestjs/common';\n@Module({ ${property} })\nexport class AppModule {}\n`);
    const { code, out, err } = await init('--bearer');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(problem);
    expect(err).toContain("AuthModule.forRoot({\n  realm: 'shop',");
    expect(read('package.json')).toBe(newApplication(12)['package.json']);
  });

  const MODULE = "import { Module } from '@nestjs/common';\n";

  it.each([
    ['options that are a variable', `${MODULE}@Module(OPTIONS) class AppModule {}`, 'are not an object literal'],
    ['no module', 'export const answer = 42;', 'it has no class with @Module(); name the file'],
    ['the decorator of another package', "import { Module } from 'x';\n@Module({}) class AppModule {}", 'no class'],
    ['two modules', `${MODULE}@Module({}) class A {}\n@Module({}) class B {}`, 'it is unclear which class is the root'],
    ['a syntax error', `${MODULE}@Module({ imports: [ }) class AppModule {}`, 'it has a syntax error; make it compile'],
  ])('refuses a file with %s', async (_what, text, problem) => {
    moduleIs(text);
    expect(await init()).toMatchObject({ code: 2, err: expect.stringContaining(problem) });
    expect(read('src/app.module.ts')).toBe(text);
  });

  it.each([
    ['an unknown option', ['--jsn'], "nestjs-http-auth init: Unknown option '--jsn'; see --help"],
    ['two schemes', ['--basic', '--bearer'], '--basic, --bearer and --jwt exclude each other'],
    ['--jwt without an audience', ['--jwt', 'https://login.example'], '--jwt needs an issuer and an audience'],
    ['an issuer that is not valid', ['--jwt', 'http://login.example', 'x'], 'init: --jwt: issuer'],
    ['another argument', ['shop'], 'an argument without an option is only for --jwt'],
    ['a realm that cannot be sent', ['--realm', 'Läden'], 'realm: it must be printable ASCII'],
    ['a module that does not exist', ['--module', 'src/root.ts'], 'src/root.ts: the file does not exist'],
  ])('exits with 2 for %s', async (_what, args, problem) => {
    application();
    expect(await init(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(problem) });
  });

  it.each([
    ['no package.json', undefined, 'package.json: the file does not exist; run the command in the folder'],
    ['a package.json with a syntax error', '{', 'package.json: it is not valid JSON; correct it first'],
    ['a list', '[]', 'package.json: it is not an object; correct it first'],
    [
      'a list of dependencies',
      '{ "dependencies": [] }',
      'package.json: dependencies must be an object; correct it first',
    ],
  ])('exits with 2 for %s', async (_what, text, problem) => {
    application();
    if (text === undefined) rmSync(join(cwd, 'package.json'));
    else write('package.json', text);
    expect(await init()).toMatchObject({ code: 2, out: '', err: expect.stringContaining(problem) });
    expect(read('src/app.module.ts')).toBe(newApplication(12)['src/app.module.ts']);
  });

  it('exits with 2 if the application has no TypeScript', async () => {
    application();
    rmSync(join(cwd, 'node_modules'));
    expect(await init()).toMatchObject({ code: 2, err: expect.stringContaining('has no package "typescript"') });
  });

  it('exits with 2 if the TypeScript of the application has no API', async () => {
    application();
    rmSync(join(cwd, 'node_modules'));
    write('node_modules/typescript/index.js', "exports.version = '7.0.2';");
    expect(await init()).toMatchObject({ code: 2, err: expect.stringContaining('TypeScript 7.0.2 has no API') });
  });

  it('refuses files with uncommitted changes, unless --force is given', async () => {
    application();
    git('init', '--quiet');
    git('add', 'src', 'package.json');
    git('commit', '--quiet', '--message', 'first');
    write('src/app.module.ts', `${read('src/app.module.ts')}// not committed\n`);
    const files = () => ['src/app.module.ts', 'package.json'].map(read);
    const before = files();
    expect(await init()).toEqual({
      code: 2,
      out: '',
      err: 'src/app.module.ts: there are changes without a commit; commit them first, or use --force to edit the files anyway',
    });
    expect(files()).toEqual(before);
    expect(await init('--dry-run')).toMatchObject({ code: 0 });
    expect(await init('--force')).toMatchObject({ code: 0, out: expect.stringContaining('UPDATE  src/app.module.ts') });
  });

  it('edits a package.json with uncommitted changes, because npm has just added the library', async () => {
    application();
    git('init', '--quiet');
    git('add', 'src', 'package.json');
    git('commit', '--quiet', '--message', 'first');
    const text = read('package.json').replace('{', '{ "funding": "not committed",');
    write('package.json', text);
    expect(await init()).toMatchObject({ code: 0, out: expect.stringContaining('UPDATE  package.json') });
    expect(JSON.parse(read('package.json'))).toMatchObject({
      funding: 'not committed',
      dependencies: { passport: expect.any(String) },
    });
  });

  it('refuses a link to a file with uncommitted changes', async () => {
    application();
    renameSync(join(cwd, 'src/app.module.ts'), join(cwd, 'src/root.ts'));
    symlinkSync('root.ts', join(cwd, 'src/app.module.ts'));
    git('init', '--quiet');
    git('add', 'src', 'package.json');
    git('commit', '--quiet', '--message', 'first');
    write('src/root.ts', `${read('src/root.ts')}// not committed\n`);
    expect(await init()).toMatchObject({ code: 2, err: expect.stringContaining('there are changes without a commit') });
  });

  it.each(['src/app.module.ts', 'package.json'])('refuses a link of %s out of the folder', async (file) => {
    application();
    const outside = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-outside-'));
    const text = read(file);
    writeFileSync(join(outside, 'file'), text);
    rmSync(join(cwd, file));
    symlinkSync(join(outside, 'file'), join(cwd, file));
    expect(await init()).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${file}: it is a link to a file outside`),
    });
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe(text);
    rmSync(outside, { recursive: true });
  });

  it.each(['src/app.module.ts', 'package.json'])('refuses a folder %s', async (file) => {
    application();
    rmSync(join(cwd, file));
    mkdirSync(join(cwd, file));
    expect(await init()).toMatchObject({ code: 2, err: expect.stringContaining(`${file}: it is not a file`) });
  });

  it('refuses a root module that is too large, and ignores other large files', async () => {
    application(12, { 'src/data.ts': ' '.repeat(5_000_001) });
    expect(await init('--dry-run')).toMatchObject({ code: 0 });
    write('src/app.module.ts', ' '.repeat(5_000_001));
    expect(await init()).toMatchObject({ code: 2, err: expect.stringContaining('it has more than 5000000 bytes') });
  });

  it('edits the module of an absolute path, although another application of the workspace uses AuthModule', async () => {
    application();
    await init();
    const text = newApplication(12)['src/app.module.ts'] as string;
    write('apps/admin/src/app.module.ts', text);
    expect(await init('--module', join(cwd, 'apps/admin/src/app.module.ts'))).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^UPDATE  apps\/admin\/src\/app\.module\.ts\n[^]* doctor dist\/apps\/admin\/main\.js$/,
      ),
    });
    expect(read('apps/admin/src/app.module.ts')).toContain('AuthModule.forRoot(');
  });

  it.each([
    ['a comment of two lines after the last import', "import { X } from './x.js'; /* two\n lines */\n"],
    ['code after the last import', "import { X } from './x.js'; const text = `two\n lines`;\n"],
    ['different line breaks', "import { X } from './x.js';\nconst text = `two\r\n lines`;\n"],
  ])('imports its names if the file has %s', async (_what, text) => {
    moduleIs(`import { Module } from '@nestjs/common';\n${text}@Module({})\nexport class AppModule {}\n`);
    write('src/x.ts', 'export const X = 1;\n');
    write('src/main.ts', "import './app.module.js';\n");
    expect(await init('--bearer')).toMatchObject({ code: 0 });
    expect(compile()).toEqual([]);
    expect(read('src/app.module.ts')).toContain(text.slice(0, -1).split(';').slice(1).join(';'));
  });

  it('adds the packages if the dependencies are null', async () => {
    application(12, { 'package.json': '{ "name": "shop", "dependencies": null, "devDependencies": null }' });
    expect(await init()).toMatchObject({ code: 0 });
    expect(Object.keys((JSON.parse(read('package.json')) as { dependencies: object }).dependencies)).toEqual([
      'nestjs-http-auth',
      'passport',
    ]);
  });

  it('edits a new application whose repository has no commit yet', async () => {
    application();
    git('init', '--quiet');
    expect(await init()).toMatchObject({ code: 0 });
  });

  it('names the package manager of the lock file', async () => {
    application(12, { 'pnpm-lock.yaml': '' });
    expect((await init()).out).toContain('1. Install the packages: pnpm install');
  });
});
