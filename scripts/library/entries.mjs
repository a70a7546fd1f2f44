/**
 * The entries of the package: each subpath with its module in `src/` and `dist/`. The fields of `package.json` are made from this
 * list.
 */
export const ENTRIES = {
  '.': 'index',
  './testing': 'testing/index',
  './testing/jest': 'testing/jest/index',
  './testing/vitest': 'testing/vitest/index',
  './openapi': 'openapi/index',
  './passwords': 'passwords/index',
  './jwt': 'tokens/jwt/index',
  './introspection': 'tokens/introspection/index',
  './tokens': 'tokens/index',
  './logout': 'logout/index',
  './tickets': 'tickets/index',
  './opentelemetry': 'opentelemetry/index',
  './digest': 'schemes/digest/index',
  './dpop': 'schemes/dpop/index',
  './certificates': 'schemes/certificates/index',
  './graphql': 'graphql/index',
  './rpc': 'rpc/index',
  './websockets': 'websockets/index',
};

/** The folders that exist only as ES modules: the command, and the entry for Vitest, which is an ES module itself. */
const ESM_ONLY = ['cli/', 'testing/vitest/'];

/** Returns `true` if a file of `dist/` also exists as CommonJS in `dist/cjs/`. */
export const hasCopy = (file) => !ESM_ONLY.some((folder) => file.startsWith(folder));

/** The modules of all entries. */
export const modules = Object.values(ENTRIES);

/**
 * Returns the fields of `package.json` that depend on the entries.
 *
 * Node.js 20.19 and later has the condition `module-sync` for `import` and for `require()`, and bundlers have `module`, so a
 * process loads the ES modules only and has one instance of each class. Tools that cannot load ES modules, such as Jest without
 * flags, get the CommonJS copy. `main`, `types` and `typesVersions` are for TypeScript with `moduleResolution: node10`.
 */
export function packageFields() {
  const subpaths = Object.entries(ENTRIES).filter(([subpath]) => subpath !== '.');
  return {
    main: './dist/cjs/index.js',
    module: './dist/index.js',
    types: './dist/cjs/index.d.ts',
    typesVersions: {
      '*': Object.fromEntries(
        subpaths.map(([subpath, module]) => [
          subpath.slice(2),
          [`dist/${hasCopy(module) ? 'cjs/' : ''}${module}.d.ts`],
        ]),
      ),
    },
    exports: {
      ...Object.fromEntries(Object.entries(ENTRIES).map(([subpath, module]) => [subpath, conditions(module)])),
      './package.json': './package.json',
    },
  };
}

function conditions(module) {
  const source = { 'nestjs-http-auth-source': `./src/${module}.ts` };
  const target = (folder) => ({ types: `./${folder}/${module}.d.ts`, default: `./${folder}/${module}.js` });
  if (!hasCopy(module)) return { ...source, ...target('dist') };
  return {
    ...source,
    'module-sync': target('dist'),
    module: target('dist'),
    import: target('dist'),
    require: target('dist/cjs'),
    default: target('dist'),
  };
}

/** Returns the files that the fields name. */
export function filesOf(value) {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(filesOf) : [];
}
