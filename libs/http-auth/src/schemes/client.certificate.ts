import type { HttpRequest } from '../http/request.js';

/** The client certificate of a request. */
export interface ClientCertificate {
  /** The SHA-256 hash of the certificate in DER, in base64url without padding: the form of `x5t#S256` (RFC 8705 section 3.1). */
  readonly thumbprint: string;
}

/** The reason why a request has no client certificate. */
export interface NoClientCertificate {
  /** The reason in words, for events. It must not contain a string from the client. */
  readonly missing: string;
}

/**
 * Finds the client certificate of a request. `fromTls()` and `fromProxy()` of `nestjs-http-auth/certificates` return a source. An
 * application may write one, e.g. for the event of a serverless function.
 */
export interface CertificateSource {
  /**
   * If `true`, the scheme refuses tokens that are not bound to a certificate.
   *
   * @default false
   */
  readonly required?: boolean;
  /** Returns the certificate. It is called only for requests whose token is valid and bound to a certificate. */
  find(request: HttpRequest): ClientCertificate | NoClientCertificate;
}

/** When a client needs its certificate; see `needsCertificate` of `Scheme`. */
export type CertificateNeed = 'always' | 'constrained' | 'bound';

/** Checks the option `certificate` of a scheme. Returns an error message, or `undefined` if it is valid. */
export function certificateProblem(source: unknown): string | undefined {
  if (source === undefined) return undefined;
  if (typeof source === 'object' && source !== null && 'find' in source && typeof source.find === 'function') {
    return undefined;
  }
  return 'certificate must be a source of certificates; write fromTls() or fromProxy(…) of nestjs-http-auth/certificates';
}
