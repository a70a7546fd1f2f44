import { AuthConfigurationError } from '../../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../../common/options.js';
import { isToken } from '../../http/grammar.js';
import { countFieldLines, type HttpRequest, socketOf } from '../../http/request.js';
import type { CertificateSource, ClientCertificate, NoClientCertificate } from '../client.certificate.js';
import { readClientCert, readEscapedChain, readEscapedPem } from './certificate.field.js';
import { requiredProblem, type TlsOptions } from './from.tls.js';
import { TrustedPeers, trustedProblem } from './trusted.peers.js';
import { readXfcc } from './xfcc.js';

/**
 * The format of the field:
 * - `rfc9440`: `Client-Cert` of RFC 9440, i.e. base64 of the DER between colons.
 * - `xfcc`: `X-Forwarded-Client-Cert` of Envoy, with one element, by its `Hash` or `Cert`.
 * - `pem`: one certificate in PEM, percent-encoded, e.g. `$ssl_client_escaped_cert` of nginx.
 * - `alb`: `X-Amzn-Mtls-Clientcert-Leaf` or `X-Amzn-Mtls-Clientcert` of an Application Load Balancer of AWS. The first certificate counts.
 */
export type CertificateFormat = 'rfc9440' | 'xfcc' | 'pem' | 'alb';

/** Options of {@link fromProxy}. */
export interface ProxyOptions extends TlsOptions {
  /** The name of the field, e.g. `Client-Cert`. The proxy must delete the field from the requests of clients. */
  readonly field: string;
  /** The format of the field. */
  readonly format: CertificateFormat;
  /**
   * The addresses of the proxies: IP addresses, ranges such as `10.0.0.0/8`, and `unix` for connections over a UNIX socket. The address
   * of the socket counts, not `X-Forwarded-For`. From another address, the field counts as absent.
   */
  readonly trusted: readonly string[];
}

/** Fields that clients use for something else. */
const OTHER_FIELDS = ['authorization', 'proxy-authorization', 'cookie', 'dpop', 'host', 'origin'];

const NAMES: OptionNames<ProxyOptions> = { field: true, format: true, trusted: true, required: true };

/** Reads the value of a field. Returns `undefined` if it is not valid. */
type Reader = (value: string) => ClientCertificate | undefined;

const READERS: Readonly<Record<CertificateFormat, Reader>> = {
  rfc9440: readClientCert,
  xfcc: readXfcc,
  pem: readEscapedPem,
  alb: readEscapedChain,
};

/** The longest value of a field, in characters: the size of all fields that Node accepts by default. */
const LONGEST = 16 * 1024;

/**
 * Takes the client certificate from a field that a proxy sets, for applications behind a proxy that terminates TLS (RFC 9440). The proxy
 * must delete this field from the requests of clients, and no client may reach the application without the proxy.
 *
 * @example
 * fromProxy({ field: 'Client-Cert', format: 'rfc9440', trusted: ['10.0.0.0/8'] })
 * @throws AuthConfigurationError if an option is missing or invalid, e.g. if `trusted` has all clients of the Internet
 */
export function fromProxy(options: ProxyOptions): CertificateSource {
  const problem = optionsProblem(options);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEME_OPTION', `fromProxy(): ${problem}`);
  const { format, required = false } = options;
  const field = options.field.toLowerCase();
  const peers = new TrustedPeers(options.trusted);
  return { required, find: (request) => find(request, { field, read: READERS[format], peers }) };
}

function find(
  request: HttpRequest,
  { field, read, peers }: { readonly field: string; readonly read: Reader; readonly peers: TrustedPeers },
): ClientCertificate | NoClientCertificate {
  const socket = socketOf(request);
  if (socket === undefined || !peers.has(socket)) {
    return {
      missing: `the request comes from ${socket?.remoteAddress ?? 'a connection without an address'}, which is not a trusted proxy`,
    };
  }
  const value = request.headers[field];
  if (value === undefined) return { missing: 'the proxy has not sent the field' };
  // Node joins several lines to one string, so the proxy has kept the line of the client.
  if (typeof value !== 'string' || countFieldLines(request, field) !== 1)
    return { missing: 'the field occurs several times' };
  if (value.length > LONGEST) return { missing: 'the field is too long' };
  return read(value) ?? { missing: 'the field is not valid' };
}

function optionsProblem(options: Partial<ProxyOptions> | null): string | undefined {
  if (typeof options !== 'object' || options === null) return 'the options are missing; pass field, format and trusted';
  const { field, format, trusted } = options;
  const formats = Object.keys(READERS).join(', ');
  return (
    unknownOption(options, NAMES) ??
    requiredProblem(options) ??
    fieldProblem(field) ??
    (typeof format === 'string' && Object.hasOwn(READERS, format)
      ? undefined
      : `format must be the format of the field; choose of ${formats}`) ??
    trustedProblem(trusted)
  );
}

function fieldProblem(field: unknown): string | undefined {
  // "$" is allowed in a name, but only variables of nginx begin with it.
  if (typeof field !== 'string' || !isToken(field) || field.startsWith('$')) {
    return "field must be the name of a field, e.g. 'Client-Cert' (RFC 9110 section 5.1)";
  }
  return OTHER_FIELDS.includes(field.toLowerCase())
    ? `field: '${field}' is the field of a client; name the one that the proxy sets, e.g. 'Client-Cert'`
    : undefined;
}
