import { sharedDigest } from '../common/digest.js';

/** The members of a public key that its thumbprint covers, in lexicographic order (RFC 7638 section 3.2, RFC 8037 section 2). */
export const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
  OKP: ['crv', 'kty', 'x'],
};

/**
 * Returns the SHA-256 thumbprint of a public key in base64url (RFC 7638 section 3).
 *
 * @param jwk a key of the type EC, RSA or OKP with all members of its type
 */
export function thumbprintOf(jwk: Readonly<Record<string, unknown>>): string {
  const members = THUMBPRINT_MEMBERS[String(jwk['kty'])] ?? [];
  return sharedDigest(JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]]))));
}
