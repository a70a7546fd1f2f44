import type { KeyObject } from 'node:crypto';

/** Signature algorithms by type of key, the usual one first (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864). */
const BY_KEY: Readonly<Record<string, readonly string[]>> = {
  rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
  ed25519: ['EdDSA', 'Ed25519'],
};

/** All algorithms that verify with a public key. */
export const PUBLIC_KEY_ALGORITHMS: readonly string[] = Object.values(BY_KEY).flat();

/** The algorithms that verify with a shared secret, with the minimum length of the secret in bytes (RFC 7518 section 3.2). */
export const SECRET_ALGORITHMS: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** RFC 7518 sections 3.3 and 3.5: RSA keys have 2048 bits or more. */
const RSA_BITS = 2048;

/**
 * Returns the signature algorithms of a public or private key, the usual one first. The list is empty if the key is too
 * weak, or if no algorithm uses this type of key.
 */
export function algorithmsOf({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details = {},
}: KeyObject): readonly string[] {
  if (type === 'rsa' && (details.modulusLength ?? 0) < RSA_BITS) return [];
  return BY_KEY[details.namedCurve ?? type ?? ''] ?? [];
}
