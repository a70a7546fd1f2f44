import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The Markdown files that people read. `docs/api` and the built site are generated. */
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...['README.md', 'SECURITY.md', 'CHANGELOG.md'].map((file) => `libs/http-auth/${file}`),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !/^(?:api|\.vitepress)\//.test(file))
    .map((file) => `docs/${file}`),
];

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** A TypeScript block of a page: ` ```ts `, or ` ```ts [Express] ` in a group of tabs. */
const BLOCK = /^```(?:ts|typescript|mts)\b.*\n([^]*?)^```$/gm;

/** The file that the first line of a block names: `// app.module.ts`. */
const FILE_NAME = /^\/\/ (\S+\.ts)\n/;

/** Returns the TypeScript blocks of a page, each with the name of its file. */
function blocksOf(text: string): { file: string | undefined; code: string }[] {
  return [...text.matchAll(BLOCK)].map(([, code = '']) => ({ file: FILE_NAME.exec(code)?.[1], code }));
}

/** Returns the folder for the code of a page. The packages that the code imports are found from there. */
function folderOf(page: string): string {
  return join(root, 'test', `docs of ${page}`);
}

/** The pages whose code is a part of an example. The type check compiles the examples. */
const migrations = pages.filter((page) => page.startsWith('docs/migrate/'));

/** Returns the code of the other pages by path. */
function filesOfPages(): Map<string, string> {
  return new Map(
    pages
      .filter((page) => !migrations.includes(page))
      .flatMap((page) =>
        blocksOf(read(page)).map(({ file = '', code }): [string, string] => [join(folderOf(page), file), code]),
      ),
  );
}

/** Compiles files with the options of the project, and returns the error messages. */
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

/** Returns the anchors of a page: its headings, as GitHub and VitePress write them. */
function anchorsOf(page: string): string[] {
  const headings = read(page)
    .replace(/^```[^]*?^```$/gm, '')
    .matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** Returns the links of a page that lead to no file, or to no heading of a Markdown file. */
function deadLinksOf(page: string): string[] {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !(target.endsWith('.md') && anchorsOf(target).includes(anchor));
  });
}

/** One program for all pages, because most of its time goes into the types of the packages. */
let errors: string[];

beforeAll(() => {
  errors = compile(filesOfPages());
});

describe.each(pages)('%s', (page) => {
  it('has only code that compiles', () => {
    expect(errors.filter((error) => error.startsWith(`${folderOf(page)}/`))).toEqual([]);
  });

  it('names the file of each block of code, each once', () => {
    const files = blocksOf(read(page)).map(({ file }) => file);
    expect(files).toEqual([...new Set(files)].filter((file) => file !== undefined));
  });

  it('has no dead link', () => {
    expect(deadLinksOf(page)).toEqual([]);
  });
});

describe.each(pages.filter((page) => /^docs\/(architecture|decisions\/.*)\.md$/.test(page)))('%s', (page) => {
  it('names only files that exist', () => {
    const files = [...read(page).matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.ts)`/g)].map(([, file = '']) => file);
    const folders = ['libs/http-auth/src', '.'];
    expect(files.filter((file) => !folders.some((folder) => existsSync(join(root, folder, file))))).toEqual([]);
  });
});

describe.each(migrations)('%s', (page) => {
  it('has only code of its example', () => {
    // A page has no indentation where the example has some.
    const trimmed = (code: string) => code.replace(/^ +/gm, '');
    const strange = blocksOf(read(page)).filter(
      ({ file = '', code }) =>
        !file.startsWith('examples/') || !trimmed(read(file)).includes(trimmed(code.replace(FILE_NAME, ''))),
    );
    expect(strange).toEqual([]);
  });
});

describe.each([...migrations, ...pages.filter((page) => page.startsWith('docs/guide/'))])('%s', (page) => {
  it('has at most 110 lines, which are two screens', () => {
    expect(read(page).trimEnd().split('\n').length).toBeLessThanOrEqual(110);
  });
});

describe('The index of the migrations', () => {
  it('links each page and each example of a migration', () => {
    const index = read('docs/migrate/README.md');
    const others = migrations.map((page) => basename(page)).filter((page) => page !== 'README.md');
    expect(others.filter((page) => !index.includes(`](${page})`))).toEqual([]);
    const examples = readdirSync(join(root, 'examples')).filter((folder) => folder.startsWith('migrate-'));
    expect(others.map((page) => `migrate-${page.slice(0, -3)}`).toSorted()).toEqual(examples.toSorted());
  });
});

describe('The index of the guide', () => {
  it('links each page of the guide', () => {
    const index = read('docs/guide/README.md');
    const guide = readdirSync(join(root, 'docs/guide'), { recursive: true, encoding: 'utf8' });
    const missing = guide.filter((file) => file.endsWith('.md') && !index.includes(`](${file})`));
    expect(missing).toEqual(['README.md']);
  });
});

describe('The index of the decisions', () => {
  it('links each decision', () => {
    const index = read('docs/decisions/README.md');
    const decisions = readdirSync(join(root, 'docs/decisions')).filter((file) => file !== 'README.md');
    expect(decisions.filter((file) => !index.includes(`](${file})`))).toEqual([]);
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

  /** Returns a name with its documentation and, for an interface or a class, its public members with theirs. */
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

  it.each(names.flatMap(described))('documents %s', (_name, text) => {
    expect(text).toMatch(/\w+ \w+/);
  });

  /** Returns the members of an exported union of strings. */
  function unionOf(name: string): string[] {
    const alias = names.find((symbol) => symbol.name === name) as ts.Symbol;
    const type = checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(alias)) as ts.UnionType;
    return type.types.map((one) => (one as ts.StringLiteralType).value);
  }

  /** Returns the first cell of each row of a table in the page about errors. The table is named by its first heading. */
  function tableOfErrors(heading: string): string[] {
    const table = new RegExp(`^\\| ${heading} [^]*?(?=\n\n)`, 'm').exec(read('docs/guide/errors.md'))?.[0] ?? '';
    return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
  }

  it.each([
    ['code', 'AuthConfigurationErrorCode'],
    ['reason', 'FailureReason'],
  ])('lists each %s of %s, and no other, in docs/guide/errors.md', (heading, union) => {
    expect(tableOfErrors(heading).toSorted()).toEqual(unionOf(union).toSorted());
  });
});

describe('The compiler of this test', () => {
  it('reports an error of the compiler', () => {
    const wrong = "import { AuthModule } from 'nestjs-http-auth';\nAuthModule.forRoot({ realm: 5, schemes: [] });\n";
    expect(compile(new Map([[join(root, 'test', 'wrong.ts'), wrong]]))).toEqual([
      expect.stringContaining("Type 'number' is not assignable to type 'RealmOption'"),
    ]);
  });

  it('reports errors in the pages only', () => {
    expect(errors.filter((error) => !error.startsWith(join(root, 'test', 'docs of ')))).toEqual([]);
  });

  it('finds a block that has a title', () => {
    expect(blocksOf('```ts [Express]\n// main.ts\nlet x;\n```\n')).toEqual([
      { file: 'main.ts', code: '// main.ts\nlet x;\n' },
    ]);
  });
});
