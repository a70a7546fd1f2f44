import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The pages whose code people paste. */
const pages = [
  'README.md',
  'libs/http-auth/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** The TypeScript of a page, by the name of the file that the first line of each block gives it. */
function blocksOf(page: string): Map<string, string> {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n(\/\/ (\S+)\n[^]*?)^```$/gm)];
  // Beside the library's tests, where the packages that the code imports are found.
  return new Map(blocks.map(([, code = '', file = '']) => [join(root, 'test', `docs of ${page}`, file), code]));
}

/** What the compiler says of the code of a page, under the options of the project. */
function compile(files: Map<string, string>): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['x.ts'] }, ts.sys, root);
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const { readFile, fileExists, directoryExists } = host;
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.directoryExists = (folder) =>
    [...files.keys()].some((file) => file.startsWith(`${folder}/`)) || (directoryExists?.(folder) ?? false);
  const { getSourceFile } = host;
  host.getSourceFile = (file, version, ...rest) => {
    const code = files.get(file);
    return code === undefined ? getSourceFile(file, version, ...rest) : ts.createSourceFile(file, code, version);
  };
  const program = ts.createProgram([...files.keys()], { ...options, noEmit: true, rootDir: root }, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');

  it('has code that compiles', () => {
    expect(compile(blocksOf(page))).toEqual([]);
  });

  it('has no code that is not compiled', () => {
    expect(text.match(/^```ts$/gm)?.length ?? 0).toBe(blocksOf(page).size);
  });

  it('has no link that leads nowhere', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(join(root, dirname(page), path)))).toEqual([]);
  });
});

describe('The public names of the library', () => {
  const library = join(root, 'libs/http-auth');
  const { exports } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as {
    exports: Record<string, Record<string, string>>;
  };
  const entries = Object.values(exports).flatMap(({ 'nestjs-http-auth-source': source }) =>
    source === undefined ? [] : [join(library, source)],
  );
  const program = ts.createProgram(entries, { module: ts.ModuleKind.NodeNext, experimentalDecorators: true });
  const checker = program.getTypeChecker();
  const names = entries.flatMap((entry) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.Node);
    return module === undefined ? [] : checker.getExportsOfModule(module);
  });

  /** A name and, where it stands for an interface or a class, those of its members that users see. */
  function described(symbol: ts.Symbol): [string, string][] {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const members = [...(target.members?.values() ?? [])].filter(
      ({ declarations: [declaration] = [] }) =>
        declaration !== undefined &&
        (ts.isPropertySignature(declaration) ||
          ts.isMethodSignature(declaration) ||
          ((ts.isMethodDeclaration(declaration) ||
            ts.isPropertyDeclaration(declaration) ||
            ts.isParameterPropertyDeclaration(declaration, declaration.parent)) &&
            (ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) ===
              0)),
    );
    return [target, ...members].map((one) => [
      one === target ? target.name : `${target.name}.${one.name}`,
      ts.displayPartsToString(one.getDocumentationComment(checker)),
    ]);
  }

  it.each(names.flatMap(described))('%s is documented', (_name, text) => {
    expect(text).toMatch(/\w+ \w+/);
  });
});

describe('The compiler of this test', () => {
  it('finds what is wrong', () => {
    const wrong = "import { AuthModule } from 'nestjs-http-auth';\nAuthModule.forRoot({ realm: 5, schemes: [] });\n";
    expect(compile(new Map([[join(root, 'test', 'wrong.ts'), wrong]]))).toEqual([
      expect.stringContaining("Type 'number' is not assignable to type 'RealmOption'"),
    ]);
  });
});
