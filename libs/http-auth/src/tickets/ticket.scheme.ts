import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { sharedDigest } from '../common/digest.js';
import { milliseconds } from '../common/duration.js';
import type { Challenge } from '../http/challenge.js';
import type { HttpRequest } from '../http/request.js';
import { type AdmissionInfo, admit, mergeInfo } from '../schemes/admission.js';
import { decide, outcomeOf } from '../schemes/decide.js';
import { Failure } from '../schemes/failure.js';
import type { Outcome } from '../schemes/outcome.js';
import type { SchemeRegistry } from '../schemes/scheme.registry.js';
import type { OpenApiScheme, Scheme, SchemeContainer, SchemeDefinition } from '../schemes/scheme.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';
import type { VerifierContext } from '../schemes/verifier.context.js';
import type { VerifierFunction } from '../schemes/verifier.js';
import { HeldTickets } from './held.tickets.js';
import { MemoryStore } from './memory.store.js';
import { Quota } from './quota.js';
import { RedisStore } from './redis.store.js';
import { bindingProblem } from './ticket.binding.js';
import { optionsProblem, type TicketOptions, type TicketPrincipal } from './ticket.options.js';
import type { TicketRecord, TicketStore } from './ticket.store.js';

/** The auth-scheme in challenges, in `@Schemes()` and in events. It is not registered, because no client sends it in `Authorization`. */
const NAME = 'Ticket';

/** 192 random bits. */
const BYTES = 24;

/** A ticket: the random bits in base64url. */
const TICKET = /^[\w-]{32}$/;

/** A ticket that was issued. */
export interface IssuedTicket {
  /** The ticket. The client adds it to the URL, as the query parameter `ticket`. */
  readonly ticket: string;
  /** The time until which the ticket can be used, once. */
  readonly expiresAt: Date;
}

/**
 * Creates the scheme of single-use tickets, for browsers: `EventSource` and `WebSocket` cannot set `Authorization`. A page gets a ticket
 * with an authenticated request, and adds it to the URL of the stream or of the connection. {@link Tickets} issues them.
 *
 * The scheme authenticates `@Sse()` routes and upgrades only. Other routes neither accept a ticket nor send this challenge.
 *
 * @example
 * AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(jwt({ issuer, audience })), ticket()] })
 */
export function ticket<Principal = unknown, Stored = unknown>(
  options: TicketOptions<Principal, Stored> = {},
): SchemeDefinition {
  return {
    name: NAME,
    optIn: options.optIn === true,
    problem: () => optionsProblem(options),
    bind: (container) => new TicketScheme(options as TicketOptions, container),
  };
}

/** The tickets of one application. */
export class TicketScheme implements Scheme {
  readonly name = NAME;
  readonly opens = ['stream', 'connection'] as const;
  readonly exclusive = true;
  // A page must ask for a ticket.
  readonly ambient = false;
  readonly responseHeaders = { 'Referrer-Policy': 'no-referrer' };
  readonly openapi: OpenApiScheme;
  // Private at run time as well, because objects on the request refer to the scheme.
  readonly #store: TicketStore;
  readonly #quota: Quota;
  readonly #held: HeldTickets;
  readonly #keep: TicketPrincipal<unknown, unknown>['store'];
  readonly #restore: VerifierFunction<unknown>;
  readonly #ttl: number;

  constructor(
    { ttl = '30s', parameter = 'ticket', redis, prefix = 'http-auth', principal }: TicketOptions,
    container: SchemeContainer,
  ) {
    this.openapi = { type: 'apiKey', in: 'query', name: parameter, description: 'A single-use ticket' };
    this.#ttl = milliseconds(ttl) as number;
    this.#held = new HeldTickets(parameter);
    this.#store = redis === undefined ? new MemoryStore() : new RedisStore(redis, prefix);
    this.#quota = new Quota(this.#ttl, (key, isExpired) => this.#store.drop(key, isExpired));
    this.#keep = principal === undefined ? (user) => user : (user) => principal.store(user);
    this.#restore = principal === undefined ? (stored) => stored : container.verifier(principal.restore);
  }

  /**
   * Issues a ticket.
   *
   * @param user identifies the user, for the limit on the number of tickets
   * @throws VerifierUnavailableException if the store is down, or has too many tickets
   */
  async issue(user: string, { principal, info, resource, path, origin }: TicketRecord): Promise<IssuedTicket> {
    const text = randomBytes(BYTES).toString('base64url');
    const key = sharedDigest(text);
    const record = { principal: await this.#keep(principal), info, resource, path, origin };
    const now = Date.now();
    const expiresAt = earlier(new Date(now + this.#ttl), info.expiresAt);
    if (!this.#quota.add(user, key)) throw new VerifierUnavailableException('Too many tickets wait for their use', 1);
    try {
      await this.#store.add(key, record, Math.max(1, expiresAt.getTime() - now));
    } catch (error) {
      this.#quota.remove(key);
      throw error;
    }
    return { ticket: text, expiresAt };
  }

  conceal(request: IncomingMessage): void {
    this.#held.hold(request);
  }

  presents(request: HttpRequest): boolean {
    return (request.method === 'GET' || request.method === 'CONNECT') && this.#held.of(request).length > 0;
  }

  async authenticate(request: HttpRequest, context: VerifierContext): Promise<Outcome> {
    if (!this.presents(request)) return new Failure('missing', NAME);
    const [text = '', second] = this.#held.of(request);
    // Later on the same connection, other credentials may replace the ticket.
    this.#held.drop(request);
    if (second !== undefined || !TICKET.test(text)) return new Failure('malformed', NAME);
    return decide({ scheme: NAME, secrets: () => [text] }, () => this.redeem(text, request, context));
  }

  challenge(realm: string): Challenge {
    return { scheme: NAME, params: { realm } };
  }

  /** Uses up a ticket. A ticket that is presented in the wrong place is lost too, because another client may have it. */
  private async redeem(text: string, request: HttpRequest, context: VerifierContext): Promise<Outcome> {
    const key = sharedDigest(text);
    this.#quota.remove(key);
    const record = await this.#store.take(key);
    if (record === undefined) return refused('The ticket is unknown, used or expired');
    const problem = bindingProblem(record, request);
    if (problem !== undefined) return refused(problem);
    const verdict = await this.#restore(record.principal, request, context);
    const outcome = outcomeOf({ scheme: NAME, secrets: () => [text] }, verdict);
    return outcome instanceof Failure ? outcome : admit(outcome.principal, combine(record.info, outcome.info));
  }
}

/**
 * Returns the scheme for tickets of an application.
 *
 * @throws AuthConfigurationError if the application does not have it
 */
export function ticketSchemeOf(registry: SchemeRegistry): TicketScheme {
  const scheme = registry.all.find((one) => one instanceof TicketScheme);
  if (scheme !== undefined) return scheme;
  throw new AuthConfigurationError(
    'ERR_AUTH_SCHEMES',
    'TicketsModule: AuthModule has no scheme for tickets; add ticket() to schemes',
  );
}

/** Combines the facts of a ticket with the facts that `restore` returns, which have priority. The earlier end counts. */
function combine(issued: AdmissionInfo, restored: AdmissionInfo): AdmissionInfo {
  const info = mergeInfo(issued, restored);
  const { expiresAt } = issued;
  return expiresAt === undefined ? info : { ...info, expiresAt: earlier(expiresAt, restored.expiresAt) };
}

function earlier(one: Date, other: Date | undefined): Date {
  return other !== undefined && other.getTime() < one.getTime() ? other : one;
}

function refused(message: string): Failure {
  return new Failure('invalid', NAME, 401, { message });
}
