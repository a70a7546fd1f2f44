import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { AuthParams } from '../http/auth-param.js';
import { type Challenge, formatChallenge } from '../http/challenge.js';
import type { AuthenticationFields } from '../http/fields.js';
import { realmProblem } from '../http/realm.js';
import type { HttpRequest } from '../http/request.js';
import { redact, secretsOf } from '../schemes/redact.js';
import type { Scheme } from '../schemes/scheme.js';
import { isPromise } from '../schemes/verifier.js';
import type { Exchange, Exchanges } from './exchange.js';
import type { Fields, Head } from './head.js';
import { withoutPrompts } from './prompt.js';
import type { Protection, RealmFunction } from './protection.js';
import { expose, forOneClient } from './visibility.js';

/** How the challenges of a response stand in its head: a field line each, or all on one line. */
export type ChallengeLayout = 'lines' | 'joined';

/** Puts the challenges on a response: on a 401, on the refusal that the guard noted, and on nothing else. */
export class Challenger {
  private readonly logger = new Logger('AuthModule');
  /** The challenges that depend on nothing but what they are kept by: the protection, and the failure. */
  private readonly known = new WeakMap<Protection, Map<string, string[]>>();

  constructor(
    /** The names of the fields, which a proxy has others of. */
    readonly fields: AuthenticationFields,
    private readonly layout: ChallengeLayout,
    private readonly exchanges: Exchanges,
  ) {}

  /**
   * Sets the challenges of a response that is about to be a 401, in the order of the schemes (RFC 9110 section 11.6.1).
   * Challenges that stand there already, such as those of a proxied response, are left alone.
   *
   * @param fields where they are set
   * @param status the status that the response has
   * @returns whether the response has challenges; it has none where its realm cannot be known
   */
  challenge(exchange: Exchange, fields: Fields, status: number = this.fields.status): boolean {
    const field = this.fields.challenges;
    if (fields.get(field) !== undefined) return true;
    try {
      const challenges = this.challenges(exchange, status);
      if (challenges.length === 0) return true;
      fields.set(field, this.layout === 'joined' ? challenges.join(', ') : [...challenges]);
      exchange.challenged = true;
    } catch (error) {
      this.logger.error(error);
    }
    return exchange.challenged;
  }

  /** The exchange of a response whose head must be looked at; `undefined` where there is nothing to be done about it. */
  concerning(response: ServerResponse, statusCode: number): Exchange | undefined {
    const exchange = this.exchanges.find(response);
    // A 401 that no part of ours has seen the request of, such as a middleware's.
    if (statusCode === this.fields.status) return exchange ?? this.exchanges.of(response.req as HttpRequest, response);
    return exchange !== undefined && (exchange.judged || exchange.challenged) ? exchange : undefined;
  }

  /**
   * Mends a head that is being written, so that it has challenges exactly where it must.
   *
   * @returns the status to send
   */
  complete(exchange: Exchange, head: Head, statusCode: number): number {
    const { failure } = exchange;
    let status = statusCode;
    const refused = statusCode === failure?.status && failure.reason !== 'limited';
    if (statusCode === this.fields.status || refused) {
      // A 401 without a challenge breaks RFC 9110 section 15.5.2. That the realm is not known is the server's fault.
      if (!this.challenge(exchange, head, statusCode)) status = 500;
      else if (head.get(this.fields.challenges) !== undefined) expose(head, this.fields.challenges);
    } else if (exchange.challenged) {
      head.remove(this.fields.challenges);
    }
    if (exchange.judged) forOneClient(head, this.fields.credentials);
    return status;
  }

  /**
   * Awaits the realm of an exchange where its function returns a promise, since the head of a response cannot wait for
   * it. A function that returns its realm at once is asked when the realm is needed, when more may be known of the
   * request.
   *
   * @returns `undefined` where there is nothing to wait for
   */
  prepare(exchange: Exchange): Promise<void> | undefined {
    const { protection, request } = exchange;
    const { realm } = protection;
    if (typeof realm === 'string' || exchange.realm !== undefined) return undefined;
    let answer: string | Promise<string>;
    try {
      answer = realm(request);
    } catch {
      // Asked again when it is needed, and heard then.
      return undefined;
    }
    if (!isPromise(answer)) return undefined;
    return answer.then(
      (name) => {
        exchange.realm = name;
      },
      (error: unknown) => {
        exchange.realmError = realmError(error, request);
      },
    );
  }

  /**
   * The realm of an exchange.
   *
   * @throws Error where the realm's function threw, or gave a realm that cannot be sent
   */
  realmOf(exchange: Exchange): string {
    const { realm } = exchange.protection;
    if (typeof realm === 'string') return realm;
    if (exchange.realmError !== undefined) throw exchange.realmError;
    const name = exchange.realm ?? ask(realm, exchange.request);
    const problem = realmProblem(name);
    if (problem !== undefined) throw new Error(`The realm that a function gave cannot be sent: ${problem}`);
    return (exchange.realm = name as string);
  }

  private challenges(exchange: Exchange, status: number): readonly string[] {
    const { failure, protection } = exchange;
    const { realm, prompt, schemes } = protection;
    const fixed = typeof realm === 'string' && prompt === 'always' && schemes.every((scheme) => scheme.fixed);
    if (!fixed || failure?.details.params !== undefined) return this.make(exchange, status);
    let known = this.known.get(protection);
    if (known === undefined) this.known.set(protection, (known = new Map()));
    const key = failure === undefined ? '' : `${status} ${failure.scheme} ${failure.reason}`;
    let challenges = known.get(key);
    if (challenges === undefined) known.set(key, (challenges = this.make(exchange, status)));
    return challenges;
  }

  private make(exchange: Exchange, status: number): string[] {
    const realm = this.realmOf(exchange);
    const { failure, protection, request } = exchange;
    const isTried = ({ name }: Scheme) => failure?.scheme?.toLowerCase() === name.toLowerCase();
    let { schemes } = protection;
    if (protection.prompt === 'navigation') schemes = withoutPrompts(schemes, request);
    // Other credentials than those that do not reach are not asked for.
    if (status === 403) schemes = schemes.filter((scheme) => scheme.oauth === true && isTried(scheme));
    return schemes.map((scheme) => {
      const challenge = scheme.challenge(realm, isTried(scheme) ? failure : undefined, request);
      return formatChallenge(scheme.oauth === true ? withParams(challenge, protection.params) : challenge);
    });
  }
}

/** A challenge with the params of its route, unless it has some of its own. */
function withParams(challenge: Challenge, params: AuthParams | undefined): Challenge {
  if (params === undefined || challenge.token68 !== undefined) return challenge;
  const own = challenge.params ?? {};
  return { ...challenge, params: { ...own, ...params, ...own } };
}

function ask(realm: RealmFunction, request: HttpRequest): unknown {
  try {
    return realm(request);
  } catch (error) {
    throw realmError(error, request);
  }
}

/** The server's fault, whatever status the error claims. */
function realmError(error: unknown, request: HttpRequest): Error {
  return new Error('The function of a realm threw', { cause: redact(error, secretsOf(request)) });
}
