import { type OptionNames, undefinedOption, unknownOption } from '../../common/options.js';
import { isToken } from '../../http/grammar.js';
import { type Origins, originsProblem } from '../../http/origin.js';
import { type TokenLimitOptions, tokenLimitsProblem } from '../../limits/limit.options.js';
import { schemeProblem } from '../auth.scheme.js';

/** Options of {@link cookie}. */
export interface CookieOptions {
  /**
   * The name of the cookie, in its exact case. Use a name with the prefix `__Host-`: browsers then accept the cookie only from this host,
   * over TLS (RFC 6265bis section 4.1.3.2).
   */
  readonly name: string;
  /**
   * The name of the scheme, for `@Schemes()` and for events. With names, an application can have several cookies, e.g. one for access
   * tokens and one for refresh tokens.
   *
   * @default 'Cookie'
   */
  readonly scheme?: string;
  /**
   * If `true`, the scheme applies only to routes whose `@Schemes()` names it, and to protected paths whose `schemes` name it.
   *
   * @default `true` if `scheme` is set, otherwise `false`
   */
  readonly optIn?: boolean;
  /**
   * The pages that may send unsafe requests with the cookie, i.e. all methods except GET, HEAD, OPTIONS and TRACE, and upgrades to
   * WebSocket. `same`: pages of the server's own origin. A list: these origins, e.g. `['https://app.example']`; it replaces the own
   * origin. Clients that send neither `Origin` nor `Sec-Fetch-Site` are not browsers, and are not concerned.
   *
   * @default 'same'
   */
  readonly origins?: Origins;
  /**
   * If `true`, pages of every site may send unsafe requests with the cookie. Any page can then act for its visitors (CSRF), unless the
   * application has another protection, e.g. tokens in its forms. It excludes `origins`.
   *
   * @default false
   */
  readonly allowCrossSite?: boolean;
  /**
   * How many failed attempts an address may have before the scheme responds with 429 and does not call the verifier.
   *
   * @default false: a random value cannot be guessed
   */
  readonly limits?: TokenLimitOptions | false;
}

const NAMES: OptionNames<CookieOptions> = {
  name: true,
  scheme: true,
  optIn: true,
  origins: true,
  allowCrossSite: true,
  limits: true,
};

/** The auth-schemes of others, which cannot be the name of this scheme. */
const RESERVED = ['basic', 'bearer', 'digest', 'dpop'];

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function optionsProblem(options: CookieOptions | undefined): string | undefined {
  const problem = problemOf(options);
  return problem && `cookie(): ${problem}`;
}

function problemOf(options: CookieOptions | undefined): string | undefined {
  const { name, scheme, optIn, origins, allowCrossSite, limits } = options ?? ({} as Partial<CookieOptions>);
  if (typeof name !== 'string' || !isToken(name)) {
    return "name must be the name of a cookie, which is a token (RFC 6265 section 4.1.1), e.g. '__Host-sid'";
  }
  const wrong = schemeProblem({ ...(scheme !== undefined && { name: scheme }), ...(optIn !== undefined && { optIn }) });
  if (wrong !== undefined) return wrong.replace(/^name/, 'scheme');
  if (scheme !== undefined && RESERVED.includes(scheme.toLowerCase())) {
    return `scheme must not be ${scheme}, which is another scheme; choose a name such as 'Refresh'`;
  }
  if (allowCrossSite !== undefined && typeof allowCrossSite !== 'boolean')
    return 'allowCrossSite must be true or false';
  if (allowCrossSite === true && origins !== undefined) {
    return 'allowCrossSite accepts every origin, so origins has no effect; remove one of them';
  }
  return (
    undefinedOption(options as object, ['origins']) ??
    unknownOption(options as object, NAMES) ??
    originsProblem(origins ?? 'same') ??
    tokenLimitsProblem(limits)
  );
}
