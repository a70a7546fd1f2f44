// Checks the package as its users get it: its content, its types, and the quick start of the README in an application
// outside this repository.
//
// The README's section `## Quick start` has
// - blocks of `ts` that begin with the path of their file, e.g. `// src/app.module.ts`; `src/main.ts` is one of them;
// - other blocks with the expected responses: the field lines `WWW-Authenticate: …` of the response to
//   `curl -i http://localhost:3000/some/path`, and valid credentials: `curl -u name:password …`.

import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { root, run, say, tool } from './support/run.mjs';
import { withServer } from './support/server.mjs';

/** The budget of the package in bytes. Raise it only for a feature that is worth it. */
const [PACKED, UNPACKED] = [1_000_000, 5_000_000];

const library = join(root, 'libs', 'http-auth');
const workspace = createRequire(import.meta.url)('../package.json');
const temporary = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-'));

try {
  const tarball = pack();
  checkTypes(tarball);
  const app = join(temporary, 'app');
  const promise = makeApplication(app, tarball);
  await checkApplication(app, promise);
  await checkStranger(app);
  checkCommonJs(app);
  checkSubpaths(app);
  checkCommand(app);
  checkVitest(app);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** Builds the library from an empty folder and packs it. The package may contain only files that users need. */
function pack() {
  run(process.execPath, [join(root, 'scripts', 'build-lib.mjs')]);
  const [{ filename, files, size, unpackedSize }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', temporary], { cwd: library }),
  );
  const paths = files.map(({ path }) => path);
  const texts = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
  deepEqual(paths.filter((path) => !/^(dist|src)\//.test(path)).toSorted(), texts, 'files outside dist and src');
  deepEqual(
    paths.filter((path) => /\.(spec|e2e-spec|tst)\./.test(path)),
    [],
    'no tests',
  );
  for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/cjs/index.js', 'src/index.ts'])
    ok(paths.includes(path), `${path} is packed`);
  for (const [name, bytes, budget] of [
    ['packed', size, PACKED],
    ['unpacked', unpackedSize, UNPACKED],
  ]) {
    ok(bytes <= budget, `${filename} has ${bytes} bytes ${name}; the budget is ${budget}`);
  }
  say(`${filename} has ${paths.length} files, ${size} bytes packed and ${unpackedSize} unpacked`);
  return join(temporary, filename);
}

function checkTypes(tarball) {
  run(tool('publint'), ['--strict', tarball]);
  say('publint');
  // Vitest itself is an ES module only.
  run(tool('attw'), [tarball, '--exclude-entrypoints', 'testing/vitest']);
  say('attw');
}

/** Copies the README's quick start into a new Nest application. Returns the responses that the README promises. */
function makeApplication(app, tarball) {
  run(tool('nest'), ['new', basename(app), '--skip-install', '--skip-git', '--package-manager', 'npm'], {
    cwd: dirname(app),
  });
  for (const path of ['test', 'src/app.controller.spec.ts', 'src/app.controller.ts', 'src/app.service.ts']) {
    rmSync(join(app, path), { recursive: true, force: true });
  }
  const { files, promise } = quickStart();
  const { dependencies, devDependencies } = workspace;
  const chosenByNest = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')).devDependencies;
  const write = (path, text) => {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), typeof text === 'string' ? text : JSON.stringify(text));
  };

  write('package.json', {
    private: true,
    type: 'module',
    dependencies: {
      'nestjs-http-auth': `file:${tarball}`,
      ...pick(dependencies, '@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/platform-fastify'),
      ...pick(dependencies, '@nestjs/passport', 'passport', 'reflect-metadata', 'rxjs'),
      ...pick(devDependencies, 'passport-jwt'),
    },
    devDependencies: {
      ...pick(devDependencies, '@types/node', '@types/passport-jwt', 'typescript'),
      ...pick(chosenByNest, 'vitest'),
    },
  });
  // The options of `nest new`, without the types of Vitest, and with the types of the library checked.
  write('tsconfig.check.json', {
    extends: './tsconfig.json',
    compilerOptions: { types: ['node'], rootDir: 'src', skipLibCheck: false, incremental: false },
    include: ['src'],
  });
  for (const { path, text } of files) write(path, text);
  write(
    'src/main.fastify.ts',
    `import { NestFactory } from '@nestjs/core';
    import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
    import { AppModule } from './app.module.js';

    const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
    await app.listen(process.env.PORT ?? 3000);`,
  );

  const challengeSpec = readFileSync(join(root, 'scripts', 'consumer', 'challenge.spec.ts'), 'utf8');
  write('spec/challenge.spec.ts', challengeSpec);
  write('vitest.config.ts', "export default { test: { include: ['spec/*.spec.ts'] } };");
  write('tsconfig.vitest.json', {
    extends: './tsconfig.json',
    compilerOptions: { rootDir: 'spec', noEmit: true, incremental: false },
    include: ['spec'],
  });
  write(
    'src/subpaths.ts',
    `export { introspection } from 'nestjs-http-auth/introspection';
    export { passwords } from 'nestjs-http-auth/passwords';
    export { tokens } from 'nestjs-http-auth/tokens';`,
  );
  write('src/stranger.ts', readFileSync(join(root, 'scripts', 'consumer', 'stranger.ts'), 'utf8'));

  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: app });
  run(join(app, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.check.json'], { cwd: app });
  say(`the quick start compiles: ${files.map(({ path }) => path).join(', ')}`);
  return promise;
}

function pick(object, ...keys) {
  return Object.fromEntries(keys.map((key) => [key, object[key]]));
}

/** Returns the files of the README's quick start, and the responses that it promises. */
function quickStart() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const section = /^## Quick start\n(.*?)(?=^## |(?![^]))/ms.exec(readme)?.[1];
  ok(section, 'README.md has a section "## Quick start"');
  const blocks = [...section.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));

  const files = blocks
    .filter(({ language }) => language === 'ts')
    .map(({ text }) => ({ path: /^\/\/ (src\/[\w./-]+\.ts)\n/.exec(text)?.[1], text }))
    .filter(({ path }) => path !== undefined);
  for (const path of ['src/app.module.ts', 'src/main.ts']) {
    ok(
      files.some((file) => file.path === path),
      `the quick start has a block of ts that begins with "// ${path}"`,
    );
  }

  const wire = blocks.map(({ language, text }) => (language === 'ts' ? '' : text)).join('\n');
  const path = /curl[^\n]* (?:http:\/\/)?localhost:3000(\/[^\s'"]*)?/.exec(wire)?.[1] ?? '/';
  const challenges = [...wire.matchAll(/^(?:< )?WWW-Authenticate: (.*)$/gim)].map(([, challenge]) => challenge);
  const credentials = /curl[^\n]* (?:-u|--user) (['"]?)([^\n]*?:[^\n]*?)\1\s/.exec(wire)?.[2];
  ok(challenges.length > 0, 'the quick start shows the field lines "WWW-Authenticate: …" of its 401');
  ok(credentials, 'the quick start shows "curl -u name:password …" with valid credentials');
  return { files, promise: { path, challenges, credentials } };
}

/** Runs the application on both adapters and compares its responses with the README. */
async function checkApplication(app, { path, challenges, credentials }) {
  for (const main of ['main.js', 'main.fastify.js']) {
    await withServer([process.execPath, join('dist', main)], { cwd: app }, async (get) => {
      const anonymous = await get(path);
      equal(anonymous.status, 401, `GET ${path} without credentials`);
      deepEqual(anonymous.challenges, challenges);
      const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
      const welcome = await get(path, { authorization });
      equal(welcome.status, 200, `GET ${path} with credentials`);
      deepEqual(welcome.challenges, []);
    });
    say(`${main} challenges with ${challenges.join(' and ')}`);
  }
}

/** Runs an application with unusual code: every 401 has its challenge, and other responses do not. */
async function checkStranger(app) {
  const challenges = ['Basic realm="Strange", charset="UTF-8"'];
  const authorization = `Basic ${Buffer.from('alice:p:w').toString('base64')}`;
  for (const adapter of ['express', 'fastify']) {
    for (const filter of ['none', 'global']) {
      const env = { ADAPTER: adapter, FILTER: filter };
      await withServer([process.execPath, join('dist', 'stranger.js')], { cwd: app, env }, async (get) => {
        for (const path of ['/closed', '/filtered', '/thrown', '/res', '/jwt', '/middleware']) {
          const { status, challenges: seen } = await get(path);
          deepEqual({ path, status, seen }, { path, status: 401, seen: challenges });
        }
        const others = { '/open': 200, '/forbidden': 403, '/broken': 500, '/nowhere': 404 };
        for (const [path, expected] of Object.entries(others)) {
          const { status, challenges: seen } = await get(path);
          deepEqual({ path, status, seen }, { path, status: expected, seen: [] });
        }
        for (const path of ['/closed', '/filtered']) equal((await get(path, { authorization })).status, 200, path);
      });
    }
    say(`an application with unusual code on ${adapter}`);
  }
}

/** `require()` and `import` load the same file, so dependency injection sees one class. */
function checkCommonJs(app) {
  writeFileSync(
    join(app, 'required.cjs'),
    `const { AuthModule } = require('nestjs-http-auth');
    import('nestjs-http-auth').then((other) => {
      if (AuthModule !== other.AuthModule) throw new Error('require() and import load two copies');
    });`,
  );
  run(process.execPath, ['required.cjs'], { cwd: app });
  say("require('nestjs-http-auth')");
}

/** Imports the subpaths that need no optional package, in an application without these packages. */
function checkSubpaths(app) {
  run(process.execPath, [join('dist', 'subpaths.js')], { cwd: app });
  say('nestjs-http-auth/introspection, passwords and tokens, without any optional package');
}

/** Runs the command of the package, as npm installs it. */
function checkCommand(app) {
  const command = join(app, 'node_modules', '.bin', 'nestjs-http-auth');
  const table = run(command, ['routes', join('dist', 'app.module.js')], { cwd: app });
  ok(/^METHOD +PATH +ACCESS .*\nGET +\//.test(table), 'the command prints the routes of the quick start');
  ok(
    /^token: \S+\nhash: {2}[0-9a-f]{64}\n$/.test(run(command, ['token'], { cwd: app })),
    'the command creates a token',
  );
  const findings = JSON.parse(run(command, ['doctor', join('dist', 'main.js'), '--json'], { cwd: app }));
  ok(
    findings.some(({ check, level }) => check === 'TLS' && level === 'WARN'),
    'the command checks the main file',
  );
  ok(run(command, ['init'], { cwd: app }).startsWith('Nothing to do: '), 'the command knows that the module is there');
  say('nestjs-http-auth routes, token, doctor, init');
}

/** Runs the matchers with the version of Vitest that `nest new` chooses. */
function checkVitest(app) {
  const bin = (name) => join(app, 'node_modules', '.bin', name);
  run(bin('tsc'), ['-p', 'tsconfig.vitest.json'], { cwd: app });
  run(bin('vitest'), ['run'], { cwd: app });
  say('nestjs-http-auth/testing/vitest');
}
