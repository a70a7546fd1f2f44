import type { ClientCertificate } from '../client.certificate.js';
import { readEscapedPem } from './certificate.field.js';

/** A pair of Envoy's `X-Forwarded-Client-Cert`, and the character after it: `;` before another pair, `,` before another element. */
const PAIR = /\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*))\s*([,;]|$)/y;

/** SHA-256 in hex. */
const HASH = /^[\da-f]{64}$/i;

/**
 * Reads Envoy's field `X-Forwarded-Client-Cert`: elements of pairs, one element for each proxy. The last proxy adds the last element, so
 * only this one is certain. Its `Hash` is the SHA-256 of the certificate in DER, and `Cert` is the certificate in PEM, percent-encoded.
 */
export function readXfcc(value: string): ClientCertificate | undefined {
  const last = lastElementOf(value);
  if (last === undefined) return undefined;
  const { hash, cert } = last;
  // Two values for one name are ambiguous.
  if ((hash?.length ?? 0) > 1 || (cert?.length ?? 0) > 1) return undefined;
  if (hash?.[0] !== undefined) {
    return HASH.test(hash[0]) ? { thumbprint: Buffer.from(hash[0], 'hex').toString('base64url') } : undefined;
  }
  return cert?.[0] === undefined ? undefined : readEscapedPem(cert[0]);
}

/** The values of an element by their names in lower case. */
type Element = Readonly<Partial<Record<string, readonly string[]>>>;

/** Returns the last element, or `undefined` if any element is malformed. */
function lastElementOf(value: string): Element | undefined {
  let element: Partial<Record<string, string[]>> = Object.create(null);
  PAIR.lastIndex = 0;
  for (;;) {
    const match = PAIR.exec(value);
    if (match === null) return undefined;
    const [, name = '', quoted, plain = '', end = ''] = match;
    (element[name.toLowerCase()] ??= []).push(quoted?.replaceAll(/\\(.)/g, '$1') ?? plain);
    if (end === '') return element;
    if (end === ',') element = Object.create(null);
  }
}
