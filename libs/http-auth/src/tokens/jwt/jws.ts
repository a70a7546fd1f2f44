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

/** @throws TypeError if the bytes are not UTF-8, which `Buffer.toString()` would repair */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JWT in compact form: `BASE64URL "." BASE64URL "." BASE64URL` (RFC 7515 section 7.1).
 *
 * @throws RefusedException if it is not a JWT, or has a critical extension: this verifier supports none (RFC 7515 section 4.1.11)
 */
export function parseJws(token: string): Jws {
  const parts = token.split('.', 4);
  if (parts.length !== 3) refuse(FAILURES.malformed);
  const [encodedHeader, payload, signature] = parts as [string, string, string];
  const { alg, kid, typ, crit } = parseObject(encodedHeader);
  if (typeof alg !== 'string' || crit !== undefined) refuse(FAILURES.malformed);
  return {
    header: { alg, kid, typ },
    claims: parseObject(payload),
    input: Buffer.from(token.slice(0, token.lastIndexOf('.')), 'latin1'),
    signature: decode(signature),
  };
}

/** @throws RefusedException if the part is not a JSON object in UTF-8 */
function parseObject(part: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(decode(part)));
  } catch {
    refuse(FAILURES.malformed);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(FAILURES.malformed);
  return value as Record<string, unknown>;
}

/**
 * Decodes base64url. `Buffer` ignores characters that do not belong there, and unused bits in the last character, so the bytes
 * must encode to the same string again (RFC 4648 section 3.5). Otherwise there would be several strings for one token.
 *
 * @throws RefusedException if the part is not base64url
 */
function decode(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) refuse(FAILURES.malformed);
  return bytes;
}
