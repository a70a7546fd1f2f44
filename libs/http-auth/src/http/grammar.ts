/*
 * The productions that RFC 9110 section 11 uses. Each pattern is sticky, for `Scanner`. It matches in linear time, because
 * no two alternatives match the same character.
 */

/** `token = 1*tchar` (section 5.6.2) */
export const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;

/** `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (section 11.2) */
export const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*/y;

/** `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE` (section 5.6.4) */
export const QUOTED_STRING = /"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"/y;

/** `1*SP`, between an auth-scheme and the rest (section 11.3) */
export const SPACES = / +/y;

/** `OWS = *( SP / HTAB )` (section 5.6.3); `BWS` is the same, and recipients must accept it */
export const OWS = /[ \t]*/y;

/** `*( OWS "," ) OWS`: a recipient skips the empty elements of a list (section 5.6.1.2) */
export const EMPTY_ELEMENTS = /[ \t,]*/y;

/** The separator of two elements of a list, with the empty elements around it: `OWS "," *( OWS "," ) OWS` (section 5.6.1) */
export const COMMA = /[ \t]*,[ \t,]*/y;

/** `BWS "=" BWS`, between the name and the value of an auth-param (section 11.2) */
export const EQUALS = /[ \t]*=[ \t]*/y;

/** The end of a token68: the end of the field, or the comma before the next challenge */
export const END_OF_ELEMENT = /(?=[ \t]*(?:,|$))/y;

/** Reads a field value from left to right, one production at a time. */
export class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  /**
   * Returns the string that `production` matches at the current position, and moves behind it. If there is no match,
   * returns `undefined` and does not move.
   */
  take(production: RegExp): string | undefined {
    production.lastIndex = this.at;
    const match = production.exec(this.text);
    if (match === null) return undefined;
    this.at = production.lastIndex;
    return match[0];
  }

  /** Returns the result of `read`. If the result is `undefined`, goes back to the position before `read`. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const start = this.at;
    const value = read();
    if (value === undefined) this.at = start;
    return value;
  }

  /** If `true`, the whole text was read. */
  get done(): boolean {
    return this.at === this.text.length;
  }
}

/** Returns the value of a quoted-string, without its quotes and escapes (RFC 9110 section 5.6.4). */
export function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/gs, '$1');
}

/** Returns `text` as a quoted-string (RFC 9110 section 5.6.4). The caller checks {@link isSendable} first. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

const WHOLE_TOKEN = whole(TOKEN);
const WHOLE_TOKEN68 = whole(TOKEN68);

function whole({ source }: RegExp): RegExp {
  return new RegExp(`^(?:${source})$`);
}

/** Returns `true` if `text` is one token (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  return WHOLE_TOKEN.test(text);
}

/** Returns `true` if `text` is one token68 (RFC 9110 section 11.2). */
export function isToken68(text: string): boolean {
  return WHOLE_TOKEN68.test(text);
}

/**
 * Returns `true` if every client receives `text` unchanged: printable ASCII and spaces. A control character could end the field
 * (RFC 9110 section 5.5), and for anything outside ASCII no encoding is agreed on (RFC 7617 section 3).
 */
export function isSendable(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
