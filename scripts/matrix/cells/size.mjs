import { deepEqual } from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../support/run.mjs';
import { folder, MAJORS, tarball, write } from '../workspace.mjs';

const TEST_RUNNERS = ['@jest/globals', '@nestjs/testing', 'jest', 'vitest'];

/** `npm ci --omit=dev` adds only what the guard, Basic and Bearer need, also if the application has a test runner. */
export default function smallestInstall(report) {
  for (const major of MAJORS) {
    const nest = (...names) => Object.fromEntries(names.map((name) => [`@nestjs/${name}`, `^${major}.0.0`]));
    const dependencies = {
      ...nest('common', 'core', 'platform-express'),
      'reflect-metadata': '^0.2.2',
      rxjs: '^7.8.1',
    };
    const devDependencies = { ...nest('testing'), vitest: '^4.1.2' };
    const before = production({ dependencies, devDependencies });
    const library = { 'nestjs-http-auth': `file:${tarball()}`, ...nest('passport'), passport: '^0.7.0' };
    const after = production({ dependencies: { ...dependencies, ...library }, devDependencies });
    deepEqual(
      TEST_RUNNERS.filter((name) => after.packages.has(name)),
      [],
      'test runners in production',
    );
    const added = [...after.packages].filter((name) => !before.packages.has(name));
    const megabytes = ((after.bytes - before.bytes) / 1e6).toFixed(1);
    report(`Nest ${major}: the library adds ${added.length} packages and ${megabytes} MB (${added.join(', ')})`);
  }
}

/** Installs the production dependencies of an application. Returns their names and their size. */
function production(manifest) {
  const cwd = join(folder, 'size');
  rmSync(cwd, { recursive: true, force: true });
  write(cwd, 'package.json', { private: true, type: 'module', ...manifest });
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', '--package-lock-only', ...quiet], { cwd });
  run('npm', ['ci', '--omit=dev', ...quiet], { cwd });
  const { packages } = JSON.parse(readFileSync(join(cwd, 'node_modules', '.package-lock.json'), 'utf8'));
  const names = Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, ''));
  return { packages: new Set(names), bytes: sizeOf(join(cwd, 'node_modules')) };
}

function sizeOf(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
