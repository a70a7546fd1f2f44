import { match } from 'node:assert/strict';
import { join } from 'node:path';
import { run } from '../../support/run.mjs';
import { withServer } from '../../support/server.mjs';
import { checkResponses } from '../checks.mjs';
import { application, write, writeSpec } from '../workspace.mjs';

const swc = {
  target: 'es2023',
  parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
};

/** A new application of the Nest 12 CLI: it builds, starts, and its Vitest runs. So does Jest with ES modules. */
export default async function newNest12(report) {
  const cwd = application[12]();
  const bin = (name, ...args) => run(join(cwd, 'node_modules', '.bin', name), args, { cwd });
  writeSpec(cwd, 'app.spec.ts', 'src/app.spec.ts', forVitest);
  writeSpec(cwd, 'app.spec.ts', 'src/app.jest-spec.ts');
  write(
    cwd,
    'jest.config.js',
    `export default ${JSON.stringify({
      testRegex: '\\.jest-spec\\.ts$',
      roots: ['<rootDir>/src'],
      extensionsToTreatAsEsm: ['.ts'],
      moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
      transform: { '^.+\\.ts$': ['@swc/jest', { swcrc: false, module: { type: 'es6' }, jsc: swc }] },
    })};\n`,
  );
  write(cwd, 'tsconfig.check.json', {
    extends: './tsconfig.json',
    compilerOptions: { noEmit: true, incremental: false },
    include: ['src'],
  });

  bin('nest', 'build');
  bin('tsc', '-p', 'tsconfig.check.json');
  await withServer([process.execPath, 'dist/main.js'], { cwd }, checkResponses);
  report('nest build, node dist/main.js');
  match(bin('nestjs-http-auth', 'routes', 'dist/app.module.js'), /^GET +\/me +required/m);
  match(bin('nestjs-http-auth', 'routes', 'cjs/dist/app.module.js'), /^GET +\/me +required/m);
  report('nestjs-http-auth routes, with an application of ES modules and of CommonJS');
  bin('vitest', 'run', 'src');
  report('npm test with Vitest');
  run(process.execPath, ['--experimental-vm-modules', join(cwd, 'node_modules', 'jest', 'bin', 'jest.js')], { cwd });
  report('Jest with ES modules');
}

function forVitest(text) {
  return text.replace("'@jest/globals'", "'vitest'").replace('testing/jest', 'testing/vitest');
}
