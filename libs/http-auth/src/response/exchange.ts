import type { ServerResponse } from 'node:http';
import type { Failure } from '../schemes/failure.js';
import type { SchemeRegistry } from '../schemes/scheme.registry.js';
import type { Protection, RealmOption } from './protection.js';

/** What is known of one request while its response is on the way. It holds no credential. */
export class Exchange {
  /** The realm, once it is known. */
  realm: string | undefined;
  /** Why the realm will not be known. */
  realmError: unknown;
  /** Why the guard refused the request. */
  failure: Failure | undefined;
  /** The protection that the request has satisfied. */
  satisfied: Protection | undefined;
  /** Whether the challenge on the response is ours. */
  challenged = false;

  constructor(private current: Protection) {}

  /** What guards the request: its route's protection, or the application's as long as no route is known. */
  get protection(): Protection {
    return this.current;
  }

  /** The request has reached a route. */
  enter(protection: Protection): void {
    if (protection.realm !== this.current.realm) {
      this.realm = undefined;
      this.realmError = undefined;
    }
    this.current = protection;
  }
}

/**
 * The exchanges of one application, by Node's response, which every part of it can reach. Each application has its own:
 * what one has admitted, another one has not.
 */
export class Exchanges {
  private readonly byResponse = new WeakMap<ServerResponse, Exchange>();

  constructor(
    private readonly realm: RealmOption,
    private readonly schemes: SchemeRegistry,
  ) {}

  /** The exchange of a response. */
  of(response: ServerResponse): Exchange {
    let exchange = this.byResponse.get(response);
    if (exchange === undefined) {
      exchange = new Exchange({ realm: this.realm, schemes: this.schemes.all });
      this.byResponse.set(response, exchange);
    }
    return exchange;
  }
}
