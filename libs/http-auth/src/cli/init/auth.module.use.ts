import type ts from 'typescript';
import type { TypeScript } from './typescript.js';

const METHODS = ['forRoot', 'forRootAsync'];

/** Returns `true` if a file calls `AuthModule.forRoot()` or `forRootAsync()` of this package. */
export function importsAuthModule(ts: TypeScript, text: string): boolean {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const local = localNames(ts, source, 'nestjs-http-auth').get('AuthModule');
  if (local === undefined) return false;
  const calls = (node: ts.Node): boolean =>
    (ts.isPropertyAccessExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === local &&
      METHODS.includes(node.name.text)) ||
    ts.forEachChild(node, (child) => calls(child) || undefined) === true;
  return calls(source);
}

/** Returns the names that a file imports from a module as values: each with its name in the file. */
export function localNames(ts: TypeScript, source: ts.SourceFile, module: string): Map<string, string> {
  const names = namedImports(ts, source, module).flatMap(({ elements }) => [...elements]);
  return new Map(
    names
      .filter(({ isTypeOnly }) => !isTypeOnly)
      .map(({ propertyName, name }) => [(propertyName ?? name).text, name.text]),
  );
}

/** Returns the lists `{ a, b }` of the imports of values from a module. */
export function namedImports(ts: TypeScript, source: ts.SourceFile, module: string): ts.NamedImports[] {
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
    const { importClause } = statement;
    const bindings = importClause?.namedBindings;
    const isValue = statement.moduleSpecifier.text === module && importClause?.isTypeOnly === false;
    return isValue && bindings !== undefined && ts.isNamedImports(bindings) ? [bindings] : [];
  });
}
