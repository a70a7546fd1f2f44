/**
 * The code of an {@link AuthConfigurationError}. The guide lists each code with its cause and its fix.
 */
export type AuthConfigurationErrorCode =
  /** An option of `AuthModule` is missing or invalid. */
  | 'ERR_AUTH_OPTION'
  /** `forRoot()` of `AuthModule` or of the module of a transport was called twice for one application. */
  | 'ERR_AUTH_MODULE_TWICE'
  /** `AuthModule` was loaded after the application had started. */
  | 'ERR_AUTH_MODULE_LATE'
  /** The application does not import `AuthModule`. */
  | 'ERR_AUTH_MODULE_MISSING'
  /** The installed version of Nest is not supported. */
  | 'ERR_AUTH_NEST_VERSION'
  /** The realm of a route or of a protected path is invalid. */
  | 'ERR_AUTH_REALM'
  /** `schemes` is empty, an entry is not a scheme, no scheme fits a route, or a module misses its scheme. */
  | 'ERR_AUTH_SCHEMES'
  /** Two schemes, or two Passport strategies, have the same name. */
  | 'ERR_AUTH_SCHEME_DUPLICATE'
  /** `@Schemes()` or `protect()` names a scheme that the module does not have. */
  | 'ERR_AUTH_SCHEME_UNKNOWN'
  /** An option of a scheme is invalid, e.g. of `basic()` or `cookie()`. */
  | 'ERR_AUTH_SCHEME_OPTION'
  /** The class of a verifier has no method `verify()`. */
  | 'ERR_AUTH_VERIFIER'
  /** A verifier or a Passport strategy was passed as a class that no module provides. */
  | 'ERR_AUTH_PROVIDER_MISSING'
  /** A Passport strategy, or a dependency of `AuthModule.forRootAsync()`, is request-scoped. */
  | 'ERR_AUTH_PROVIDER_SCOPE'
  /** A decorator on a route is invalid. */
  | 'ERR_AUTH_DECORATOR'
  /** A public or optional route requires scopes, roles, step-up or bound tokens. */
  | 'ERR_AUTH_OPEN_ROUTE'
  /** A route requires scopes, roles, step-up or bound tokens, but `HttpAuthGuard` does not run on it. */
  | 'ERR_AUTH_UNGUARDED_ROUTE'
  /** A gateway, a resolver or a message handler requires credentials, but the module of its transport is missing. */
  | 'ERR_AUTH_TRANSPORT'
  /** A path or an option of `protect()` is invalid. */
  | 'ERR_AUTH_PATH'
  /** `AuthEvents.on()` received an unknown event type. */
  | 'ERR_AUTH_EVENT'
  /** An option of `jwt()` or of a preset of issuers is invalid. */
  | 'ERR_AUTH_JWT_OPTION'
  /** An option of `introspection()` is invalid. */
  | 'ERR_AUTH_INTROSPECTION_OPTION'
  /** An option of `BackChannelLogoutModule` is invalid, `protect()` closes its endpoint, or its verifier belongs to no scheme. */
  | 'ERR_AUTH_LOGOUT_OPTION'
  /** An option of `tokens()` or `token.create()` is invalid. */
  | 'ERR_AUTH_TOKEN_OPTION'
  /** The store of `tokens()` returned an invalid record. */
  | 'ERR_AUTH_STORED_TOKEN'
  /** An option of `users()`, `passwords()`, `htpasswd()` or `password.hash()` is invalid. */
  | 'ERR_AUTH_PASSWORD_OPTION'
  /** A stored password hash is invalid, or its format is not supported. */
  | 'ERR_AUTH_PASSWORD_HASH'
  /** The file of `htpasswd()` cannot be read. */
  | 'ERR_AUTH_HTPASSWD_FILE'
  /** The file of `htdigest()` cannot be read. */
  | 'ERR_AUTH_HTDIGEST_FILE';

/**
 * Thrown at startup if an option or a decorator is invalid. The message names the option and explains how to fix it. A few
 * are thrown at a request, if the application's store returns an invalid record.
 */
export class AuthConfigurationError extends Error {
  /** The name of the class. */
  override readonly name = 'AuthConfigurationError';

  /**
   * @param code the cause, for programs; it stays the same if the message changes
   * @param message `<option or function>: <what is wrong>; <how to fix it>`
   */
  constructor(
    readonly code: AuthConfigurationErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
