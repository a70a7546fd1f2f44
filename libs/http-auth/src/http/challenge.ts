import { type AuthElement, formatElement, readElement } from './auth-param.js';
import { COMMA, EMPTY_ELEMENTS, Scanner } from './grammar.js';

/**
 * One challenge of a `WWW-Authenticate` field: an auth-scheme with its auth-params, `realm` among them
 * (RFC 9110 section 11.3).
 */
export type Challenge = AuthElement;

/** The characters of `error` and `error_description`: `%x20-21 / %x23-5B / %x5D-7E` (RFC 6750 section 3) */
const ERROR = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** The values that RFC 6750 section 3 allows. DPoP uses the same params (RFC 9449 section 7.1). */
const OAUTH_PARAMS: Readonly<Record<string, RegExp>> = {
  error: ERROR,
  error_description: ERROR,
  // `scope-token *( SP scope-token )`, with `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 section 3.3)
  error_uri: /^[\x21\x23-\x5b\x5d-\x7e]*$/,
  scope: /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/,
};

/** The params of a challenge that Digest must not quote, because of old clients (RFC 7616 section 3.3). */
const DIGEST_TOKENS = ['stale', 'algorithm', 'charset', 'userhash'];

/**
 * Formats one challenge, e.g. `Basic realm="Staging", charset="UTF-8"`. Every value is a quoted-string with its quotes
 * escaped, which is the only form that `realm` may have (RFC 9110 section 11.5). Only Digest has params that must be tokens.
 *
 * @throws TypeError if a name is not a token or occurs twice, or if a value has a control character or is not ASCII
 * @throws TypeError if there are both a token68 and params
 * @throws TypeError if a value of Bearer or DPoP has a character that RFC 6750 section 3 does not allow
 */
export function formatChallenge(challenge: Challenge): string {
  const { scheme, params = {} } = challenge;
  if (/^(?:bearer|dpop)$/i.test(scheme)) {
    for (const [name, allowed] of Object.entries(OAUTH_PARAMS)) {
      if (params[name] !== undefined && !allowed.test(params[name])) {
        throw new TypeError(`params: ${name} has a character that is not allowed in it (RFC 6750 section 3)`);
      }
    }
  }
  return formatElement(challenge, scheme.toLowerCase() === 'digest' ? DIGEST_TOKENS : []);
}

/**
 * Parses the challenges of a `WWW-Authenticate` or `Proxy-Authenticate` field, in their order (RFC 9110 section 11.6.1).
 *
 * @example
 * parseChallenges('Basic realm="a", Bearer'); // [{ scheme: 'Basic', params: { realm: 'a' } }, { scheme: 'Bearer' }]
 * @param field the value of the field, or the values of its field lines
 * @returns the challenges, or `undefined` if the field is not well-formed
 */
export function parseChallenges(field: string | readonly string[]): Challenge[] | undefined {
  const scanner = new Scanner(typeof field === 'string' ? field : field.join(', '));
  const challenges: Challenge[] = [];
  scanner.take(EMPTY_ELEMENTS);
  while (!scanner.done) {
    const challenge = readElement(scanner);
    if (challenge === undefined) return undefined;
    challenges.push(challenge);
    if (scanner.take(COMMA) === undefined) {
      scanner.take(EMPTY_ELEMENTS);
      break;
    }
  }
  return scanner.done && challenges.length > 0 ? challenges : undefined;
}
