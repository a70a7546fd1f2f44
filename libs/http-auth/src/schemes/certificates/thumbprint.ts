import { createHash } from 'node:crypto';
import type { ClientCertificate } from '../client.certificate.js';

/** Returns the thumbprint of a certificate (RFC 8705 section 3.1). There is no other hash function. */
export function certificateOf(der: Uint8Array): ClientCertificate {
  return { thumbprint: createHash('sha256').update(der).digest('base64url') };
}
