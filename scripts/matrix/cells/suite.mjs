import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run } from '../../support/run.mjs';
import { folder, write } from '../workspace.mjs';

/** The versions for Nest 11 of the packages that this repository has for Nest 12. */
const NEST_11 = {
  '@nestjs/apollo': '^13.0.0',
  '@nestjs/common': '^11.1.4',
  '@nestjs/core': '^11.1.4',
  '@nestjs/graphql': '^13.0.0',
  '@nestjs/mercurius': '^13.0.0',
  '@nestjs/microservices': '^11.1.4',
  '@nestjs/passport': '^11.0.2',
  '@nestjs/platform-express': '^11.1.4',
  '@nestjs/platform-fastify': '^11.1.4',
  '@nestjs/platform-socket.io': '^11.1.4',
  '@nestjs/platform-ws': '^11.1.4',
  '@nestjs/serve-static': '^5.0.0',
  '@nestjs/swagger': '^11.0.0',
  '@nestjs/testing': '^11.1.4',
  '@nestjs/websockets': '^11.1.4',
};

/** The library's own tests pass on Nest 11. On Nest 12, `npm test` runs them. */
export default function ownSuite(report) {
  const cwd = join(folder, 'suite');
  const files = run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'])
    .split('\0')
    .filter(Boolean);
  for (const path of ['src', 'libs', 'test', 'docs', 'examples'])
    rmSync(join(cwd, path), { recursive: true, force: true });
  // Three files at the top are links to files of the library.
  for (const file of files.filter((path) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile())) {
    mkdirSync(dirname(join(cwd, file)), { recursive: true });
    cpSync(join(root, file), join(cwd, file));
  }
  rmSync(join(cwd, 'package-lock.json'));
  const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  const { dependencies, devDependencies } = manifest;
  write(cwd, 'package.json', {
    ...manifest,
    // The examples are for Nest 12.
    workspaces: manifest.workspaces.filter((path) => !path.startsWith('examples/')),
    dependencies: for11(dependencies),
    devDependencies: for11(devDependencies),
  });
  const complete = join(cwd, 'node_modules', '.matrix-complete');
  if (!existsSync(complete)) {
    // @nestjs/serve-static 5 and @nestjs/platform-fastify 11 want different versions of @fastify/static.
    run('npm', ['install', '--legacy-peer-deps', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd,
    });
    writeFileSync(complete, '');
  }

  const results = join(cwd, 'results.json');
  run('npm', ['test', '--ignore-scripts', '--', '--json', `--outputFile=${results}`, ...SUITES], { cwd });
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(results, 'utf8'));
  report(`${numPassedTests} of ${numTotalTests} tests on Nest 11`);
}

function for11(packages) {
  return Object.fromEntries(Object.entries(packages).map(([name, version]) => [name, NEST_11[name] ?? version]));
}

/** The tests that run Nest, or compile code for it. These two commands of the command line do not. */
const SUITES = ['--testPathPatterns', 'e2e-spec|nest.internals', '--testPathIgnorePatterns', 'cli.(hash|token)'];
