import { equal } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../../support/run.mjs';
import { withServer } from '../../support/server.mjs';
import { checkResponses } from '../checks.mjs';
import { ADAPTERS, install, tarball, write, writeSources } from '../workspace.mjs';

const { peerDependencies } = JSON.parse(readFileSync(join(root, 'libs', 'http-auth', 'package.json'), 'utf8'));

/** Returns the lowest version of a range. */
const lowest = (range) => /\d+\.\d+\.\d+/.exec(range)[0];

/** The application starts with the lowest versions of all peers. */
export default async function lowestPeers(report) {
  const peers = Object.entries(peerDependencies).map(([name, range]) => `${name}@${lowest(range)}`);
  const platforms = ['@nestjs/platform-express@11.1.4', '@nestjs/platform-fastify@11.1.4'];
  const types = ['typescript@5.9', '@types/node@20', '@types/express@5'];
  const cwd = install('lowest', [tarball(), ...peers, ...platforms, ...types], { type: 'commonjs' });
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', tarball()], { cwd });
  writeSources(join(cwd, 'src'), 'cjs');
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    esModuleInterop: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    rootDir: 'src',
    outDir: 'dist',
  };
  write(cwd, 'tsconfig.json', { compilerOptions, include: ['src'] });
  run(join(cwd, 'node_modules', '.bin', 'tsc'), [], { cwd });
  for (const adapter of ADAPTERS) {
    await withServer([process.execPath, 'dist/main.js'], { cwd, env: { ADAPTER: adapter } }, checkResponses);
    report(`${peers.filter((peer) => /common|passport@/.test(peer)).join(', ')} on ${adapter}`);
  }
  hashWith(cwd, report);
}

/** Hashes with every major version of the packages for hashes. */
function hashWith(cwd, report) {
  write(
    cwd,
    'hash.cjs',
    `const { password } = require('nestjs-http-auth/passwords');
    const algorithms = process.argv.slice(2);
    Promise.all(algorithms.map(async (algorithm) => password.verify('p:w', await password.hash('p:w', { algorithm }))))
      .then((results) => console.log(results.join()));`,
  );
  equal(run(process.execPath, ['hash.cjs', 'argon2id', 'bcrypt'], { cwd }).trim(), 'true,true');
  report('password.hash() with @node-rs/bcrypt 1');
  const newer = install('bcrypt2', [tarball(), '@node-rs/bcrypt@2', '@nestjs/common@12', '@nestjs/core@12']);
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', tarball()], { cwd: newer });
  write(newer, 'hash.cjs', readFileSync(join(cwd, 'hash.cjs'), 'utf8'));
  equal(run(process.execPath, ['hash.cjs', 'bcrypt'], { cwd: newer }).trim(), 'true');
  report('password.hash() with @node-rs/bcrypt 2');
}
