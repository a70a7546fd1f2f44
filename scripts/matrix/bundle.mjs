// Bundles an entry with all packages: node bundle.mjs <kind> <input> <output>

import { basename, dirname } from 'node:path';

const [kind, input, output] = process.argv.slice(2);
const [bundler, format = 'cjs'] = kind.split('-');

/** Packages that Nest loads if they are installed, native packages, and packages that this application does not use. */
const OPTIONAL = [
  /^@nestjs\/(microservices|websockets|platform-socket\.io)(\/|$)/,
  /^@fastify\/(static|view|multipart)$/,
  /^@node-rs\//,
  /^class-(transformer|validator)(\/|$)/,
  /^file-type$/,
];
const isExternal = (name) => OPTIONAL.some((pattern) => pattern.test(name));

const forWebpack = {
  mode: 'production',
  target: 'node20',
  entry: input,
  optimization: { minimize: false },
  output: { path: dirname(output), filename: basename(output), library: { type: 'commonjs2' } },
  externals: [({ request }, callback) => (isExternal(request) ? callback(null, `commonjs ${request}`) : callback())],
};

function finish(error, stats) {
  if (error) throw error;
  if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
}

/** ES modules of esbuild and Rollup have no `require()`, which packages of CommonJS use for the modules of Node.js. */
const banner =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

const bundlers = {
  async webpack() {
    const { default: webpack } = await import('webpack');
    webpack(forWebpack, finish);
  },
  async rspack() {
    const { rspack } = await import('@rspack/core');
    rspack(forWebpack, finish);
  },
  async esbuild() {
    const { build } = await import('esbuild');
    const names = ['microservices', 'websockets', 'platform-socket.io'].map((name) => `@nestjs/${name}`);
    await build({
      entryPoints: [input],
      outfile: output,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format,
      external: [
        ...names.flatMap((name) => [name, `${name}/*`]),
        '@fastify/static',
        '@fastify/view',
        '@fastify/multipart',
        '@node-rs/*',
        'class-transformer',
        'class-transformer/*',
        'class-validator',
        'file-type',
      ],
      logLevel: 'error',
      keepNames: true,
      ...(format === 'esm' && { banner: { js: banner } }),
    });
  },
  async rolldown() {
    const { build } = await import('rolldown');
    await build({
      input,
      platform: 'node',
      external: isExternal,
      output: { file: output, format, codeSplitting: false, keepNames: true },
      logLevel: 'silent',
    });
  },
  async rollup() {
    const [{ rollup }, { default: resolve }, { default: commonjs }, { default: json }] = await Promise.all([
      import('rollup'),
      import('@rollup/plugin-node-resolve'),
      import('@rollup/plugin-commonjs'),
      import('@rollup/plugin-json'),
    ]);
    const plugins = [
      resolve({ preferBuiltins: true, exportConditions: ['node'] }),
      commonjs({ ignore: isExternal }),
      json(),
    ];
    const bundle = await rollup({ input, plugins, external: isExternal, logLevel: 'silent' });
    const more = format === 'esm' ? { banner } : {};
    await bundle.write({ file: output, format, inlineDynamicImports: true, ...more });
  },
};

await bundlers[bundler]();
