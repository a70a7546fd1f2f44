import { COMMA, EMPTY_ELEMENTS, END_OF_ELEMENT, EQUALS, QUOTED_STRING, SPACES, TOKEN, TOKEN68 } from './grammar.js';
import { isSendable, isToken, isToken68, quote, Scanner, unquote } from './grammar.js';

/**
 * The auth-params of a challenge or of credentials: values by lower-case name (RFC 9110 section 11.2). A value has no
 * quotes and no escapes.
 */
export type AuthParams = Readonly<Record<string, string>>;

/**
 * The common form of challenges and credentials: `auth-scheme [ 1*SP ( token68 / #auth-param ) ]`
 * (RFC 9110 sections 11.3 and 11.4).
 */
export interface AuthElement {
  /** The auth-scheme, in the case that it was given in. It is compared without case (RFC 9110 section 11.1). */
  readonly scheme: string;
  /** The auth-params; `undefined` if there are no auth-params. */
  readonly params?: AuthParams;
  /** The token68, which replaces auth-params; `undefined` if there is no token68. */
  readonly token68?: string;
}

/** Reads one element. Returns `undefined` if there is no well-formed element at the position of the scanner. */
export function readElement(scanner: Scanner): AuthElement | undefined {
  const scheme = scanner.take(TOKEN);
  if (scheme === undefined) return undefined;
  if (scanner.take(SPACES) === undefined) return { scheme };

  const token68 = scanner.attempt(() => {
    const text = scanner.take(TOKEN68);
    return scanner.take(END_OF_ELEMENT) === undefined ? undefined : text;
  });
  if (token68 !== undefined) return { scheme, token68 };

  const params = readParams(scanner);
  if (params === undefined) return undefined;
  return Object.keys(params).length === 0 ? { scheme } : { scheme, params };
}

/** Reads `#auth-param`. Returns `undefined` if a name occurs twice, which RFC 9110 section 11.2 forbids. */
function readParams(scanner: Scanner): AuthParams | undefined {
  // The object has no prototype, because `__proto__` is a valid token.
  const params: Record<string, string> = Object.create(null);
  const first = scanner.attempt(() => {
    scanner.take(EMPTY_ELEMENTS);
    return readParam(scanner);
  });
  for (let param = first; param !== undefined; param = scanner.attempt(() => nextParam(scanner))) {
    const [name, value] = param;
    if (name in params) return undefined;
    params[name] = value;
  }
  return params;
}

function nextParam(scanner: Scanner): [string, string] | undefined {
  return scanner.take(COMMA) === undefined ? undefined : readParam(scanner);
}

/** `auth-param = token BWS "=" BWS ( token / quoted-string )` (RFC 9110 section 11.2) */
function readParam(scanner: Scanner): [string, string] | undefined {
  const name = scanner.take(TOKEN);
  if (name === undefined || scanner.take(EQUALS) === undefined) return undefined;
  const quoted = scanner.take(QUOTED_STRING);
  const value = quoted === undefined ? scanner.take(TOKEN) : unquote(quoted);
  return value === undefined ? undefined : [name.toLowerCase(), value];
}

/**
 * Formats an element. All challenges and credentials are written here, so this is the only place that quotes and escapes.
 *
 * @param tokens the params, in lower case, whose values are not quoted if they are tokens
 * @throws TypeError if a part cannot be sent, or if there are both a token68 and params
 */
export function formatElement({ scheme, params, token68 }: AuthElement, tokens: readonly string[] = []): string {
  if (!isToken(scheme)) throw new TypeError('scheme: an auth-scheme is one token (RFC 9110 section 11.1)');
  if (token68 !== undefined) {
    if (params !== undefined) throw new TypeError('token68: it cannot be combined with params (RFC 9110 section 11.3)');
    if (!isToken68(token68)) throw new TypeError('token68: only letters, digits and -._~+/ (RFC 9110 section 11.2)');
    return `${scheme} ${token68}`;
  }
  const text = formatParams(params ?? {}, tokens);
  return text === '' ? scheme : `${scheme} ${text}`;
}

/**
 * Formats auth-params: `#auth-param` (RFC 9110 section 11.2).
 *
 * @param tokens the params, in lower case, whose values are not quoted if they are tokens
 * @throws TypeError if a name or a value cannot be sent
 */
export function formatParams(params: AuthParams, tokens: readonly string[] = []): string {
  return Object.entries(params)
    .map((param, index, all) => formatParam(param, index, all, tokens))
    .join(', ');
}

function formatParam(
  [name, value]: [string, string],
  index: number,
  all: [string, string][],
  tokens: readonly string[],
): string {
  if (!isToken(name)) throw new TypeError('params: the name of an auth-param is one token (RFC 9110 section 11.2)');
  if (all.some(([other], before) => before < index && other.toLowerCase() === name.toLowerCase())) {
    throw new TypeError(`params: ${name} occurs twice (RFC 9110 section 11.2)`);
  }
  if (!isSendable(value)) {
    throw new TypeError(`params: ${name} has a character that no field can carry safely (RFC 9110 section 5.5)`);
  }
  return `${name}=${tokens.includes(name.toLowerCase()) && isToken(value) ? value : quote(value)}`;
}
