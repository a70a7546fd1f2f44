import { isPromise } from '../../common/promise.js';
import { type Challenge, formatChallenge, parseChallenges } from '../../http/challenge.js';
import { realmProblem } from '../../http/realm.js';
import type { HttpRequest } from '../../http/request.js';
import { admit, type AdmissionInfo } from '../admission.js';
import { decide } from '../decide.js';
import { Failure, type FailureDetails } from '../failure.js';
import type { Outcome } from '../outcome.js';
import { redactValue, secretsOf } from '../redact.js';
import type { Strategy, StrategyActions } from './strategy.js';

/**
 * Runs a Passport strategy on one request. We don't use `passport.authenticate()`, because it drops the reason of a failure
 * and lets a request continue after `pass()`.
 *
 * @param scheme the auth-scheme of the strategy
 * @param named the secrets that the strategy reads elsewhere
 * @throws HttpException the 4xx exception of a verifier
 * @throws VerifierError if the strategy or its verifier threw any other error
 */
export function run(
  strategy: Strategy,
  scheme: string,
  request: HttpRequest,
  named: readonly string[] = [],
): Promise<Outcome> {
  const secrets = () => [...secretsOf(request), ...valuesOf(request), ...named];
  const result = () =>
    // Only the first action counts: a promise is settled once.
    new Promise<unknown>((resolve, reject) => {
      const returned = start(strategy, request, {
        success: (principal, info) => resolve(admit(principal, factsOf(info))),
        fail: (challenge, status) => {
          // The strategy may call it from a timer, where nothing else would catch an error.
          try {
            resolve(failureOf(scheme, request, challenge, status));
          } catch (error) {
            reject(error);
          }
        },
        error: reject,
        pass: () => resolve(new Failure('invalid', scheme)),
        redirect: () =>
          reject(new Error(`The strategy of the ${scheme} scheme redirects, which HTTP authentication cannot do`)),
      });
      if (isPromise(returned)) returned.then(undefined, reject);
    });
  return decide({ scheme, secrets }, result);
}

/** Returns the facts of a strategy. Its `info` may be anything, so its `expiresAt` may be something else than ours. */
function factsOf(info: unknown): AdmissionInfo {
  if (typeof info !== 'object' || info === null) return {};
  const { expiresAt, ...others } = info as { readonly expiresAt?: unknown };
  return expiresAt === undefined || expiresAt instanceof Date ? info : others;
}

/**
 * Returns the challenge that a strategy responds with if the request has no credentials: the answer to a Digest challenge
 * needs the nonce in it. Returns `undefined` if the strategy does not call `fail()` synchronously with a usable challenge.
 */
export function challengeOf(strategy: Strategy, scheme: string, request: HttpRequest): Challenge | undefined {
  const { authorization: _, ...headers } = request.headers;
  const anonymous: HttpRequest = Object.create(request, { headers: { value: headers } });
  let challenge: unknown;
  const fail = (text: unknown) => void (challenge ??= text);
  try {
    const returned = start(strategy, anonymous, {
      fail,
      success: ignore,
      error: ignore,
      pass: ignore,
      redirect: ignore,
    });
    if (isPromise(returned)) returned.then(undefined, ignore);
  } catch {
    // The guard runs the strategy on the real request, and reports its errors.
  }
  return usable(scheme, request, challenge);
}

function ignore(): void {
  // The outcome does not matter.
}

/** Calls a strategy with Passport's actions, on an object of this request, because requests run at the same time. */
function start(strategy: Strategy, request: HttpRequest, actions: StrategyActions): unknown {
  return Object.assign(Object.create(strategy) as Strategy, actions).authenticate(request, {});
}

/** Turns the arguments of Passport's `fail(challenge, status)` into a failure. Strategies call it in several forms. */
function failureOf(scheme: string, request: HttpRequest, challenge: unknown, status: unknown): Failure {
  if (challenge instanceof Failure) return challenge;
  const malformed = challenge === 400 || status === 400;
  const own = usable(scheme, request, challenge);
  const message = own === undefined ? messageOf(request, challenge) : undefined;
  const details: FailureDetails = { ...(own && { challenge: own }), ...(message !== undefined && { message }) };
  return new Failure(malformed ? 'malformed' : 'invalid', scheme, malformed ? 400 : 401, details);
}

/** The reason that a strategy gives: passport-jwt calls `fail(error)`, others `fail({ message })` or `fail('message')`. */
function messageOf(request: HttpRequest, reason: unknown): string | undefined {
  const message: unknown = typeof reason === 'object' ? Object(reason).message : reason;
  if (typeof message !== 'string' || message === '') return undefined;
  const clean = redactValue(message, [...secretsOf(request), ...valuesOf(request)]);
  // One line of a log, and not too long.
  return clean.replace(/\p{Cc}/gu, ' ').slice(0, MAX_MESSAGE);
}

/** The maximum length of a message. */
const MAX_MESSAGE = 500;

/** The shortest value of a field that counts as a secret. A shorter one, such as `1`, occurs in messages by chance. */
const SHORTEST_SECRET = 6;

/** The values of fields, cookies and the query: a strategy may read its credentials from any of them. */
function valuesOf({ headers, url }: HttpRequest): string[] {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const cookies = headers.cookie?.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim()) ?? [];
  const values = [...Object.values(headers).flat(), ...cookies, ...query.values()];
  return values.filter((value): value is string => value !== undefined && value.length >= SHORTEST_SECRET);
}

/**
 * Returns the challenge of a strategy if it is one well-formed challenge of the scheme, names a realm, and does not quote the
 * credentials.
 */
function usable(scheme: string, request: HttpRequest, text: unknown): Challenge | undefined {
  if (typeof text !== 'string') return undefined;
  const [challenge, ...others] = parseChallenges(text) ?? [];
  const fits =
    others.length === 0 &&
    challenge?.scheme.toLowerCase() === scheme.toLowerCase() &&
    realmProblem(challenge.params?.realm) === undefined &&
    isFormattable(challenge) &&
    !secretsOf(request).some((secret) => text.includes(secret));
  return fits ? challenge : undefined;
}

function isFormattable(challenge: Challenge): boolean {
  try {
    return formatChallenge(challenge) !== '';
  } catch {
    return false;
  }
}
