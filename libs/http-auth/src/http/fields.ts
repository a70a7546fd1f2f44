/** One of the two ways in which HTTP asks for credentials (RFC 9110 sections 11.6 and 11.7). */
export interface AuthenticationFields {
  /** The status that asks for credentials. */
  readonly status: 401 | 407;
  /** The name of its status. */
  readonly reason: string;
  /** The field of the response that has the challenges. */
  readonly challenges: string;
  /** The field of the request that has the credentials, in lower case. */
  readonly credentials: 'authorization' | 'proxy-authorization';
}

/** Authenticating users to origin servers (RFC 9110 section 11.6). */
export const ORIGIN: AuthenticationFields = {
  status: 401,
  reason: 'Unauthorized',
  challenges: 'WWW-Authenticate',
  credentials: 'authorization',
};

/** Authenticating clients to proxies (RFC 9110 section 11.7). */
export const PROXY: AuthenticationFields = {
  status: 407,
  reason: 'Proxy Authentication Required',
  challenges: 'Proxy-Authenticate',
  credentials: 'proxy-authorization',
};

/** The injection token of the {@link AuthenticationFields} of an application. */
export const FIELDS = Symbol('nestjs-http-auth:fields');
