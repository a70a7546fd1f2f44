import type ts from 'typescript';
import type { TypeScript } from './typescript.js';

/** Returns the names that the statements of a file declare or import. */
export function bindingsOf(ts: TypeScript, source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const add = (name: ts.BindingName | undefined): void => {
    if (name === undefined) return;
    if (ts.isIdentifier(name)) names.add(name.text);
    else for (const element of name.elements) if (ts.isBindingElement(element)) add(element.name);
  };
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) add(name);
    } else if (ts.isImportDeclaration(statement)) {
      const { name, namedBindings } = statement.importClause ?? {};
      add(name);
      if (namedBindings === undefined) continue;
      if (ts.isNamespaceImport(namedBindings)) add(namedBindings.name);
      else for (const element of namedBindings.elements) add(element.name);
    } else if ('name' in statement && ts.isIdentifier(statement.name as ts.Node)) {
      add(statement.name as ts.Identifier);
    }
  }
  return names;
}
