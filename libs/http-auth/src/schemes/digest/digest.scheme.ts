import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { sharedDigest } from '../../common/digest.js';
import type { AuthParams } from '../../http/auth-param.js';
import type { Challenge } from '../../http/challenge.js';
import { schemeOf } from '../../http/credentials.js';
import { type HttpRequest, identityOf, originForm, sentTarget } from '../../http/request.js';
import { Limits } from '../../limits/limits.js';
import { admit, mergeInfo } from '../admission.js';
import { isOptIn } from '../auth.scheme.js';
import { type Attempt, decide, outcomeOf } from '../decide.js';
import { Failure } from '../failure.js';
import { Nonces } from '../nonces.js';
import type { Outcome } from '../outcome.js';
import { secretsOf } from '../redact.js';
import { Replay } from '../replay.js';
import type { Scheme, SchemeContainer, SchemeDefinition } from '../scheme.js';
import type { VerifierContext } from '../verifier.context.js';
import { verifyWithin } from '../verify.within.js';
import { type Algorithm, algorithmOf } from './digest.algorithm.js';
import { type DigestCredentials, parseDigestCredentials } from './digest.credentials.js';
import { type DigestOptions, type DigestSettings, optionsProblem, settingsOf } from './digest.options.js';
import { ha1Of, isEqual, keyOf, responseOf, userhashOf } from './digest.response.js';
import { type DigestLookup, type FindDigestUser, type FoundUser, readUser } from './digest.user.js';

/** The auth-scheme (RFC 7616 section 3.3). */
const AUTH_SCHEME = 'Digest';

/** The purpose of the nonces. */
const NONCE_PURPOSE = 'nestjs-http-auth:digest-nonce:';

/** The random bytes of a nonce. With them, two clients never have the same. */
const RANDOM = 12;

/** Seconds by which the clock of another instance may be ahead. */
const TOLERANCE = 10;

/**
 * Creates the Digest scheme: the client proves that it knows the password, and does not send it (RFC 7616). Responses have
 * `Authentication-Info` (RFC 7615), by which the client can check that the server knows the password as well.
 *
 * @param find finds a user: `htdigest(file)`, or a function that returns `{ principal, ha1 }`, `{ principal, password }` or `null`
 * @example
 * digest((username, { realm, algorithm }) => accounts.findHa1(username, realm, algorithm))
 */
// An application may state the principal, as in `digest<User>(find)`.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function digest<Principal = unknown, Request extends object = HttpRequest>(
  find: FindDigestUser<NoInfer<Principal>, Request>,
  options: DigestOptions = {},
): SchemeDefinition {
  return {
    name: options.name ?? AUTH_SCHEME,
    optIn: isOptIn(options),
    problem: () =>
      optionsProblem(options) ??
      (typeof find === 'function'
        ? undefined
        : 'digest(): find must be a function (username, { realm, algorithm }) => { principal, ha1 } or null'),
    bind: (container) => new DigestScheme(find as FindDigestUser, options, container),
  };
}

/** Credentials with their algorithm, which the scheme offers. */
interface Offered {
  readonly credentials: DigestCredentials;
  readonly algorithm: Algorithm;
  /** The hash of the username, which is the same for all its forms; `undefined` without the option `userhash`. */
  readonly userhash: string | undefined;
}

/** The Digest scheme of one application. */
class DigestScheme implements Scheme {
  readonly name: string;
  readonly authScheme = AUTH_SCHEME;
  readonly prompts = true;
  private readonly isProxy: boolean;
  private readonly logger = new Logger('digest');
  // Private at run time as well, because objects on the request refer to the scheme.
  readonly #find: (username: string, lookup: DigestLookup, request: HttpRequest) => Promise<unknown>;
  readonly #settings: DigestSettings;
  readonly #limits: Limits | undefined;
  /** The usernames that many clients share. */
  readonly #shared: readonly string[];
  readonly #nonces: Nonces;
  readonly #replay: Replay;
  /** The password of users who do not exist. No client knows it. */
  readonly #decoy = randomBytes(32).toString('hex');
  /** The params of `Authentication-Info` for requests that were accepted. */
  readonly #infos = new WeakMap<object, () => AuthParams>();
  /** The problems with results of `find` that were logged. */
  readonly #logged = new Set<string>();
  readonly #failures: Readonly<Record<'malformed' | 'target' | 'realm' | 'algorithm' | 'wrong' | 'stale', Failure>>;

  constructor(find: FindDigestUser, options: DigestOptions, container: SchemeContainer) {
    const { name = AUTH_SCHEME, limits } = options;
    const settings = settingsOf(options);
    const { secrets, lifetime } = settings.nonces;
    this.name = name;
    this.isProxy = container.isProxy;
    // The container limits the time.
    const verify = container.verifier(
      (username: string, { lookup, request }: { lookup: DigestLookup; request: HttpRequest }) =>
        find(username, lookup, request),
    );
    this.#find = async (username, lookup, request) => verify(username, { lookup, request }, NO_CONTEXT);
    this.#settings = settings;
    this.#limits = limits === false ? undefined : new Limits(limits);
    this.#shared = (limits || undefined)?.sharedUsernames ?? [];
    this.#nonces = new Nonces({
      purpose: NONCE_PURPOSE,
      random: RANDOM,
      secrets: secrets.length === 0 ? [randomBytes(32).toString('hex')] : secrets,
      lifetime,
      tolerance: TOLERANCE,
    });
    const kind = { name: 'digest', title: 'used Digest nonces', lifetime, tolerance: TOLERANCE };
    this.#replay = new Replay(container, kind, settings.replay);
    this.#failures = {
      malformed: new Failure('malformed', name, 400),
      target: new Failure('malformed', name, 400, { message: 'The uri is not the target of the request' }),
      realm: new Failure('invalid', name, 401, { message: 'The credentials are for another realm' }),
      algorithm: new Failure('invalid', name, 401, { message: 'The algorithm of the credentials is not offered' }),
      wrong: new Failure('invalid', name),
      stale: new Failure('invalid', name, 401, { message: 'The nonce is old or used', params: { stale: 'true' } }),
    };
    if (settings.algorithms.some(({ hash }) => hash === 'MD5')) {
      this.logger.warn(
        'digest() offers MD5, which is broken; remove it if all clients support SHA-256 (RFC 7616 section 3.2)',
      );
    }
  }

  /** The limits, if there are any. */
  get limits(): Limits | undefined {
    return this.#limits;
  }

  async authenticate(request: HttpRequest, { realm }: VerifierContext): Promise<Outcome> {
    const field = request.headers.authorization;
    if (field === undefined || schemeOf(field) !== 'digest') return new Failure('missing', this.name);
    const offered = this.read(field, request, realm);
    if (offered instanceof Failure) return offered;
    const { response } = offered.credentials;
    const attempt = { scheme: this.name, secrets: () => [response, ...secretsOf(request)] };
    const outcome = await verifyWithin(
      this.#limits,
      this.name,
      { username: this.countedName(offered), password: response },
      request,
      () => decide(attempt, () => this.verify(attempt, offered, request)),
      (failure) => failure.reason === 'invalid' && failure.details.params?.['stale'] === undefined,
    );
    if (outcome instanceof Failure) this.#infos.delete(identityOf(request));
    return outcome;
  }

  /** Returns the challenge for the preferred algorithm. */
  challenge(realm: string, failure: Failure | undefined): Challenge {
    return this.challenges(realm, failure)[0] as Challenge;
  }

  /** Returns a challenge for each algorithm, each with its own nonce (RFC 7616 section 3.7). */
  challenges(realm: string, failure: Failure | undefined): readonly Challenge[] {
    const { algorithms, userhash } = this.#settings;
    const stale = failure?.details.params?.['stale'];
    return algorithms.map((algorithm) => ({
      scheme: AUTH_SCHEME,
      params: {
        realm,
        qop: 'auth',
        algorithm: algorithm.name,
        nonce: this.#nonces.issue(scopeOf(realm, algorithm)),
        ...(stale !== undefined && { stale }),
        charset: 'UTF-8',
        ...(userhash?.hash === algorithm.hash && { userhash: 'true' }),
      },
    }));
  }

  authenticationInfo(request: HttpRequest): AuthParams | undefined {
    return this.#infos.get(identityOf(request))?.();
  }

  /** Reads credentials, and checks everything that does not need the user. */
  private read(field: string, request: HttpRequest, realm: string | undefined): Offered | Failure {
    const credentials = parseDigestCredentials(field);
    if (credentials === undefined) return this.#failures.malformed;
    const { algorithms, userhash } = this.#settings;
    if (!this.targetsOf(request).includes(credentials.uri)) return this.#failures.target;
    if (credentials.realm !== realm) return this.#failures.realm;
    const algorithm = algorithmOf(credentials.algorithm);
    if (algorithm === undefined || !algorithms.includes(algorithm)) return this.#failures.algorithm;
    const hashes = credentials.userhash ? [credentials.response, credentials.username] : [credentials.response];
    if (hashes.some(({ length }) => length !== algorithm.length)) return this.#failures.malformed;
    // A hash by another algorithm would be another name for the limits.
    if (credentials.userhash && userhash?.hash !== algorithm.hash) return this.#failures.malformed;
    const { username } = credentials;
    const sent = credentials.userhash ? username : userhash && userhashOf(userhash, username, realm);
    return { credentials, algorithm, userhash: sent };
  }

  /**
   * Returns the name that limits count. With the option `userhash`, it is the hash of the username. A guesser must not get more guesses by
   * changing its form, and the username of a hash is known only for a user who exists.
   */
  private countedName({ credentials: { username, realm }, userhash }: Offered): string {
    const { userhash: algorithm } = this.#settings;
    if (algorithm === undefined || userhash === undefined) return username;
    return this.#shared.find((name) => userhashOf(algorithm, name, realm) === userhash) ?? userhash;
  }

  /** The client of a proxy may hash the path of an absolute target (RFC 7616 section 3.4.6). */
  private targetsOf(request: HttpRequest): string[] {
    const target = sentTarget(request);
    return this.isProxy ? [target, originForm(target)] : [target];
  }

  /** Finds the user, and checks the response. It computes the same for users who do not exist. */
  private async verify(attempt: Attempt, offered: Offered, request: HttpRequest): Promise<Outcome> {
    const { credentials, algorithm } = offered;
    const { username, userhash, realm, response } = credentials;
    const lookup = { realm, algorithm: algorithm.hash, userhash };
    const user = this.userOf(await this.#find(username, lookup, request), offered);
    const computed = ha1Of(algorithm, user?.username ?? username, realm, user?.password ?? this.#decoy);
    const key = keyOf(algorithm, user?.ha1 ?? computed, credentials);
    const { userhash: hash } = this.#settings;
    // Another spelling would be another name for the limits.
    const isSent = hash === undefined || userhashOf(hash, user?.username ?? username, realm) === offered.userhash;
    const isRight = isEqual(responseOf(algorithm, key, credentials, request.method), response);
    if (user === undefined || !isRight || !isSent) return this.#failures.wrong;
    const outcome = outcomeOf(attempt, user.principal);
    if (outcome instanceof Failure) return outcome;
    const time = this.#nonces.timeOf(credentials.nonce, scopeOf(realm, algorithm));
    if (!(await this.isFresh(credentials, time, request))) return this.#failures.stale;
    this.noteInfo(offered, key, time, request);
    return admit(outcome.principal, mergeInfo(outcome.info, { boundRealm: realm }));
  }

  /** Reads the result of `find`. An invalid one is logged, and refused as if the user did not exist: a 500 would reveal who exists. */
  private userOf(found: unknown, { credentials, algorithm }: Offered): FoundUser | undefined {
    const user = readUser(found, algorithm, this.#settings.userhash ? undefined : credentials.username);
    if (typeof user !== 'string') return user;
    if (!this.#logged.has(user)) this.logger.error(`digest(): a user of find cannot log in: ${user}`);
    this.#logged.add(user);
    return undefined;
  }

  /**
   * Uses up the nonce for its count, and returns `false` if the client needs a new nonce. The key consists of these two only, because all
   * other parts can be spelled in several ways.
   */
  private async isFresh(
    { nonce, nc }: DigestCredentials,
    time: number | undefined,
    request: HttpRequest,
  ): Promise<boolean> {
    const key = sharedDigest(`${nonce}:${nc.toLowerCase()}`);
    if (this.#replay.hasUsed(request, key)) return true;
    return time !== undefined && (await this.#replay.use(request, key, time)) === 'new';
  }

  /** Prepares `Authentication-Info` (RFC 7616 section 3.5). The key itself is not kept. */
  private noteInfo(
    { credentials, algorithm }: Offered,
    key: string,
    time: number | undefined,
    request: HttpRequest,
  ): void {
    const { cnonce, nc, realm } = credentials;
    const rspauth = responseOf(algorithm, key, credentials, '');
    this.#infos.set(identityOf(request), () => ({
      // The key of a session belongs to its first nonce, and clients differ in what they do with the next one.
      ...(time !== undefined &&
        !algorithm.session &&
        this.#nonces.isOld(time) && { nextnonce: this.#nonces.issue(scopeOf(realm, algorithm)) }),
      qop: 'auth',
      rspauth,
      cnonce,
      nc,
    }));
  }
}

/** `find` is not a verifier of a route. */
const NO_CONTEXT: VerifierContext = { scheme: AUTH_SCHEME, route: '', realm: undefined, required: true, scopes: [] };

/** A nonce is valid for one realm and one algorithm. */
function scopeOf(realm: string, { name }: Algorithm): string {
  return `${name}:${realm}`;
}
