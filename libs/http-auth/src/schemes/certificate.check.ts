import { timingSafeEqual } from 'node:crypto';
import { type HttpRequest, identityOf } from '../http/request.js';
import type { CertificateSource } from './client.certificate.js';
import type { Confirmation } from './confirmation.js';
import { Failure, type FailureDetails } from './failure.js';

/** The member of a confirmation with the thumbprint of a certificate (RFC 8705 section 3.1). */
const THUMBPRINT = 'x5t#S256';

/** Returns `true` if the credentials are bound to a client certificate. The value may be invalid; no certificate matches it then. */
export function bindsCertificate(confirmation: Confirmation): boolean {
  return Object.hasOwn(confirmation, THUMBPRINT);
}

/** The metadata of the resource if a scheme checks client certificates (RFC 9728 section 2). */
export const CERTIFICATE_METADATA = { tls_client_certificate_bound_access_tokens: true } as const;

/** Checks if a client has the certificate that its token is bound to, for one scheme. */
export class CertificateCheck {
  /** The identities of the requests whose response depends on the certificate of the client. */
  private readonly decided = new WeakSet<object>();

  /**
   * @param scheme the auth-scheme
   * @param source the source of the certificates; `undefined` if tokens that are bound to a certificate are refused
   */
  constructor(
    private readonly scheme: string,
    private readonly source: CertificateSource | undefined,
  ) {}

  /** Checks all bindings of a valid token. Returns why the token is refused, or `undefined` if the client has the certificate. */
  failure(confirmations: readonly Confirmation[], request: HttpRequest): Failure | undefined {
    const { source } = this;
    const bound = confirmations.filter(bindsCertificate);
    if (bound.length === 0) {
      return source?.required === true ? this.refusal('The token is not bound to a client certificate') : undefined;
    }
    if (source === undefined) return this.refusal('The token is bound to a client certificate as well');
    this.decided.add(identityOf(request));
    const found = source.find(request);
    if (!('thumbprint' in found)) {
      return this.refusal(
        'The token needs its client certificate',
        `The client certificate is missing: ${found.missing}`,
      );
    }
    const { thumbprint } = found;
    return bound.every((confirmation) => isSame(confirmation[THUMBPRINT], thumbprint))
      ? undefined
      : this.refusal('The token is bound to another client certificate');
  }

  /** Returns `true` if the response to a request depends on the certificate of the client. */
  decides(request: HttpRequest): boolean {
    return this.decided.has(identityOf(request));
  }

  /** @param message more for events, which clients do not need to know */
  private refusal(description: string, message?: string): Failure {
    const details: FailureDetails = { params: { error_description: description } };
    return new Failure('invalid', this.scheme, 401, message === undefined ? details : { ...details, message });
  }
}

/** Compares two thumbprints in constant time. Only strings are equal. */
function isSame(expected: unknown, thumbprint: unknown): boolean {
  if (typeof expected !== 'string' || typeof thumbprint !== 'string') return false;
  const [one, other] = [Buffer.from(expected), Buffer.from(thumbprint)];
  return one.length === other.length && timingSafeEqual(one, other);
}
