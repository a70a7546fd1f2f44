/**
 * Access tokens that are bound to a client certificate (RFC 8705), over TLS or behind a proxy.
 *
 * ```ts
 * import { fromTls } from 'nestjs-http-auth/certificates';
 * ```
 *
 * @module nestjs-http-auth/certificates
 */

export type { CertificateSource, ClientCertificate, NoClientCertificate } from '../client.certificate.js';
export { type CertificateFormat, fromProxy, type ProxyOptions } from './from.proxy.js';
export { fromTls, type TlsOptions } from './from.tls.js';
