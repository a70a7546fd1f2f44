import type { ServerResponse } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { isPromise } from '../common/promise.js';
import { TIMEOUT, withinTime } from '../common/timeout.js';
import type { AuthParams } from '../http/auth-param.js';
import { formatAuthenticationInfo } from '../http/authentication.info.js';
import { type Challenge, formatChallenge } from '../http/challenge.js';
import { type AuthenticationFields, FIELDS } from '../http/fields.js';
import { realmProblem } from '../http/realm.js';
import type { HttpRequest } from '../http/request.js';
import { redact, secretsOf } from '../schemes/redact.js';
import { challengingSchemes } from '../schemes/auth.scheme.js';
import type { Scheme } from '../schemes/scheme.js';
import { type Exchange, Exchanges } from './exchange.js';
import type { Head } from './head.js';
import { unchanged, withoutPrompts } from './prompt.js';
import { expose, forOneClient } from './visibility.js';

/** How the challenges are sent: one field line for each, or all on one line. */
export type ChallengeLayout = 'lines' | 'joined';

/** The injection token of the {@link ChallengeLayout} of an application. */
export const LAYOUT = Symbol('nestjs-http-auth:layout');

/** Sets the challenges of a response, if it is a 401 or the refusal of the guard. */
@Injectable()
export class Challenger {
  private readonly logger = new Logger('AuthModule');

  constructor(
    /** The names of the fields. They differ if the application is a proxy. */
    @Inject(FIELDS) readonly fields: AuthenticationFields,
    @Inject(LAYOUT) private readonly layout: ChallengeLayout,
    private readonly exchanges: Exchanges,
    /** The milliseconds that a realm function may take. */
    @Inject(TIMEOUT) readonly timeout: number,
  ) {}

  /**
   * Sets the challenges of a response, in the order of the schemes (RFC 9110 section 11.6.1). Challenges that the response
   * already has, e.g. those of a proxied response, stay as they are.
   *
   * @param status the status that the response will have
   * @returns `false` if the response needs challenges but its realm is unknown
   */
  challenge(exchange: Exchange, head: Head, status: number = this.fields.status): boolean {
    const field = this.fields.challenges;
    if (head.get(field) !== undefined) return true;
    try {
      const lines = this.lines(exchange, status);
      if (lines.length === 0) return true;
      head.set(field, this.layout === 'joined' && lines.length === 1 ? (lines[0] as string) : lines);
      exchange.challenged = true;
    } catch (error) {
      this.logger.error(error);
    }
    return exchange.challenged;
  }

  /** Returns the exchange of a response if its head may have to change. */
  concerning(response: ServerResponse, statusCode: number): Exchange | undefined {
    const exchange = this.exchanges.find(response);
    // We have not seen the request of a 401 that e.g. a middleware sends.
    if (statusCode === this.fields.status) return exchange ?? this.exchanges.of(response.req as HttpRequest, response);
    return exchange !== undefined && (exchange.readsCredentials || exchange.challenged) ? exchange : undefined;
  }

  /**
   * Completes the head of a response when it is written, so that it has challenges exactly if it must.
   *
   * @returns the status to send
   */
  complete(exchange: Exchange, head: Head, statusCode: number): number {
    const { failure } = exchange;
    let status = statusCode;
    const refused = statusCode === failure?.status && failure.reason !== 'limited' && failure.reason !== 'forbidden';
    if (statusCode === this.fields.status || refused) {
      // A 401 without a challenge breaks RFC 9110 section 15.5.2. An unknown realm is the server's fault.
      if (!this.challenge(exchange, head, statusCode)) status = 500;
      else if (head.get(this.fields.challenges) !== undefined) expose(head, this.fields.challenges);
    } else if (exchange.challenged) {
      head.remove(this.fields.challenges);
    }
    if (exchange.readsCredentials) forOneClient(head, [this.fields.credentials, ...exchange.credentialFields]);
    // The certificate of a client is not in the request, so a cache would give the response to a client with another one.
    if (exchange.soughtSchemes.some((scheme) => scheme.dependsOnConnection?.(exchange.request) === true)) {
      head.set('cache-control', 'no-store');
    }
    this.addNonce(exchange, head, status);
    this.addInfo(exchange, head);
    return status;
  }

  /** Adds the facts about accepted credentials, with any status. */
  private addInfo(exchange: Exchange, head: Head): void {
    const { info: field } = this.fields;
    for (const scheme of exchange.soughtSchemes) {
      const params = scheme.authenticationInfo?.(exchange.request);
      if (params === undefined) continue;
      if (head.get(field) === undefined) head.set(field, formatAuthenticationInfo(params));
      expose(head, field);
    }
  }

  /** Adds the nonce of a scheme that has one for this response. A nonce that a cache repeats is useless (RFC 9449 section 8.2). */
  private addNonce(exchange: Exchange, head: Head, status: number): void {
    const isChallenge =
      status === this.fields.status && exchange.challenged && head.get(this.fields.challenges) !== undefined;
    for (const scheme of isChallenge ? exchange.protection.schemes : exchange.soughtSchemes) {
      const nonce = scheme.nonceFor?.(exchange.request, isChallenge);
      if (nonce === undefined) continue;
      head.set(...nonce);
      head.set('cache-control', 'no-store');
      expose(head, nonce[0]);
    }
  }

  /**
   * Calls the realm's function if there is one, because the head of a response cannot wait for a promise. A function that
   * returns a string is called again when the realm is needed: middleware may have changed the request by then.
   */
  async prepare(exchange: Exchange): Promise<void> {
    const { protection, request } = exchange;
    const { realm } = protection;
    if (typeof realm === 'string' || exchange.realm !== undefined) return;
    let answer: string | Promise<string>;
    try {
      answer = realm(request);
    } catch {
      // It is called again when the realm is needed, and its error is reported then.
      return;
    }
    if (!isPromise(answer)) return;
    try {
      exchange.realm = await withinTime(answer, this.timeout, () => new Error('The promise did not settle in time'));
    } catch (error) {
      exchange.realmError = realmError(error, request, protection.schemes);
    }
  }

  /**
   * Returns the realm of an exchange.
   *
   * @throws Error if the realm's function threw, or returned an invalid realm
   */
  realmOf(exchange: Exchange): string {
    const { realm } = exchange.protection;
    if (typeof realm === 'string') return realm;
    if (exchange.realmError !== undefined) throw exchange.realmError;
    const name = exchange.realm ?? call(realm, exchange);
    const problem = realmProblem(name);
    if (problem !== undefined) throw new Error(`realm: the function returned an invalid realm: ${problem}`);
    return (exchange.realm = name as string);
  }

  /** Returns the field lines with the challenges. */
  private lines(exchange: Exchange, status: number): string[] {
    const realm = this.realmOf(exchange);
    const { failure, protection, request, resource } = exchange;
    const params = { ...protection.params, ...(resource !== 'ambiguous' && resource?.params) };
    const isTried = ({ name }: Scheme) => failure?.scheme?.toLowerCase() === name.toLowerCase();
    const { schemes: offered, present } =
      protection.prompt === 'navigation'
        ? withoutPrompts(protection.schemes, request)
        : { schemes: protection.schemes, present: unchanged };
    // Other credentials would not help if the scopes of valid ones are insufficient.
    const challenging = challengingSchemes(offered);
    const schemes =
      status === 403 ? challenging.filter((scheme) => scheme.oauth === true && isTried(scheme)) : challenging;
    const lines: string[] = [];
    let joins = false;
    for (const scheme of schemes) {
      const tried = isTried(scheme) ? failure : undefined;
      const several = scheme.challenges?.(realm, tried, request);
      const texts = (several ?? [scheme.challenge(realm, tried, request)])
        .map(present)
        .map((one) => formatChallenge(scheme.oauth === true ? withParams(one, params) : one));
      const last = lines.at(-1);
      if (joins && several === undefined && last !== undefined) lines[lines.length - 1] = [last, ...texts].join(', ');
      else lines.push(...texts);
      joins = this.layout === 'joined' && several === undefined;
    }
    return lines;
  }
}

/** Adds the params of the route and of its resource to a challenge. The challenge's own params have priority. */
function withParams(challenge: Challenge, params: AuthParams): Challenge {
  if (challenge.token68 !== undefined) return challenge;
  const own = challenge.params ?? {};
  return { ...challenge, params: { ...own, ...params, ...own } };
}

function call(realm: (request: HttpRequest) => unknown, { request, protection }: Exchange): unknown {
  try {
    return realm(request);
  } catch (error) {
    throw realmError(error, request, protection.schemes);
  }
}

/** An error of the realm's function is the server's fault, regardless of its status. */
function realmError(error: unknown, request: HttpRequest, schemes: readonly Scheme[]): Error {
  const named = schemes.flatMap((scheme) => scheme.secrets?.(request) ?? []);
  return new Error('realm: the function threw', { cause: redact(error, [...secretsOf(request), ...named]) });
}
