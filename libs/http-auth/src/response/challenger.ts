import { Logger } from '@nestjs/common';
import { formatChallenge } from '../http/challenge.js';
import type { AuthenticationFields } from '../http/fields.js';
import { realmProblem } from '../http/realm.js';
import { type HttpRequest, isPreflight } from '../http/request.js';
import { redact, secretsOf } from '../schemes/redact.js';
import { isPromise } from '../schemes/verifier.js';
import type { Exchange } from './exchange.js';
import { withoutPrompts } from './prompt.js';
import type { RealmFunction } from './protection.js';
import { expose, forOneClient } from './visibility.js';

/** How the challenges of a response stand in its head: a field line each, or all on one line. */
export type ChallengeLayout = 'lines' | 'joined';

/** Puts the challenges on a response: on a 401, on the refusal that the guard noted, and on nothing else. */
export class Challenger {
  private readonly logger = new Logger('AuthModule');

  constructor(
    readonly fields: AuthenticationFields,
    private readonly layout: ChallengeLayout,
  ) {}

  /**
   * Sets the challenges of a response that is about to be a 401, in the order of the schemes (RFC 9110 section 11.6.1).
   * Challenges that stand there already, such as those of a proxied response, are left alone.
   *
   * @returns whether the response has challenges; it has none where its realm cannot be known
   */
  challenge(exchange: Exchange): boolean {
    const { response } = exchange;
    const field = this.fields.challenges;
    if (response.hasHeader(field)) return true;
    try {
      const challenges = this.challenges(exchange);
      response.setHeader(field, this.layout === 'joined' ? challenges.join(', ') : challenges);
      exchange.challenged = true;
    } catch (error) {
      this.logger.error(error);
    }
    return exchange.challenged;
  }

  /** Mends a response whose head is about to be sent, so that it has challenges exactly where it must. */
  complete(exchange: Exchange): void {
    const { response, failure } = exchange;
    const { statusCode } = response;
    if (statusCode === this.fields.status || (statusCode === 400 && failure?.status === 400)) {
      // A 401 without a challenge breaks RFC 9110 section 15.5.2. That the realm is not known is the server's fault.
      if (this.challenge(exchange)) expose(response, this.fields.challenges);
      else response.statusCode = 500;
    } else if (exchange.challenged) {
      response.removeHeader(this.fields.challenges);
    }
    if (exchange.judged && !isPreflight(exchange.request)) forOneClient(response, this.fields.credentials);
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

  private challenges(exchange: Exchange): string[] {
    const realm = this.realmOf(exchange);
    const { failure, protection, request } = exchange;
    const schemes =
      protection.prompt === 'navigation' ? withoutPrompts(protection.schemes, request) : protection.schemes;
    return schemes.map((scheme) => {
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
