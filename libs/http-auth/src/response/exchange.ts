import type { ServerResponse } from 'node:http';
import type { HttpRequest } from '../http/request.js';
import type { Failure } from '../schemes/failure.js';
import type { Success } from '../schemes/outcome.js';
import type { Scheme } from '../schemes/scheme.js';
import type { Protection } from './protection.js';

/** What is known of one request while its response is on the way. It holds no credential. */
export class Exchange {
  /** The realm, once it is known. */
  realm: string | undefined;
  /** Why the realm will not be known. */
  realmError: unknown;
  /** Why the guard refused the request. */
  failure: Failure | undefined;
  /** The scheme that has admitted the request. */
  admittedBy: Scheme | undefined;
  /** What it was admitted as. */
  success: Success | undefined;
  /** Whether the guard has looked for credentials, so that the answer depends on them. */
  judged = false;
  /** Whether the challenge on the response is ours. */
  challenged = false;

  constructor(
    /** The framework's request, as soon as there is one, and Node's until then. */
    public request: HttpRequest,
    readonly response: ServerResponse,
    private current: Protection,
  ) {}

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

/** A response that an exchange may be kept on. */
type Kept = ServerResponse & Record<symbol, Exchange | undefined>;

/**
 * The exchanges of one application. They are kept on Node's response, which every part of it can reach, under a symbol of
 * the application's own: what one has admitted, another one has not.
 */
export class Exchanges {
  private readonly key = Symbol('nestjs-http-auth:exchange');

  private protection: Protection | undefined;

  /** @param application what guards a request of which no route is known; asked once, when the first request comes */
  constructor(private readonly application: () => Protection) {}

  /** The exchange of a response, if the application has seen its request. */
  find(response: ServerResponse): Exchange | undefined {
    return (response as Kept)[this.key];
  }

  /** The exchange of a request and its response. */
  of(request: HttpRequest, response: ServerResponse): Exchange {
    const exchange = ((response as Kept)[this.key] ??= new Exchange(
      request,
      response,
      (this.protection ??= this.application()),
    ));
    exchange.request = request;
    return exchange;
  }
}
