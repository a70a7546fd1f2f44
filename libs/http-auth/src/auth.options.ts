import type { Type } from '@nestjs/common';
import type { RoutePredicate } from './guard/policy.js';
import { realmProblem } from './http/realm.js';
import type { ChallengeLayout } from './response/challenger.js';
import type { Prompt, RealmOption } from './response/protection.js';
import type { ResourceOptions } from './resource/resource.options.js';
import { resourceProblem } from './resource/resource.problem.js';
import { AuthConfigurationError } from './common/configuration.error.js';
import type { SchemeDefinition } from './schemes/scheme.js';
import type { PassportRegistry } from './schemes/strategy.js';

/** Options of `AuthModule`. */
export interface AuthModuleOptions {
  /**
   * The name of the protection space, which browsers show to people: printable ASCII, or a function of the request that
   * returns it or a promise of it (RFC 9110 section 11.5). `@Realm()` overrides it for a controller or a method.
   *
   * A function that returns a promise is asked at the start of each request, ahead of every middleware; one that returns
   * a text is asked when the realm is needed.
   */
  readonly realm: RealmOption;
  /** The schemes that open the application, in the order of their challenges. Put Bearer before Basic. */
  readonly schemes: readonly SchemeDefinition[];
  /**
   * Whether every route asks for credentials unless it says otherwise. With `false` only those do that say
   * `@UseGuards(HttpAuthGuard)`.
   *
   * @default true
   */
  readonly globalGuard?: boolean;
  /**
   * Whether routes are held to their policies before the body of a request is parsed, and before any `app.use()`, so that no
   * anonymous request costs a parser. Credentials in a body cannot be seen then, and verifiers and realms find nothing that
   * middleware would have left on the request.
   *
   * @default false
   */
  readonly early?: boolean;
  /**
   * Routes to open that cannot be decorated, because their controllers are another package's: the classes of those
   * controllers, and functions of a route. A decorator on a controller or a method has the last word.
   *
   * @default []
   */
  readonly public?: readonly (Type | RoutePredicate)[];
  /** How the challenges are sent. */
  readonly challenges?: ChallengeOptions;
  /**
   * What the application is as a resource of OAuth. Its metadata are then served at their well-known path, to everybody, and the
   * challenges of Bearer and DPoP say where they are (RFC 9728).
   *
   * @default none
   */
  readonly resource?: ResourceOptions;
  /**
   * Whether the application is a proxy: it then asks with 407 and `Proxy-Authenticate`, reads `Proxy-Authorization`, and
   * leaves every 401 to the servers behind it (RFC 9110 section 11.7).
   *
   * @default false
   */
  readonly proxy?: boolean;
  /**
   * Whether TLS ends ahead of the application, at a proxy or a load balancer. Otherwise there is a warning in the log where
   * Basic is offered without TLS on an address that is not this machine's own (RFC 7617 section 4).
   *
   * @default false
   */
  readonly tlsTerminated?: boolean;
  /**
   * The Passport instance to register the strategies in. Hand over Passport's own, and `AuthGuard('basic')` works as it
   * did; but it is shared by all applications of the process.
   *
   * @default an instance of the application's own
   */
  readonly passport?: PassportRegistry;
  /**
   * Whether the log has a table of all routes once the application has started: what each asks for, and why. `RouteReport`
   * has the same as data.
   *
   * @default false
   */
  readonly printRoutes?: boolean;
}

/** How the challenges are sent. Their order is that of `schemes`. */
export interface ChallengeOptions {
  /**
   * Whether each challenge has a field line of its own, which every client reads, or all are `joined` on one line, for what
   * cannot repeat a field (RFC 9110 section 11.6.1). On one line there are clients that see only the first: Chromium, LWP and
   * Java's HttpClient then never find Basic behind Bearer.
   *
   * @default 'lines'
   */
  readonly layout?: ChallengeLayout;
  /**
   * When a browser may prompt for a username and a password. With `navigation` the challenges that make it prompt, Basic's
   * and Digest's, are left out where a script has sent the request and another challenge is left. `@BrowserPrompt()`
   * overrides it for a controller or a method.
   *
   * @default 'always'
   */
  readonly prompt?: Prompt;
}

/** A class that makes the options, for `AuthModule.forRootAsync({ useClass })`. */
export interface AuthOptionsFactory {
  /** The options, or a promise of them. */
  createAuthOptions(): AuthModuleOptions | Promise<AuthModuleOptions>;
}

/**
 * The options, once what can be said of them without the application is checked.
 *
 * @throws AuthConfigurationError where one of them cannot work
 */
export function checkOptions(options: AuthModuleOptions | undefined): AuthModuleOptions {
  const problem = optionsProblem(options);
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_OPTION', problem);
  return options as AuthModuleOptions;
}

function optionsProblem(options: Partial<AuthModuleOptions> | undefined): string | undefined {
  if (typeof options !== 'object' || options === null) return 'AuthModule needs options: a realm and schemes';
  const {
    realm,
    globalGuard = true,
    early = false,
    public: open = [],
    challenges = {},
    proxy = false,
    passport,
  } = options;
  const { printRoutes = false, tlsTerminated = false, resource } = options;
  const wrong = typeof realm === 'function' ? undefined : realmProblem(realm);
  if (wrong !== undefined) return `realm: ${wrong}; name the protection space, e.g. 'Access to staging site'`;
  if (typeof globalGuard !== 'boolean') return 'globalGuard must be true or false';
  if (typeof early !== 'boolean') return 'early must be true or false';
  if (!Array.isArray(open) || !open.every((entry) => typeof entry === 'function')) {
    return 'public must list controller classes or functions (route) => boolean';
  }
  if (typeof proxy !== 'boolean') return 'proxy must be true or false';
  if (!['lines', 'joined', undefined].includes(challenges?.layout))
    return "challenges.layout must be 'lines' or 'joined'";
  if (!['always', 'navigation', undefined].includes(challenges?.prompt)) {
    return "challenges.prompt must be 'always' or 'navigation'";
  }
  if (typeof printRoutes !== 'boolean') return 'printRoutes must be true or false';
  if (typeof tlsTerminated !== 'boolean') return 'tlsTerminated must be true or false';
  if (passport !== undefined && typeof passport?.use !== 'function') return 'passport must be a Passport instance';
  return resource === undefined ? undefined : resourceProblem(resource);
}
