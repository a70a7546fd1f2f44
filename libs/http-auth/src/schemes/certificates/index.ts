export type { CertificateSource, ClientCertificate, NoClientCertificate } from '../client.certificate.js';
export { type CertificateFormat, fromProxy, type ProxyOptions } from './from.proxy.js';
export { fromTls, type TlsOptions } from './from.tls.js';
