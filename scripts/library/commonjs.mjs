import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { hasCopy, modules } from './entries.mjs';

/**
 * Writes the CommonJS copy of the ES modules in `dist` into `dist/cjs`.
 *
 * The declarations of the copy only export the declarations of the ES modules, so that TypeScript sees each class once.
 */
export function writeCommonJs(dist) {
  const write = (file, text) => {
    const path = join(dist, 'cjs', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.js') && !file.startsWith('cjs/') && hasCopy(file));
  for (const file of files) write(file, toCommonJs(readFileSync(join(dist, file), 'utf8')));
  for (const module of modules.filter(hasCopy)) {
    const target = relative(join('cjs', dirname(module)), `${module}.js`).replaceAll('\\', '/');
    write(`${module}.d.ts`, `export * from '${target}';\n`);
  }
  write('package.json', '{ "type": "commonjs" }\n');
  return files.length;
}

function toCommonJs(code) {
  const source = code.replaceAll('import.meta.url', '__filename').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  if (source.includes('import.meta'))
    throw new Error('CommonJS has only import.meta.url; do not use import.meta otherwise');
  return ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2023,
      esModuleInterop: true,
      removeComments: true,
    },
  }).outputText;
}
