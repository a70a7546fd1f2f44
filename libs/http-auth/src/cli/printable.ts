/**
 * Characters that control a terminal, and characters that change the order of the text, without line breaks and tabs. A name of a file,
 * a route or a user, or a message of a server may have them.
 */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Replaces characters that a terminal would obey by their escapes, such as `\\u001b`. */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
