import { AuthConfigurationError } from '../../common/configuration.error.js';
import { type OptionNames, undefinedOption, unknownOption } from '../../common/options.js';
import { socketOf } from '../../http/request.js';
import type { CertificateSource } from '../client.certificate.js';
import { certificateOf } from './thumbprint.js';

/** Options of {@link fromTls}. */
export interface TlsOptions {
  /**
   * If `true`, the scheme refuses tokens that are not bound to a certificate.
   *
   * @default false
   */
  readonly required?: boolean;
}

const NAMES: OptionNames<TlsOptions> = { required: true };

/**
 * Takes the client certificate from the TLS connection, for applications that terminate TLS themselves. The server must ask for it:
 * `requestCert: true`. With `rejectUnauthorized: false`, it accepts certificates of any issuer. That is enough here, because TLS proves
 * that the client has the key, and the token names the certificate (RFC 8705 section 3).
 *
 * @example
 * bearer(jwt({ issuer: 'https://login.example', audience: 'https://api.example' }), { certificate: fromTls() })
 * @throws AuthConfigurationError if an option is invalid
 */
export function fromTls(options: TlsOptions = {}): CertificateSource {
  const problem = unknownOption(options, NAMES) ?? requiredProblem(options);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEME_OPTION', `fromTls(): ${problem}`);
  const { required = false } = options;
  return {
    required,
    find: (request) => {
      const socket = socketOf(request);
      if (typeof socket?.getPeerCertificate !== 'function') return { missing: 'the connection does not use TLS' };
      // It is an empty object if the client has sent no certificate, and `null` if the connection has ended.
      const { raw } = (socket.getPeerCertificate() ?? {}) as { readonly raw?: Uint8Array };
      return raw === undefined ? { missing: 'the client has not sent one' } : certificateOf(raw);
    },
  };
}

/** Checks the option `required`. Returns an error message, or `undefined` if it is valid. */
export function requiredProblem(options: { readonly required?: boolean }): string | undefined {
  const { required } = options;
  return required === undefined || typeof required === 'boolean'
    ? undefinedOption(options, ['required'])
    : 'required must be true or false';
}
