import { type OptionNames, unknownOption } from '../common/options.js';
import { type Duration, milliseconds } from '../common/duration.js';
import { isToken } from '../http/grammar.js';
import { schemeProblem } from '../schemes/auth.scheme.js';
import { type Verifier, verifierProblem } from '../schemes/verifier.js';
import { redisProblem, undefinedRedis } from '../common/redis.js';

/**
 * How a store keeps the principal of a ticket.
 *
 * @typeParam Principal the principal of the request that gets the ticket
 * @typeParam Stored a JSON value, e.g. the id of a user
 */
export interface TicketPrincipal<Principal, Stored> {
  /** Returns what the store keeps of the principal. It may return a promise. */
  store(principal: Principal): Stored | Promise<Stored>;
  /**
   * Finds the principal when the ticket is used: a function, or an injectable class with `verify()`. Like any verifier, it may refuse,
   * e.g. because the user was removed since.
   */
  readonly restore: Verifier<Stored>;
}

/** Options of {@link ticket}. */
export interface TicketOptions<Principal = unknown, Stored = unknown> {
  /**
   * How long a ticket can be used: a number of milliseconds, or a string such as `'30s'`. At least a second, at most five minutes.
   *
   * @default '30s'
   */
  readonly ttl?: Duration;
  /**
   * The name of the query parameter with the ticket. `@Sse()` routes and WebSockets cannot use a parameter of this name for anything else.
   *
   * @default 'ticket'
   */
  readonly parameter?: string;
  /**
   * A client of ioredis 5 or later, or of redis 4 or later. Every instance of the application then accepts the tickets of the others. The
   * server must be Redis 6.2 or later, which has GETDEL.
   *
   * @default the memory of the process
   */
  readonly redis?: object;
  /**
   * The prefix of the keys in `redis`. Applications that use the same Redis need different ones.
   *
   * @default 'http-auth'
   */
  readonly prefix?: string;
  /**
   * How the store keeps the principal.
   *
   * @default the principal itself. With `redis`, it must then be a JSON value
   */
  readonly principal?: TicketPrincipal<Principal, Stored>;
  /**
   * If `true`, the scheme applies only to routes whose `@Schemes()` names it, and to protected paths whose `schemes` name it.
   *
   * @default false
   */
  readonly optIn?: boolean;
}

/** The longest `ttl`, in milliseconds. */
const MAX_TTL = 300_000;

const NAMES: OptionNames<TicketOptions> = {
  ttl: true,
  parameter: true,
  redis: true,
  prefix: true,
  principal: true,
  optIn: true,
};

/** Checks the options. Returns an error message, or `undefined` if they are valid. */
export function optionsProblem(
  options: Omit<TicketOptions, 'principal'> & { readonly principal?: unknown },
): string | undefined {
  const { ttl = '30s', parameter = 'ticket', redis, prefix = '-', principal } = options;
  const wrong =
    unknownOption(options, NAMES) ?? schemeProblem({ optIn: options.optIn }) ?? undefinedRedis(options, 'the tickets');
  if (wrong !== undefined) return `ticket(): ${wrong}`;
  const lifetime = milliseconds(ttl) ?? NaN;
  if (!(lifetime >= 1000 && lifetime <= MAX_TTL)) {
    return "ticket(): ttl must be a duration from 1 second to 5 minutes; write '30s', for example";
  }
  if (typeof parameter !== 'string' || !isToken(parameter)) {
    return "ticket(): parameter must be the name of a query parameter, e.g. 'ticket'";
  }
  if (typeof prefix !== 'string' || prefix === '') return 'ticket(): prefix must be a string that is not empty';
  if (redis !== undefined) {
    const problem = redisProblem(redis);
    if (problem !== undefined) return `ticket(): ${problem}`;
  }
  return principal === undefined ? undefined : principalProblem(principal);
}

function principalProblem(principal: unknown): string | undefined {
  const { store, restore } = (principal ?? {}) as Partial<TicketPrincipal<unknown, unknown>>;
  if (typeof store === 'function') return verifierProblem('ticket(): principal.restore', restore);
  return (
    'ticket(): principal must have store(principal) and restore; ' +
    'pass { store: (user) => user.id, restore: (id) => users.find(id) }'
  );
}
