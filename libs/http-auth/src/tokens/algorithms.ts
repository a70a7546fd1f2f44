import type { KeyObject } from 'node:crypto';

/** Signatures of a private key, by the kind of the public one (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864). */
const BY_KEY: Readonly<Record<string, readonly string[]>> = {
  rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
  ed25519: ['EdDSA', 'Ed25519'],
};

/** All that a public key may verify. */
export const PUBLIC_KEY_ALGORITHMS: readonly string[] = Object.values(BY_KEY).flat();

/** What a shared secret may verify, and how many octets it must have for that (RFC 7518 section 3.2). */
export const SECRET_ALGORITHMS: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** What a key pair may sign and verify, by either half, the usual algorithm first; none, where it is of another kind. */
export function algorithmsOf({ asymmetricKeyType: kind, asymmetricKeyDetails }: KeyObject): readonly string[] {
  return BY_KEY[asymmetricKeyDetails?.namedCurve ?? kind ?? ''] ?? [];
}
