import type { Type } from '@nestjs/common';
import type { Challenge } from '../http/challenge.js';
import type { Authorization } from '../http/authorization.js';
import type { HttpRequest } from '../http/request.js';
import type { Failure } from './failure.js';
import type { Outcome } from './outcome.js';
import type { Strategy } from './strategy.js';
import type { Verifier, VerifierFunction } from './verifier.js';

/**
 * What a scheme factory such as `basic()` returns, for `AuthModuleOptions.schemes`. It only declares: each application
 * that is given it binds a scheme of its own, so that no two of them share anything.
 */
export interface SchemeDefinition {
  /** The auth-scheme, e.g. `Basic`. It names the scheme in `@Schemes()` as well, where case does not matter. */
  readonly name: string;
  /** Says what is wrong with what the factory was given, and the mend; `undefined` where nothing is. */
  problem(): string | undefined;
  /** Makes the scheme, once the container has its providers. */
  bind(container: SchemeContainer): Scheme;
}

/** What a definition may ask of the application that binds it. */
export interface SchemeContainer {
  /** A verifier as a function, whether it was given as one or as an injectable class. */
  verifier<Credentials, Principal, Request>(
    verifier: Verifier<Credentials, Principal, Request>,
  ): VerifierFunction<Credentials, Principal, Request>;
  /** The singleton of an injectable class. */
  provider<T>(type: Type<T>): T;
}

/** A Security Scheme Object of OpenAPI 3, as far as a scheme can say it. */
export interface OpenApiScheme {
  /** `http` for what comes in the `Authorization` field, `apiKey` for what comes in one of its own. */
  readonly type: 'http' | 'apiKey' | 'openIdConnect';
  /** The auth-scheme, in lower case, where the type is `http`. */
  readonly scheme?: string;
  /** What a Bearer token looks like, e.g. `JWT`. */
  readonly bearerFormat?: string;
  /** Where an API key comes. */
  readonly in?: 'header' | 'query' | 'cookie';
  /** The name of the field that an API key comes in. */
  readonly name?: string;
  /** Where the provider's metadata are found, where the type is `openIdConnect`. */
  readonly openIdConnectUrl?: string;
  /** What to say of it. */
  readonly description?: string;
}

/** A way to authenticate over HTTP (RFC 9110 section 11.1), as one application uses it. */
export interface Scheme {
  /** The auth-scheme, e.g. `Basic`. */
  readonly name: string;
  /** Judges the requests that carry credentials of this scheme. */
  readonly strategy: Strategy;
  /**
   * The challenge that asks for credentials of this scheme.
   *
   * @param failure why credentials of this scheme were refused; `undefined` where none came
   */
  challenge(realm: string, failure: Failure | undefined, request: HttpRequest): Challenge;
  /** Whether its challenge depends on nothing but the realm and the failure, and so need be made once; absent: it may not. */
  readonly fixed?: boolean;
  /**
   * Judges a request as the strategy does, and says so without Passport's actions, which cost an object and five functions
   * on each request; absent: the strategy is run.
   *
   * @param authorization what the `Authorization` field says, if there is one: it need not be read again
   * @throws VerifierError where the verifier threw, unless that is a refusal
   */
  judge?(request: HttpRequest, authorization: Authorization | undefined): Outcome | Promise<Outcome>;
  /** Whether its challenge makes browsers prompt for a username and a password; absent: it does not. */
  readonly prompts?: boolean;
  /**
   * Whether it is one of OAuth's, whose challenges name the scopes of the route and the metadata of the resource (RFC 6750
   * section 3, RFC 9728 section 5.1), and stand on a 403 too; absent: it is not.
   */
  readonly oauth?: boolean;
  /** What it adds to the metadata of the resource (RFC 9728 section 2), such as how it takes tokens; absent: nothing. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The scheme in OpenAPI's words; absent: HTTP's scheme of that name. */
  readonly openapi?: OpenApiScheme;
  /** Whether a request without an `Authorization` field carries credentials of this scheme elsewhere; absent: never. */
  presents?(request: HttpRequest): boolean;
}
