/** The status and the fields of authentication to an origin server or to a proxy (RFC 9110 sections 11.6 and 11.7). */
export interface AuthenticationFields {
  /** The status of a response that requires credentials. */
  readonly status: 401 | 407;
  /** The reason phrase of the status. */
  readonly reason: string;
  /** The response field with the challenges. */
  readonly challenges: string;
  /** The request field with the credentials, in lower case. */
  readonly credentials: 'authorization' | 'proxy-authorization';
  /** The response field with facts about accepted credentials (RFC 7615 sections 3 and 4). */
  readonly info: 'Authentication-Info' | 'Proxy-Authentication-Info';
}

/** Authenticating users to origin servers (RFC 9110 section 11.6). */
export const ORIGIN: AuthenticationFields = {
  status: 401,
  reason: 'Unauthorized',
  challenges: 'WWW-Authenticate',
  credentials: 'authorization',
  info: 'Authentication-Info',
};

/** Authenticating clients to proxies (RFC 9110 section 11.7). */
export const PROXY: AuthenticationFields = {
  status: 407,
  reason: 'Proxy Authentication Required',
  challenges: 'Proxy-Authenticate',
  credentials: 'proxy-authorization',
  info: 'Proxy-Authentication-Info',
};

/** The injection token of the {@link AuthenticationFields} of an application. */
export const FIELDS = Symbol('nestjs-http-auth:fields');
