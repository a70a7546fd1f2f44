import type ts from 'typescript';

/** How a file is written: new code is written in the same way. */
export interface SourceStyle {
  readonly quote: string;
  readonly semicolon: string;
  readonly newline: string;
  /** The characters of one level of indentation. */
  readonly unit: string;
}

/**
 * Returns the style of a file.
 *
 * @param declaration an import of the file
 */
export function styleOf(source: ts.SourceFile, declaration: ts.ImportDeclaration): SourceStyle {
  const text = source.text;
  return {
    quote: declaration.moduleSpecifier.getText(source).charAt(0),
    semicolon: declaration.getText(source).endsWith(';') ? ';' : '',
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    // The space of a comment such as " * text" is not an indentation.
    unit: /^(\t| {2,})(?![\s*])/m.exec(text)?.[1] ?? '  ',
  };
}

/** Returns the space at the start of the line of a position. */
export function indentationAt(text: string, position: number): string {
  const start = text.lastIndexOf('\n', position - 1) + 1;
  return /^[\t ]*/.exec(text.slice(start))?.[0] ?? '';
}

/** Returns a string literal. */
export function literal(text: string, quote: string): string {
  return quote + text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote;
}
