import type { ClientCertificate } from '../client.certificate.js';
import { certificateOf } from './thumbprint.js';

/** RFC 8941 section 3.3.5: a byte sequence. The field has no parameters (RFC 9440 section 2.2). */
const BYTE_SEQUENCE = /^:([^:]*):$/;

/** RFC 4648 section 4, with or without padding (RFC 8941 section 4.2.7). */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** RFC 7468 section 5. Some proxies replace the line breaks by spaces. */
const PEM = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*/;

/** Reads the field `Client-Cert` of RFC 9440. */
export function readClientCert(value: string): ClientCertificate | undefined {
  return certificateIn(BYTE_SEQUENCE.exec(value)?.[1] ?? '');
}

/** Reads one certificate in PEM, in which special characters may be percent-encoded. */
export function readEscapedPem(value: string): ClientCertificate | undefined {
  return readPem(value, (rest) => rest === '');
}

/** Reads a chain of certificates in PEM, percent-encoded. The first is the one of the client. */
export function readEscapedChain(value: string): ClientCertificate | undefined {
  return readPem(value, () => true);
}

function readPem(value: string, isComplete: (rest: string) => boolean): ClientCertificate | undefined {
  const text = decoded(value);
  const match = PEM.exec(text);
  if (match === null || !isComplete(text.slice(match[0].length))) return undefined;
  return certificateIn((match[1] as string).replaceAll(/\s/g, ''));
}

/** Decodes percent-encodings. A "+" stays, because it is a character of base64; the encoding of forms would replace it by a space. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}

function certificateIn(base64: string): ClientCertificate | undefined {
  const isPadded = base64.endsWith('=');
  if (!BASE64.test(base64) || (isPadded ? base64.length % 4 !== 0 : base64.length % 4 === 1)) return undefined;
  return certificateOf(Buffer.from(base64, 'base64'));
}
