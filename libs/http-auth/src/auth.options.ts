import type { Type } from '@nestjs/common';
import { AuthConfigurationError } from './common/configuration.error.js';
import { type Duration, milliseconds } from './common/duration.js';
import { type OptionNames, unknownOption } from './common/options.js';
import { MAX_DELAY } from './common/timeout.js';
import type { SubjectOf } from './guard/event.reporter.js';
import type { RoutePredicate } from './guard/policy.js';
import { impliesProblem, type ScopeOptions } from './guard/scope.hierarchy.js';
import { realmProblem } from './http/realm.js';
import { placed, type PlacedResource, type ResourceOptions } from './resource/resource.options.js';
import { resourcesProblem } from './resource/resource.problem.js';
import type { ChallengeLayout } from './response/challenger.js';
import type { StreamExpiry } from './response/event.stream.js';
import type { Prompt, RealmOption } from './response/protection.js';
import type { PassportRegistry } from './schemes/passport/strategy.js';
import type { SchemeDefinition } from './schemes/scheme.js';

/** Options of `AuthModule`. */
export interface AuthModuleOptions {
  /**
   * The name of the protection space, which browsers show to users (RFC 9110 section 11.5): printable ASCII, or a function of
   * the request that returns the name or a promise of it. `@Realm()` overrides it for a controller or a method.
   *
   * A function that returns a promise is called at the start of each request, before every middleware. A function that returns
   * a string is called when the realm is needed.
   */
  readonly realm: RealmOption;
  /** The schemes that the application accepts, in the order of their challenges. Put Bearer before Basic. */
  readonly schemes: readonly SchemeDefinition[];
  /**
   * If `true`, every route requires credentials unless a decorator opens it. If `false`, only routes with
   * `@UseGuards(HttpAuthGuard)` do.
   *
   * @default true
   */
  readonly globalGuard?: boolean;
  /**
   * If `true`, the policy of a route is applied before the body of the request is parsed, and before any `app.use()`. Requests
   * without credentials then cost no parsing. Credentials in a body are not seen, and verifiers and realm functions do not
   * see the properties that middleware sets on the request.
   *
   * @default false
   */
  readonly early?: boolean;
  /**
   * Routes to open that you cannot decorate, because their controllers belong to another package: the classes of the
   * controllers, or functions of a route. A decorator on a controller or a method has priority.
   *
   * @default []
   */
  readonly public?: readonly (Type | RoutePredicate)[];
  /**
   * If `true`, an `Authorization` field of a scheme that the route does not accept is ignored, as if it were absent. This is for
   * applications behind a proxy that sends its own `Authorization: Basic …` in addition to an API key or a cookie. If `false`, such a request
   * gets 401, because its client expects that its credentials count.
   *
   * @default false
   */
  readonly ignoreOtherSchemes?: boolean;
  /** Which scopes include others. */
  readonly scopes?: ScopeOptions;
  /** How the challenges are sent. */
  readonly challenges?: ChallengeOptions;
  /**
   * The application as a protected resource of OAuth (RFC 9728). Its metadata are then served at their well-known path, without
   * credentials, and the challenges of Bearer and DPoP contain their URL.
   *
   * A list has several resources, such as two MCP servers. A request belongs to the resource with the longest `path` that contains
   * its path. The challenges of a request that belongs to no resource have
   * no such URL.
   *
   * @default none
   */
  readonly resource?: ResourceOptions | readonly ResourceOptions[];
  /**
   * If `true`, the application is a proxy: it responds with 407 and `Proxy-Authenticate`, reads `Proxy-Authorization`, and does
   * not change the 401s of the servers behind it (RFC 9110 section 11.7).
   *
   * @default false
   */
  readonly proxy?: boolean;
  /** How event streams (`text/event-stream`) behave that credentials have opened. */
  readonly streams?: StreamOptions;
  /**
   * How long a verifier or a Passport strategy may take: a number of milliseconds, or a string such as `'5s'`. Then the response
   * is 503. It is also the limit for the promise of a realm function; then the response is 500.
   *
   * @default '30s'
   */
  readonly verifierTimeout?: Duration;
  /**
   * If `true`, `protect()` accepts targets with dot segments, e.g. `/a/../b`. The request must then satisfy the policies of both
   * paths: the one with the dot segments, and the one without. If `false`, such a request gets 400. Browsers and most other clients
   * remove dot segments before they send a request.
   *
   * @default false
   */
  readonly dotSegments?: boolean;
  /**
   * If `true`, a proxy or a load balancer in front of the application terminates TLS. Otherwise the log has a warning if Basic
   * is offered without TLS on an address that other machines can reach (RFC 7617 section 4).
   *
   * @default false
   */
  readonly tlsTerminated?: boolean;
  /**
   * The Passport instance to register the strategies in. With Passport's default instance, `AuthGuard('basic')` of
   * @nestjs/passport uses this module's schemes; but all applications of the process share that instance.
   *
   * @default an instance of this application
   */
  readonly passport?: PassportRegistry;
  /**
   * Returns the name of a principal in events, e.g. its identifier, for an audit log. The name must not be a credential. Events have
   * no name if the function returns `undefined` or throws; the error is logged.
   *
   * @default events do not name the principal
   */
  subject?(this: void, principal: unknown): string | undefined;
  /**
   * If `true`, the log has a table of all routes when the application has started: what each requires, and why. `RouteReport`
   * returns the same as data.
   *
   * @default false
   */
  readonly printRoutes?: boolean;
}

/** How the challenges are sent. Their order is the order of `schemes`. */
export interface ChallengeOptions {
  /**
   * `lines`: one field line for each challenge, which every client reads. `joined`: all on one line, for infrastructure that
   * cannot repeat a field (RFC 9110 section 11.6.1). Some clients see only the first challenge of a line: Chromium, LWP and
   * Java's HttpClient then never find Basic behind Bearer.
   *
   * @default 'lines'
   */
  readonly layout?: ChallengeLayout;
  /**
   * When a browser may prompt for a username and a password. With `navigation`, a request that a script sends does not get the
   * challenges that cause a prompt (Basic and Digest). If the route has no other scheme, their names are then `xBasic` and `xDigest`,
   * which browsers do not know. `@BrowserPrompt()` overrides it for a controller or a method.
   *
   * @default 'always'
   */
  readonly prompt?: Prompt;
}

const NAMES: OptionNames<AuthModuleOptions> = {
  realm: true,
  schemes: true,
  globalGuard: true,
  early: true,
  public: true,
  ignoreOtherSchemes: true,
  scopes: true,
  challenges: true,
  resource: true,
  proxy: true,
  verifierTimeout: true,
  dotSegments: true,
  tlsTerminated: true,
  passport: true,
  printRoutes: true,
  streams: true,
  subject: true,
};

const BOOLEANS = [
  'globalGuard',
  'early',
  'ignoreOtherSchemes',
  'proxy',
  'printRoutes',
  'tlsTerminated',
  'dotSegments',
] as const;

const CHALLENGE_NAMES: OptionNames<ChallengeOptions> = { layout: true, prompt: true };

const SCOPE_NAMES: OptionNames<ScopeOptions> = { implies: true };

const STREAM_NAMES: OptionNames<StreamOptions> = { expiry: true };

/** How event streams behave that credentials have opened. */
export interface StreamOptions {
  /**
   * The end of a stream whose credentials end, i.e. at the `expiresAt` that the verifier passed to `admit()`; for a JWT, its
   * `exp`. With `end`, the server ends the response. `EventSource` then connects again, and gets 401 if its credentials are the same.
   * With `ignore`, the stream continues.
   *
   * @default 'end'
   */
  readonly expiry?: StreamExpiry;
}

/** A class that creates the options, for `AuthModule.forRootAsync({ useClass })`. */
export interface AuthOptionsFactory {
  /** Returns the options, or a promise of them. */
  createAuthOptions(): AuthModuleOptions | Promise<AuthModuleOptions>;
}

/** The options with their defaults. */
export interface ResolvedAuthOptions extends Required<
  Omit<AuthModuleOptions, 'challenges' | 'passport' | 'resource' | 'scopes' | 'streams' | 'subject' | 'verifierTimeout'>
> {
  readonly challenges: Required<ChallengeOptions>;
  readonly scopes: Required<ScopeOptions>;
  readonly streams: Required<StreamOptions>;
  readonly passport: PassportRegistry | undefined;
  readonly subject: SubjectOf | undefined;
  readonly resources: readonly PlacedResource[];
  /** In milliseconds. */
  readonly verifierTimeout: number;
}

/**
 * Checks the options and adds the defaults.
 *
 * @throws AuthConfigurationError if an option is invalid
 */
export function resolveOptions(options: AuthModuleOptions | undefined): ResolvedAuthOptions {
  if (typeof options !== 'object' || options === null)
    fail('AuthModule: the options are missing; pass a realm and schemes');
  const { realm, schemes, challenges, passport, resource } = options;
  const unknown =
    unknownOption(options, NAMES, 'AuthModule: ') ??
    unknownOption(challenges ?? {}, CHALLENGE_NAMES, 'challenges.') ??
    unknownOption(options.scopes ?? {}, SCOPE_NAMES, 'scopes.') ??
    unknownOption(options.streams ?? {}, STREAM_NAMES, 'streams.');
  const wrong = resource === undefined ? undefined : resourcesProblem(resource);
  if (unknown !== undefined) fail(unknown);
  if (wrong !== undefined) fail(wrong);
  const resolved: ResolvedAuthOptions = {
    realm,
    schemes,
    passport,
    subject: options.subject,
    resources: resource === undefined ? [] : placed(resource),
    globalGuard: options.globalGuard ?? true,
    early: options.early ?? false,
    public: options.public ?? [],
    ignoreOtherSchemes: options.ignoreOtherSchemes ?? false,
    proxy: options.proxy ?? false,
    dotSegments: options.dotSegments ?? false,
    verifierTimeout: milliseconds(options.verifierTimeout ?? '30s') ?? NaN,
    tlsTerminated: options.tlsTerminated ?? false,
    printRoutes: options.printRoutes ?? false,
    challenges: { layout: challenges?.layout ?? 'lines', prompt: challenges?.prompt ?? 'always' },
    scopes: { implies: options.scopes?.implies ?? {} },
    streams: { expiry: options.streams?.expiry ?? 'end' },
  };
  check(resolved);
  return resolved;
}

function check(options: ResolvedAuthOptions): void {
  const { realm, challenges, passport, subject } = options;
  const problem = typeof realm === 'function' ? undefined : realmProblem(realm);
  if (problem !== undefined) fail(`realm: ${problem}; name the protection space, e.g. 'Access to staging site'`);
  for (const name of BOOLEANS) {
    if (typeof options[name] !== 'boolean') fail(`${name} must be true or false`);
  }
  if (!Array.isArray(options.public) || !options.public.every((entry) => typeof entry === 'function')) {
    fail('public must list controller classes or functions (route) => boolean');
  }
  if (!['lines', 'joined'].includes(challenges.layout)) fail("challenges.layout must be 'lines' or 'joined'");
  if (!['always', 'navigation'].includes(challenges.prompt)) fail("challenges.prompt must be 'always' or 'navigation'");
  if (!['end', 'ignore'].includes(options.streams.expiry)) fail("streams.expiry must be 'end' or 'ignore'");
  const implies = impliesProblem(options.scopes.implies);
  if (implies !== undefined) fail(implies);
  if (passport !== undefined && typeof passport?.use !== 'function') fail('passport must be a Passport instance');
  if (subject !== undefined && typeof subject !== 'function') {
    fail('subject must be a function (principal) => string');
  }
  if (!(options.verifierTimeout >= 1 && options.verifierTimeout <= MAX_DELAY)) {
    fail("verifierTimeout must be a duration of 1 millisecond to 24 days, e.g. '30s'");
  }
}

function fail(message: string): never {
  throw new AuthConfigurationError('ERR_AUTH_OPTION', message);
}
