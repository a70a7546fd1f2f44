export type { CertificateSource, ClientCertificate, NoClientCertificate } from '../client.certificate.js';
export { fromTls, type TlsOptions } from './from.tls.js';
