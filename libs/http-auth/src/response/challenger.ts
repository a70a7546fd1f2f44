import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { formatChallenge } from '../http/challenge.js';
import { realmProblem } from '../http/realm.js';
import type { HttpRequest } from '../http/request.js';
import { redact, secretsOf } from '../schemes/redact.js';
import { isPromise } from '../schemes/verifier.js';
import type { Exchange, Exchanges } from './exchange.js';
import type { RealmFunction } from './protection.js';

const FIELD = 'WWW-Authenticate';

/** Puts the challenges on a response: on a 401, on the refusal that the guard noted, and on nothing else. */
export class Challenger {
  private readonly logger = new Logger('AuthModule');

  constructor(private readonly exchanges: Exchanges) {}

  /**
   * Sets the challenges of a response that is about to be a 401, one field line each, in the order of the schemes
   * (RFC 9110 section 11.6.1). Challenges that stand there already, such as those of a proxied response, are left alone.
   *
   * @returns whether the response has challenges; it has none where its realm cannot be known
   */
  challenge(response: ServerResponse, request: HttpRequest): boolean {
    if (response.hasHeader(FIELD)) return true;
    const exchange = this.exchanges.of(response);
    try {
      response.setHeader(FIELD, this.challenges(exchange, request));
      exchange.challenged = true;
    } catch (error) {
      this.logger.error(error);
    }
    return exchange.challenged;
  }

  /** Mends a response whose head is about to be sent, so that it has challenges exactly where it must. */
  complete(response: ServerResponse, request: HttpRequest): void {
    const exchange = this.exchanges.of(response);
    if (response.statusCode === 401 || response.statusCode === exchange.failure?.status) {
      // A 401 without a challenge breaks RFC 9110 section 15.5.2. That the realm is not known is the server's fault.
      if (!this.challenge(response, request)) response.statusCode = 500;
    } else if (exchange.challenged) {
      response.removeHeader(FIELD);
    }
  }

  /**
   * Awaits the realm of an exchange where its function returns a promise, since the head of a response cannot wait for
   * it. A function that returns its realm at once is asked when the realm is needed, when more may be known of the
   * request.
   *
   * @returns `undefined` where there is nothing to wait for
   */
  prepare(exchange: Exchange, request: HttpRequest): Promise<void> | undefined {
    const { realm } = exchange.protection;
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
  realmOf(exchange: Exchange, request: HttpRequest): string {
    const { realm } = exchange.protection;
    if (typeof realm === 'string') return realm;
    if (exchange.realmError !== undefined) throw exchange.realmError;
    const name = exchange.realm ?? ask(realm, request);
    const problem = realmProblem(name);
    if (problem !== undefined) throw new Error(`The realm that a function gave cannot be sent: ${problem}`);
    return (exchange.realm = name as string);
  }

  private challenges(exchange: Exchange, request: HttpRequest): string[] {
    const realm = this.realmOf(exchange, request);
    const { failure, protection } = exchange;
    return protection.schemes.map((scheme) => {
      const tried = failure?.scheme?.toLowerCase() === scheme.name.toLowerCase() ? failure : undefined;
      return formatChallenge(scheme.challenge(realm, tried, request));
    });
  }
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
