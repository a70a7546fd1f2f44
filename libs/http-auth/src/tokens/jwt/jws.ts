import { parseCompactJws } from '../../jose/compact.jws.js';
import { FAILURES, refuse } from './failures.js';

/** The header of a JWS, as far as the verifier reads it (RFC 7515 section 4.1). */
export interface JwsHeader {
  readonly alg: string;
  readonly kid?: unknown;
  readonly typ?: unknown;
}

/** The parts of a JWT that is signed (RFC 7515 section 7.1). Its signature is not verified yet. */
export interface Jws {
  readonly header: JwsHeader;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The bytes that are signed (RFC 7515 section 5.2). */
  readonly input: Buffer;
  readonly signature: Buffer;
}

/**
 * Reads a JWT in compact form.
 *
 * @throws RefusedException if it is not a JWT, or has a critical extension
 */
export function parseJws(token: string): Jws {
  const jws = parseCompactJws(token) ?? refuse(FAILURES.malformed);
  const { alg, kid, typ } = jws.header;
  if (typeof alg !== 'string') refuse(FAILURES.malformed);
  return { ...jws, header: { alg, kid, typ } };
}
