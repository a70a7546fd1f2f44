/** The type of access tokens (RFC 9068 section 4). */
export const ACCESS_TOKEN = /^(?:application\/)?at\+jwt$/i;

/** Claims that OpenID Connect defines for ID tokens: Core sections 2 and 3.3.2.11, and FAPI 1.0 part 2 section 5.1. */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/**
 * Returns `true` if a JWT is an ID token by its claims. An ID token tells its client who signed in. Other clients, and whoever saw
 * it in a browser, must not use it at an API.
 *
 * Some issuers also put the claims of ID tokens into access tokens: Keycloak before version 25 has `nonce`, and authentik copies the
 * ID token. These tokens have scopes, which ID tokens do not have. So a token with `scope` or `scp`, or of the type at+jwt, is an
 * access token. An ID token without any of the claims cannot be recognized.
 */
export function isIdToken(typ: unknown, claims: Readonly<Record<string, unknown>>): boolean {
  // Keycloak (org.keycloak.util.TokenUtil) and Cognito ("Understanding the identity token") name the type in a claim.
  if (claims['typ'] === 'ID' || claims['token_use'] === 'id') return true;
  if (!ID_TOKEN_CLAIMS.some((claim) => Object.hasOwn(claims, claim))) return false;
  const isAccessToken = typeof typ === 'string' && ACCESS_TOKEN.test(typ);
  return !isAccessToken && !Object.hasOwn(claims, 'scope') && !Object.hasOwn(claims, 'scp');
}
