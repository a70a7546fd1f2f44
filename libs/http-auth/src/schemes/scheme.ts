import type { IncomingMessage } from 'node:http';
import type { Type } from '@nestjs/common';
import type { AuthParams } from '../http/auth-param.js';
import type { Challenge } from '../http/challenge.js';
import type { HttpRequest } from '../http/request.js';
import type { SchemeLimits } from '../limits/limit.status.js';
import type { CertificateNeed } from './client.certificate.js';
import type { Failure } from './failure.js';
import type { OpenApiFlows } from './openapi.flows.js';
import type { Outcome } from './outcome.js';
import type { VerifierContext } from './verifier.context.js';
import type { Verifier, VerifierFunction } from './verifier.js';

/**
 * The declaration of a scheme, for `AuthModuleOptions.schemes`. Factories such as `basic()` return one. Each application
 * binds its own scheme from it, so two applications never share a scheme.
 */
export interface SchemeDefinition {
  /** The name of the scheme, for `@Schemes()`, in any case. It is the auth-scheme, e.g. `Basic`, or another name. */
  readonly name: string;
  /**
   * If `true`, the scheme applies only to routes whose `@Schemes()` names it, and to protected paths whose `schemes` name it.
   *
   * @default false
   */
  readonly optIn?: boolean;
  /** Checks the arguments of the factory. Returns an error message, or `undefined` if they are valid. */
  problem(): string | undefined;
  /** Creates the scheme. The module calls it once, when the container has its providers. */
  bind(container: SchemeContainer): Scheme;
}

/** The options that `basic()`, `bearer()` and `passportStrategy()` have in common. */
export interface SchemeOptions {
  /**
   * The name of the scheme, for `@Schemes()` and for events. With names, an application can have several schemes for the same
   * auth-scheme on different routes, e.g. one for access tokens and one for refresh tokens.
   *
   * @default the auth-scheme
   */
  readonly name?: string;
  /**
   * If `true`, the scheme applies only to routes whose `@Schemes()` names it, and to protected paths whose `schemes` name it.
   *
   * @default `true` for a scheme with a `name`, otherwise `false`
   */
  readonly optIn?: boolean;
}

/** The parts of the application that a definition may use. */
export interface SchemeContainer {
  /** Returns a verifier as a function. If the verifier is a class, the container provides the instance. */
  verifier<Credentials, Principal, Request>(
    verifier: Verifier<Credentials, Principal, Request>,
  ): VerifierFunction<Credentials, Principal, Request>;
  /** Returns the singleton of an injectable class. */
  provider<T>(type: Type<T>): T;
  /** `true` if the application is a proxy (the option `proxy` of `AuthModule`). */
  readonly isProxy: boolean;
  /** The URLs of the protected resources (the option `resource` of `AuthModule`). */
  readonly resourceUrls: readonly string[];
}

/** A Security Scheme Object of OpenAPI 3, with the fields that a scheme can fill. */
export interface OpenApiScheme {
  /**
   * `http` for the `Authorization` field, `apiKey` for another field, a query parameter or a cookie, `oauth2` and `openIdConnect` for
   * tokens that a tool such as Swagger UI can get by itself.
   */
  readonly type: 'http' | 'apiKey' | 'openIdConnect' | 'oauth2';
  /** The auth-scheme in lower case, if the type is `http`. */
  readonly scheme?: string;
  /** The format of a Bearer token, e.g. `JWT`. */
  readonly bearerFormat?: string;
  /** The location of an API key. */
  readonly in?: 'header' | 'query' | 'cookie';
  /** The name of the field, query parameter or cookie that contains an API key. */
  readonly name?: string;
  /** The URL of the provider's metadata, if the type is `openIdConnect`. */
  readonly openIdConnectUrl?: string;
  /** The ways to get a token, if the type is `oauth2`. The document adds the scopes of the routes to each of them. */
  readonly flows?: OpenApiFlows;
  /** A description for readers of the document. */
  readonly description?: string;
}

/**
 * The result that a request opens:
 * - `response`: a response that ends by itself. This is the usual case.
 * - `stream`: an event stream, i.e. the response of an `@Sse()` route.
 * - `connection`: a WebSocket or another protocol, by an upgrade.
 */
export type Opening = 'response' | 'stream' | 'connection';

/** A way to authenticate over HTTP (RFC 9110 section 11.1), bound to one application. */
export interface Scheme {
  /** The name of the scheme, for `@Schemes()`. */
  readonly name: string;
  /**
   * The auth-scheme of the credentials in the `Authorization` field.
   *
   * @default the name
   */
  readonly authScheme?: string;
  /**
   * Authenticates a request. The guard calls it only if the request has credentials of this scheme.
   *
   * @param context the route. A scheme passes it to its verifier.
   * @returns the result of `admit()`, or a `Failure`
   * @throws HttpException the 4xx exception of a verifier, which the client gets as it is
   * @throws VerifierError if the verifier failed for a reason that is not the client's: the client gets a 5xx
   */
  authenticate(request: HttpRequest, context: VerifierContext): Promise<Outcome>;
  /**
   * Returns the challenge that asks for credentials of this scheme.
   *
   * @param failure why credentials of this scheme were refused; `undefined` if the request has no such credentials
   */
  challenge(realm: string, failure: Failure | undefined, request: HttpRequest): Challenge;
  /**
   * Returns several challenges instead, of which a client answers one, e.g. one for each algorithm. Each has a field line of its own,
   * regardless of the option `challenges.layout`.
   *
   * @default the result of `challenge()`
   */
  challenges?(realm: string, failure: Failure | undefined, request: HttpRequest): readonly Challenge[];
  /**
   * If `true`, the challenge makes browsers prompt for a username and a password.
   *
   * @default false
   */
  readonly prompts?: boolean;
  /**
   * If `true`, a browser may add the credentials to a request of any page without asking it, as with cookies and cached passwords. A
   * WebSocket with such credentials is accepted only from an allowed `Origin`.
   *
   * @default `false` for a scheme that belongs to OAuth and has no {@link presents}, otherwise `true`
   */
  readonly ambient?: boolean;
  /**
   * If `true`, the challenge is sent only if no other scheme of the route has one. This is for schemes whose challenge no client can
   * answer: it only makes the 401 valid (RFC 9110 section 15.5.2).
   *
   * @default false
   */
  readonly challengesAlone?: boolean;
  /**
   * If `true`, the scheme belongs to OAuth. Its challenges name the scopes of the route and the metadata of the resource (RFC
   * 6750 section 3, RFC 9728 section 5.1). A 403 has its challenge too.
   *
   * @default false
   */
  readonly oauth?: boolean;
  /**
   * Members that the scheme adds to the metadata of the resource (RFC 9728 section 2), e.g. how it accepts tokens.
   *
   * @default none
   */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * The scheme in an OpenAPI document.
   *
   * @default the HTTP scheme of the same name
   */
  readonly openapi?: OpenApiScheme;
  /**
   * The limits on failed logins that `AuthLimits` reads and resets.
   *
   * @default no limits
   */
  readonly limits?: SchemeLimits | undefined;
  /**
   * Returns `true` if a request without an `Authorization` field has credentials of this scheme elsewhere.
   *
   * @default never
   */
  presents?(request: HttpRequest): boolean;
  /**
   * The fields with credentials, in addition to `Authorization`, in lower case. Caches must not give the response of one client to
   * another (RFC 9110 section 12.5.5).
   *
   * @default none
   */
  readonly fields?: readonly string[];
  /**
   * Returns the secrets that the scheme reads from a request outside of the `Authorization` field, e.g. the value of a field or a
   * cookie. No log, error or event contains them.
   *
   * @default none
   */
  secrets?(request: HttpRequest): readonly string[];
  /**
   * The results that the scheme opens. For other requests, the scheme is not called, and its challenge is not sent.
   * On a protected path, a GET opens a stream if it accepts `text/event-stream`.
   *
   * @default everything
   */
  readonly opens?: readonly Opening[];
  /**
   * If `true`, a request with credentials of this scheme must not have an `Authorization` field, because it would be unclear which
   * credentials count. Otherwise `Authorization` counts. The scheme also precedes the schemes before it that find credentials
   * elsewhere, e.g. in a cookie, which browsers send by themselves.
   *
   * @default false
   */
  readonly exclusive?: boolean;
  /**
   * If `true`, the scheme checks the proof of the key that credentials are bound to, i.e. the `confirmation` of the admission (RFC 7800
   * section 3.1). Otherwise bound credentials are refused.
   *
   * @default false
   */
  readonly confirms?: boolean;
  /**
   * When a client needs its TLS certificate (RFC 8705). The OpenAPI document has it.
   * - `always`: The client needs it with all credentials.
   * - `constrained`: The client needs it on routes with `@SenderConstrained()`, and with credentials that are bound to it.
   * - `bound`: The client needs it with credentials that are bound to it.
   *
   * @default never
   */
  readonly needsCertificate?: CertificateNeed | undefined;
  /**
   * Returns a nonce for a response, e.g. for the next proof of the client. The response is then not stored by caches, and scripts of other
   * origins can read the field if they can read the response. It is called when the head of the response is written.
   *
   * @param isChallenge `true` if the response has a challenge of this scheme
   * @returns the name of the field and the nonce, or `undefined` if the client needs no new one
   */
  nonceFor?(request: HttpRequest, isChallenge: boolean): readonly [field: string, nonce: string] | undefined;
  /**
   * Returns `true` if the response to a request depends on the connection of the client, e.g. on its TLS certificate. Caches do not know
   * the connection, so they must not store the response. It is called when the head of the response is written.
   *
   * @default never
   */
  dependsOnConnection?(request: HttpRequest): boolean;
  /**
   * Returns the params of `Authentication-Info` (RFC 7615 section 3), or of `Proxy-Authentication-Info`, for the response to a request
   * whose credentials the scheme has accepted. It is called when the head of the response is written. The field of an application is kept.
   *
   * @returns `undefined` if the response needs no such field
   */
  authenticationInfo?(request: HttpRequest): AuthParams | undefined;
  /**
   * Fields of the responses to requests that the scheme has authenticated. The application may replace them.
   *
   * @default none
   */
  readonly responseHeaders?: Readonly<Record<string, string>>;
  /**
   * Removes the credentials of this scheme from the target of a request, so that logs do not contain them, and keeps them for
   * {@link presents} and {@link authenticate}. It is called when a request for a stream or an upgrade arrives, before all other code.
   *
   * @param request Node's request
   */
  conceal?(request: IncomingMessage): void;
}
