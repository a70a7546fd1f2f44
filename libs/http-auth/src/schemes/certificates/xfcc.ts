import type { ClientCertificate } from '../client.certificate.js';
import { readEscapedPem } from './certificate.field.js';

/** A pair of Envoy's `X-Forwarded-Client-Cert`, and the semicolon after it, if there is another pair. */
const PAIR = /\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*))\s*(;|$)/y;

/** SHA-256 in hex. */
const HASH = /^[\da-f]{64}$/i;

/**
 * Reads Envoy's field `X-Forwarded-Client-Cert`: one element of pairs. Its `Hash` is the SHA-256 of the certificate in DER, and `Cert` is
 * the certificate in PEM, percent-encoded.
 *
 * Each proxy may add an element after a comma. Several elements are not valid. A client may have sent the others, or its certificate may
 * have a comma in a URI or a DNS name, which Envoy does not quote.
 */
export function readXfcc(value: string): ClientCertificate | undefined {
  const element = elementOf(value);
  if (element === undefined) return undefined;
  const { hash, cert } = element;
  // Two values for one name are ambiguous.
  if ((hash?.length ?? 0) > 1 || (cert?.length ?? 0) > 1) return undefined;
  if (hash?.[0] !== undefined) {
    return HASH.test(hash[0]) ? { thumbprint: Buffer.from(hash[0], 'hex').toString('base64url') } : undefined;
  }
  return cert?.[0] === undefined ? undefined : readEscapedPem(cert[0]);
}

/** The values of the element by their names in lower case. */
type Element = Readonly<Partial<Record<string, readonly string[]>>>;

/** Returns the only element, or `undefined` if it is malformed, or if there are several. */
function elementOf(value: string): Element | undefined {
  const element: Partial<Record<string, string[]>> = Object.create(null);
  PAIR.lastIndex = 0;
  for (;;) {
    const match = PAIR.exec(value);
    if (match === null) return undefined;
    const [, name = '', quoted, plain = '', end] = match;
    (element[name.toLowerCase()] ??= []).push(quoted?.replaceAll(/\\(.)/g, '$1') ?? plain);
    if (end === '') return element;
  }
}
