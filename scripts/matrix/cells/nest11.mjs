import { match } from 'node:assert/strict';
import { join } from 'node:path';
import { run } from '../../support/run.mjs';
import { withServer } from '../../support/server.mjs';
import { checkResponses } from '../checks.mjs';
import { application, withoutExtensions, write, writeSpec } from '../workspace.mjs';

/** A new application of the Nest 11 CLI: it builds, starts, and its Jest (ts-jest, CommonJS, no flags) runs. */
export default async function newNest11(report) {
  const cwd = application[11]();
  const bin = (name, ...args) => run(join(cwd, 'node_modules', '.bin', name), args, { cwd });
  writeSpec(cwd, 'app.spec.ts', 'src/app.spec.ts', asByDefault);
  writeSpec(cwd, 'app.spec.ts', 'test/app.e2e-spec.ts', (text) =>
    asByDefault(text).replace("'./app.m", "'../src/app.m"),
  );
  write(cwd, 'test/jest-e2e.json', {
    moduleFileExtensions: ['js', 'json', 'ts'],
    rootDir: '.',
    testEnvironment: 'node',
    testRegex: '.e2e-spec.ts$',
    transform: { '^.+\\.(t|j)s$': 'ts-jest' },
  });
  write(cwd, 'tsconfig.check.json', {
    extends: './tsconfig.json',
    compilerOptions: { noEmit: true, incremental: false },
    include: ['src', 'test'],
  });

  bin('nest', 'build');
  bin('tsc', '-p', 'tsconfig.check.json');
  await withServer([process.execPath, 'dist/main.js'], { cwd }, checkResponses);
  report('nest build, node dist/main.js');
  match(bin('nestjs-http-auth', 'routes', 'dist/app.module.js'), /^GET +\/me +required/m);
  report('nestjs-http-auth routes');
  bin('jest');
  bin('jest', '--config', 'test/jest-e2e.json');
  report('npm test and npm run test:e2e, with Jest and jose 5');

  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', 'jose@6'], { cwd });
  bin('jest', '--transformIgnorePatterns', '/node_modules/(?!jose/)');
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', 'jose@5'], { cwd });
  report('npm test with jose 6 and transformIgnorePatterns');
}

/** Changes a spec for the Jest that the CLI configures, which has global functions. */
function asByDefault(text) {
  return withoutExtensions(text).replace(/^.*@jest\/globals.*\n/m, '');
}
