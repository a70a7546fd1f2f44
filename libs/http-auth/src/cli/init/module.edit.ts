import type ts from 'typescript';
import { CliError } from '../cli.error.js';
import { importsAuthModule, localNames, namedImports } from './auth.module.use.js';
import { bindingsOf } from './bindings.js';
import type { Recipe } from './recipe.js';
import { indentationAt, literal, type SourceStyle, styleOf } from './source.style.js';
import type { TypeScript } from './typescript.js';

/** A replacement of a part of the file. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Returns the source of a root module with `AuthModule.forRoot()` in its imports.
 *
 * @param file the name of the file in messages
 * @throws CliError if the file has no root module, or if its imports cannot be read
 */
export function addAuthModule(ts: TypeScript, text: string, file: string, recipe: Recipe, realm: string): string {
  const compiles = (code: string) =>
    ts.transpileModule(code, { reportDiagnostics: true, fileName: 'file.ts' }).diagnostics?.length === 0;
  if (!compiles(text)) throw new CliError(`${file}: it has a syntax error; make it compile first`);
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const [decorator, declaration] = findModule(ts, source, file);
  const style = styleOf(source, declaration);
  const names = new LocalNames(ts, source);
  const code = codeOf(recipe, realm, style, (name) => names.of(name, recipe));
  const edits = [
    ...Object.entries(recipe.imports).map(([module, wanted]) => importEdit(ts, source, style, module, wanted, names)),
    importsEdit(ts, source, style, decorator, code, file),
  ].filter((edit) => edit !== undefined);
  // From the end, so that the positions of the other edits stay the same. New imports keep their order.
  const edited = edits
    .toReversed()
    .toSorted((a, b) => b.start - a.start)
    .reduce((result, { start, end, text: part }) => result.slice(0, start) + part + result.slice(end), text);
  if (!compiles(edited) || !importsAll(ts, edited, recipe))
    throw new CliError(`${file}: it could not be edited; add AuthModule.forRoot() yourself`);
  return edited;
}

/** Returns `true` if a file imports all names of a recipe, and calls `AuthModule.forRoot()`. */
function importsAll(ts: TypeScript, text: string, { imports }: Recipe): boolean {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const has = ([module, names]: [string, readonly string[]]) =>
    names.every((name) => localNames(ts, source, module).has(name));
  return Object.entries(imports).every(has) && importsAuthModule(ts, text);
}

/** Returns the call of `@Module()`, and the import of `Module`. */
function findModule(ts: TypeScript, source: ts.SourceFile, file: string): [ts.CallExpression, ts.ImportDeclaration] {
  const local = localNames(ts, source, '@nestjs/common').get('Module');
  const modules = source.statements.flatMap((statement) => {
    if (!ts.isClassDeclaration(statement)) return [];
    return (ts.getDecorators(statement) ?? []).flatMap(({ expression }) =>
      ts.isCallExpression(expression) && ts.isIdentifier(expression.expression) && expression.expression.text === local
        ? [{ name: statement.name?.text, call: expression }]
        : [],
    );
  });
  const found = modules.find(({ name }) => name === 'AppModule') ?? (modules.length === 1 ? modules[0] : undefined);
  const list = namedImports(ts, source, '@nestjs/common').find(({ elements }) =>
    elements.some(({ name }) => name.text === local),
  );
  if (found === undefined || list === undefined) {
    const problem = modules.length === 0 ? 'it has no class with @Module()' : 'it is unclear which class is the root';
    throw new CliError(`${file}: ${problem}; name the file of the root module with --module <file>`);
  }
  return [found.call, list.parent.parent as ts.ImportDeclaration];
}

/** The names of our exports in the file. An export whose name is taken gets another one. */
class LocalNames {
  private readonly taken: Set<string>;

  constructor(
    private readonly ts: TypeScript,
    private readonly source: ts.SourceFile,
  ) {
    this.taken = bindingsOf(ts, source);
  }

  /** Returns the local name of an export of a recipe. */
  of(name: string, { imports }: Recipe): string {
    const module = Object.keys(imports).find((one) => imports[one]?.includes(name)) as string;
    return this.imported(module, name) ?? this.free(name);
  }

  /** Returns the local name if the file imports it already. */
  imported(module: string, name: string): string | undefined {
    return localNames(this.ts, this.source, module).get(name);
  }

  /** Returns the name, or a name such as `httpBasic` if the file has another `basic`. */
  free(name: string): string {
    const isClass = name.charAt(0) !== name.charAt(0).toLowerCase();
    const longer = `${isClass ? 'Http' : 'http'}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return [name, longer, `${longer}1`].find((one) => !this.taken.has(one)) ?? `${longer}2`;
  }
}

/** Returns the lines of the element of `imports`. */
function codeOf(recipe: Recipe, realm: string, style: SourceStyle, local: (name: string) => string): string[] {
  const { unit, quote } = style;
  const write = (text: string) => literal(text, quote);
  return [
    `${local('AuthModule')}.forRoot({`,
    `${unit}realm: ${write(realm)},`,
    ...recipe.schemes(local, write).map((line) => unit + line),
    '}),',
  ];
}

/** Adds the imported names to an import of the module, or adds an import after the last one. */
function importEdit(
  ts: TypeScript,
  source: ts.SourceFile,
  { quote, semicolon, newline }: SourceStyle,
  module: string,
  wanted: readonly string[],
  names: LocalNames,
): Edit | undefined {
  const specifiers = wanted
    .filter((name) => names.imported(module, name) === undefined)
    .map((name) => (names.free(name) === name ? name : `${name} as ${names.free(name)}`))
    .join(', ');
  if (specifiers === '') return undefined;
  const last = namedImports(ts, source, module)[0]?.elements.at(-1);
  if (last !== undefined) return insertion(last.end, `, ${specifiers}`);
  const after = source.statements.filter((statement) => ts.isImportDeclaration(statement)).at(-1)?.end ?? 0;
  const line = `import { ${specifiers} } from ${literal(module, quote)}${semicolon}`;
  return insertion(endOfLine(ts, source.text, after), `${newline}${line}`);
}

/**
 * Returns the end of the line of a position, with the comments on it. If other code follows on the line, returns its start. A comment
 * and a template may have line breaks, so the next line break may be inside of them.
 */
function endOfLine(ts: TypeScript, text: string, position: number): number {
  const end = ts.getTrailingCommentRanges(text, position)?.at(-1)?.end ?? position;
  return end + (/^[\t ]*(?=\r?\n|$)/.exec(text.slice(end))?.[0].length ?? 0);
}

/** Adds the code as the first element of `imports`. */
function importsEdit(
  ts: TypeScript,
  source: ts.SourceFile,
  style: SourceStyle,
  call: ts.CallExpression,
  code: readonly string[],
  file: string,
): Edit {
  const { newline, unit } = style;
  const refuse = (problem: string): never => {
    throw new CliError(
      `${file}: ${problem}; write a list after "imports:", or add this element yourself:\n${code.join('\n')}`,
    );
  };
  const [options] = call.arguments;
  const lead = indentationAt(source.text, call.getStart(source));
  const list = (indentation: string) => [
    `${indentation}imports: [`,
    ...code.map((line) => indentation + unit + line),
    `${indentation}],`,
  ];
  if (options === undefined) {
    const text = ['{', ...list(lead + unit), `${lead}}`].join(newline);
    return insertion(call.end - 1, text);
  }
  if (!ts.isObjectLiteralExpression(options)) return refuse('the options of @Module() are not an object literal');
  const { properties } = options;
  const existing = properties.find(
    ({ name }) => name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) && name.text === 'imports',
  );
  if (existing === undefined) {
    // The spread object may have imports, which a property would replace.
    if (properties.some((one) => ts.isSpreadAssignment(one) || (one.name && ts.isComputedPropertyName(one.name)))) {
      return refuse('the options of @Module() contain another object, so their imports cannot be read');
    }
    return addFirst(source, style, options, properties, list(''));
  }
  if (!ts.isPropertyAssignment(existing) || !ts.isArrayLiteralExpression(existing.initializer)) {
    return refuse('the imports of @Module() are not a list, so they cannot be read');
  }
  return addFirst(source, style, existing.initializer, existing.initializer.elements, code);
}

/** Adds lines as the first member of an array or an object. */
function addFirst(
  source: ts.SourceFile,
  { newline, unit }: SourceStyle,
  literalNode: ts.Node,
  members: ts.NodeArray<ts.Node>,
  lines: readonly string[],
): Edit {
  const { text } = source;
  const start = literalNode.getStart(source) + 1;
  const end = literalNode.end - 1;
  const inner = text.slice(start, end);
  const lead = indentationAt(text, start);
  const [first] = members;
  const isOnNextLine = inner.trimStart() !== inner && /^[\t ]*(?:\/\/[^\n]*)?\r?\n/.test(inner);
  const indentation =
    isOnNextLine && first !== undefined ? indentationAt(text, first.getStart(source)) : `${lead}${unit}`;
  const added = lines.map((line) => newline + indentation + line).join('');
  if (isOnNextLine) return insertion(start, added);
  const rest = inner.trim() === '' ? '' : newline + indentation + inner.trim();
  return { start, end, text: `${added}${rest}${newline}${lead}` };
}

function insertion(position: number, text: string): Edit {
  return { start: position, end: position, text };
}
