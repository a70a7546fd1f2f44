import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root, run, tool } from '../support/run.mjs';

/** The folder of all applications. `MATRIX_DIR` names one that stays, so that the next run does not install again. */
export const folder = process.env.MATRIX_DIR ?? mkdtempSync(join(tmpdir(), 'nestjs-http-auth-matrix-'));

export function cleanUp() {
  if (process.env.MATRIX_DIR === undefined) rmSync(folder, { recursive: true, force: true });
}

export const MAJORS = ['11', '12'];
export const FORMATS = ['esm', 'cjs'];
export const ADAPTERS = ['express', 'fastify'];

const sources = join(root, 'scripts', 'matrix', 'app', 'src');
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** Builds and packs the library. Returns the path of the tarball. */
export const tarball = once(() => {
  run('npm', ['run', '--silent', 'build:lib']);
  mkdirSync(folder, { recursive: true });
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: join(root, 'libs', 'http-auth'),
    }),
  );
  return join(folder, filename);
});

/** Installs packages in a folder of their own. Returns the folder. */
export function install(name, packages, manifest = {}) {
  const target = join(folder, name);
  const complete = join(target, 'node_modules', '.matrix-complete');
  write(target, 'package.json', { private: true, ...manifest });
  if (existsSync(complete)) return target;
  run('npm', [...INSTALL, ...packages], { cwd: target });
  writeFileSync(complete, '');
  return target;
}

/** Returns the paths of Node.js 20.19, of the newest releases of 22 and 24, and of the newest release. */
export const nodes = once(() => {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const versions = ['20.19', '22', '24', 'latest'];
  const aliases = versions.map((version) => `node-${version}@npm:${name}@${version}`);
  const target = install('nodes', aliases);
  return new Map(
    versions.map((version) => [
      version,
      process.platform === 'win32'
        ? join(target, 'node_modules', `node-${version}`, 'bin', 'node.exe')
        : join(target, 'node_modules', `node-${version}`, 'bin', 'node'),
    ]),
  );
});

/**
 * Creates an application with the Nest CLI of a major version, and installs the tarball in it. The application has the test
 * runner that the CLI chooses. The folders `esm` and `cjs` have the same code in both formats, compiled.
 */
export const application = {
  11: once(() => makeApplication('11')),
  12: once(() => makeApplication('12')),
};

function makeApplication(major) {
  const name = `nest${major}`;
  const target = join(folder, name);
  const packed = tarball();
  if (!existsSync(join(target, 'node_modules', '.matrix-complete'))) {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const options = ['new', name, '--skip-install', '--skip-git', '--package-manager', 'npm'];
    if (major === '12') run(tool('nest'), options, { cwd: folder });
    else run('npm', ['exec', '--yes', `--package=@nestjs/cli@${major}`, '--', 'nest', ...options], { cwd: folder });
    const manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'));
    // Without linters, which take half of the time of the installation.
    const dev = Object.entries(manifest.devDependencies).filter(
      ([key]) => !/lint|prettier|ts-node|mau|coverage/.test(key),
    );
    write(target, 'package.json', {
      ...manifest,
      dependencies: { ...manifest.dependencies, ...dependenciesFor(major, packed) },
      devDependencies: { ...Object.fromEntries(dev), ...(major === '12' && JEST_FOR_ESM) },
    });
    run('npm', INSTALL, { cwd: target });
    writeFileSync(join(target, 'node_modules', '.matrix-complete'), '');
  } else {
    run('npm', [...INSTALL, '--no-save', packed], { cwd: target });
  }

  for (const path of ['src', 'test']) rmSync(join(target, path), { recursive: true, force: true });
  writeSources(join(target, 'src'), major === '11' ? 'cjs' : 'esm');
  for (const format of FORMATS) {
    write(target, `${format}/package.json`, { type: format === 'esm' ? 'module' : 'commonjs' });
    writeSources(join(target, format, 'src'), format);
    write(target, `${format}/tsconfig.json`, {
      extends: '../tsconfig.json',
      compilerOptions: {
        rootDir: 'src',
        outDir: 'dist',
        types: ['node'],
        declaration: false,
        incremental: false,
        skipLibCheck: false,
      },
      include: ['src'],
    });
    run(join(target, 'node_modules', '.bin', 'tsc'), ['-p', join(format, 'tsconfig.json')], { cwd: target });
    // The application's own tsconfig.json would include these files.
    rmSync(join(target, format, 'src'), { recursive: true });
  }
  return target;
}

const JEST_FOR_ESM = { '@jest/globals': '^30.0.0', '@swc/core': '1.16.18', '@swc/jest': '^0.2.39', jest: '^30.0.0' };

function dependenciesFor(major, packed) {
  return {
    'nestjs-http-auth': `file:${packed}`,
    '@nestjs/microservices': `^${major}.0.0`,
    '@nestjs/passport': `^${major}.0.0`,
    '@nestjs/platform-fastify': `^${major}.0.2`,
    '@nestjs/swagger': `^${major}.0.0`,
    '@nestjs/websockets': `^${major}.0.0`,
    '@opentelemetry/api': '^1.9.0',
    passport: '^0.7.0',
    // Each major version of an optional package with one major version of Nest.
    ...(major === '11'
      ? { '@node-rs/bcrypt': '^2.0.0', jose: '^5.10.0' }
      : { '@node-rs/argon2': '^2.0.0', '@node-rs/bcrypt': '^1.10.7', jose: '^6.0.0' }),
  };
}

/** Writes the code of the application. Files of CommonJS import each other without an extension, as Jest needs it. */
export function writeSources(target, format) {
  for (const file of readdirSync(sources)) {
    const text = readFileSync(join(sources, file), 'utf8');
    write(target, file, format === 'cjs' ? withoutExtensions(text) : text);
  }
}

/** Removes `.js` from the imports of files. */
export const withoutExtensions = (text) => text.replaceAll(/(from '\.{1,2}\/[^']+)\.js'/g, "$1'");

export function write(target, path, content) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

/** Copies the specs of the matrix to an application. */
export function writeSpec(target, name, path, change = (text) => text) {
  write(target, path, change(readFileSync(join(root, 'scripts', 'matrix', 'specs', name), 'utf8')));
}

function once(make) {
  let made;
  return () => (made ??= { value: make() }).value;
}
