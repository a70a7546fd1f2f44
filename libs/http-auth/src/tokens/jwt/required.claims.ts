import type { ClaimValue } from '../claims.options.js';
import { isClaimValue } from '../claims.problem.js';
import type { JwtIssuer } from './jwt.options.js';

/**
 * The claims that name the client of a token: RFC 9068 section 2.2 (`client_id`), OpenID Connect Core section 2 (`azp`), Okta
 * (`cid`), and version 1.0 of Entra ID (`appid`).
 */
const CLIENT_CLAIMS = ['client_id', 'azp', 'cid', 'appid'];

/** Returns `true` if the token names its client, and only clients of the option `clients`. */
export function isOfClient(
  claims: Readonly<Record<string, unknown>>,
  clients: readonly string[] | true | undefined,
): boolean {
  if (clients === undefined) return true;
  const named = CLIENT_CLAIMS.filter((claim) => Object.hasOwn(claims, claim)).map((claim) => claims[claim]);
  return (
    named.length > 0 &&
    named.every(
      (client) => typeof client === 'string' && client !== '' && (clients === true || clients.includes(client)),
    )
  );
}

/** Returns `true` if the token has each claim of the option `require`, with one of its values. */
export function hasRequiredClaims(
  claims: Readonly<Record<string, unknown>>,
  require: JwtIssuer['require'] = {},
): boolean {
  return Object.entries(require).every(
    ([claim, values]) => Object.hasOwn(claims, claim) && [values].flat().includes(claims[claim] as ClaimValue),
  );
}

/** Checks the options `clients` and `require`. Returns an error message, or `undefined` if they are valid. */
export function requiredProblem({ clients, require = {} }: JwtIssuer): string | undefined {
  if (clients !== undefined && clients !== true && !isList(clients, (one) => typeof one === 'string' && one !== '')) {
    return 'clients must be the identifier of a client, a list of them, or true for every client';
  }
  if (typeof require !== 'object' || require === null || Array.isArray(require)) {
    return "require must be an object of claims and values, such as { token_use: 'access' }";
  }
  const wrong = Object.entries(require).find(([, values]) => !isList(values, isClaimValue));
  return wrong && `require.${wrong[0]} must be a string, a number or a boolean, or a list of them that is not empty`;
}

function isList(value: unknown, isValid: (one: unknown) => boolean): boolean {
  const list: unknown[] = [value].flat();
  return list.length > 0 && list.every(isValid);
}
