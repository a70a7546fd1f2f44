import crypto from 'node:crypto';

/** A hash algorithm of stored HA1 values (RFC 7616 section 6.1). */
export type DigestHash = 'SHA-256' | 'SHA-512-256' | 'MD5';

/** An algorithm of Digest (RFC 7616 section 6.1). The name with `-sess` also hashes the nonces into the key (section 3.4.2). */
export type DigestAlgorithm = DigestHash | `${DigestHash}-sess`;

/** The parts of an algorithm. */
export interface Algorithm {
  readonly name: DigestAlgorithm;
  readonly hash: DigestHash;
  /** If `true`, the key of a request depends on its nonces. */
  readonly session: boolean;
  /** The number of hexadecimal digits of a hash. */
  readonly length: number;
  /** Returns the hash in hexadecimal. A string is hashed as UTF-8. */
  readonly digest: (data: string | Buffer) => string;
}

const HASHES: Readonly<Record<DigestHash, { readonly node: string; readonly length: number }>> = {
  'SHA-256': { node: 'sha256', length: 64 },
  'SHA-512-256': { node: 'sha512-256', length: 64 },
  MD5: { node: 'md5', length: 32 },
};

/** All algorithms by their names in lower case. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map(
  (Object.keys(HASHES) as DigestHash[]).flatMap((hash) => {
    const { node, length } = HASHES[hash];
    const digest = (data: string | Buffer) => crypto.createHash(node).update(data).digest('hex');
    const names: [DigestAlgorithm, boolean][] = [
      [hash, false],
      [`${hash}-sess`, true],
    ];
    return names.map(([name, session]) => [name.toLowerCase(), { name, hash, session, length, digest }] as const);
  }),
);

/** The names of all algorithms. */
export const ALGORITHM_NAMES: readonly string[] = [...ALGORITHMS.values()].map(({ name }) => name);

/** Returns an algorithm by its name, in any case, or `undefined` if there is no such algorithm. */
export function algorithmOf(name: string): Algorithm | undefined {
  return ALGORITHMS.get(name.toLowerCase());
}

/** Returns `true` if this Node.js can compute an algorithm. OpenSSL in FIPS mode has no MD5. */
export function isAvailable(algorithm: Algorithm): boolean {
  try {
    return algorithm.digest('').length === algorithm.length;
  } catch {
    return false;
  }
}
