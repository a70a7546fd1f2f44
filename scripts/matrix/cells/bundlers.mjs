import { deepEqual } from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../../support/run.mjs';
import { withServer } from '../../support/server.mjs';
import { CHALLENGES, checkResponses } from '../checks.mjs';
import { ADAPTERS, application, folder, install, MAJORS } from '../workspace.mjs';

const BUNDLERS = [
  'webpack@5',
  '@rspack/core@2',
  'esbuild@0.28',
  'rolldown@1',
  'rollup@4',
  '@rollup/plugin-node-resolve@16',
  '@rollup/plugin-commonjs@29',
  '@rollup/plugin-json@6',
];

const KINDS = [
  'webpack',
  'rspack',
  'esbuild-esm',
  'esbuild-cjs',
  'rolldown-esm',
  'rolldown-cjs',
  'rollup-esm',
  'rollup-cjs',
];

/** A bundle with all packages in one file starts and answers, in a folder without these packages. */
export default async function everyBundler(report) {
  const tools = install('bundlers', BUNDLERS);
  cpSync(join(root, 'scripts', 'matrix', 'bundle.mjs'), join(tools, 'bundle.mjs'));
  for (const major of MAJORS) {
    const app = application[major]();
    for (const kind of KINDS) {
      // Outside of the application, so that a package that is not in the bundle is not found.
      const cwd = join(folder, 'bundles', `nest${major}-${kind}`);
      rmSync(cwd, { recursive: true, force: true });
      mkdirSync(cwd, { recursive: true });
      const extension = kind.endsWith('esm') ? 'mjs' : 'cjs';
      for (const entry of isForLambda(kind) ? ['main', 'lambda'] : ['main']) {
        run(
          process.execPath,
          ['bundle.mjs', kind, join(app, 'esm', 'dist', `${entry}.js`), join(cwd, `${entry}.${extension}`)],
          {
            cwd: tools,
          },
        );
      }
      for (const adapter of ADAPTERS) {
        await withServer([process.execPath, `main.${extension}`], { cwd, env: { ADAPTER: adapter } }, checkResponses);
      }
      if (isForLambda(kind)) deepEqual(invoke(cwd, extension), { statusCode: 401, challenges: CHALLENGES });
      report(`Nest ${major}, ${kind}: ${ADAPTERS.join(', ')}${isForLambda(kind) ? ', a handler of AWS Lambda' : ''}`);
    }
  }

  const cwd = application[11]();
  run(join(cwd, 'node_modules', '.bin', 'nest'), ['build', '--webpack'], { cwd });
  await withServer([process.execPath, join('dist', 'main.js')], { cwd }, checkResponses);
  report('nest build --webpack on Nest 11');
}

/** AWS Lambda's own tools bundle with esbuild. */
function isForLambda(kind) {
  return kind.startsWith('esbuild');
}

/** Calls the handler of a bundle with an event. */
function invoke(cwd, extension) {
  const code = `import('./lambda.${extension}')
    .then(({ handler, default: all }) => (handler ?? all.handler)({ path: '/me', headers: {} }))
    .then((result) => { console.log(JSON.stringify(result)); process.exit(0); });`;
  return JSON.parse(run(process.execPath, ['--eval', code], { cwd }));
}
