import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from '../http/request.js';

/** The parts of a request that contain its target. */
type WithTarget = Pick<IncomingMessage, 'url'> & { originalUrl?: unknown };

/** Tickets of a request. They are private at run time, so that loggers do not print them. */
class Held {
  readonly #tickets: readonly string[];

  constructor(tickets: readonly string[]) {
    this.#tickets = tickets;
  }

  get tickets(): readonly string[] {
    return this.#tickets;
  }
}

/**
 * Moves the tickets of a request from its target into a private place, so that later log lines do not contain them.
 */
export class HeldTickets {
  private readonly key = Symbol('nestjs-http-auth:tickets');

  /** @param parameter the name of the query parameter */
  constructor(private readonly parameter: string) {}

  /** Returns the tickets of a request. There may be several, because a client can repeat a parameter. */
  of(request: HttpRequest): readonly string[] {
    const { query } = request as { readonly query?: unknown };
    const raw = ownerOf(request.raw ?? request);
    this.hold(raw);
    // Fastify parses the query before the guard runs. Express parses it on each access.
    if (request.raw !== undefined && typeof query === 'object' && query !== null) {
      delete (query as Record<string, unknown>)[this.parameter];
    }
    return this.heldBy(raw)?.tickets ?? [];
  }

  /** Moves the tickets of a request. A second call does not forget them. */
  hold(request: WithTarget): void {
    const { target, tickets } = this.split(request.url ?? '');
    if (tickets.length === 0) return;
    request.url = target;
    if (typeof request.originalUrl === 'string') request.originalUrl = this.split(request.originalUrl).target;
    const value = new Held([...(this.heldBy(request)?.tickets ?? []), ...tickets]);
    Object.defineProperty(request, this.key, { value, configurable: true });
  }

  /** Forgets the tickets of a request, because they are used up. */
  drop(request: HttpRequest): void {
    Object.defineProperty(ownerOf(request.raw ?? request), this.key, { value: undefined, configurable: true });
  }

  private heldBy(request: object): Held | undefined {
    return (request as Record<symbol, Held | undefined>)[this.key];
  }

  /** Splits a target into the target without tickets, and the tickets. */
  private split(target: string): { readonly target: string; readonly tickets: readonly string[] } {
    const [path = '', query] = target.split(/\?(.*)/s);
    if (query === undefined) return { target, tickets: [] };
    const tickets: string[] = [];
    const rest = query.split('&').filter((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      if (decode(name) !== this.parameter) return true;
      tickets.push(value);
      return false;
    });
    if (tickets.length === 0) return { target, tickets };
    return { target: rest.length === 0 ? path : `${path}?${rest.join('&')}`, tickets };
  }
}

/** Returns the request that has the target. If the application is a proxy, the authenticator uses an object derived from it. */
function ownerOf(request: object): object {
  let owner = request;
  while (!Object.hasOwn(owner, 'url')) {
    const base: unknown = Object.getPrototypeOf(owner);
    if (typeof base !== 'object' || base === null) return request;
    owner = base;
  }
  return owner;
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
