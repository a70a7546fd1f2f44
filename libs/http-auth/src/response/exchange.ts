import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { Origins } from '../http/origin.js';
import type { HttpRequest } from '../http/request.js';
import type { Admission } from '../schemes/admission.js';
import type { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import { type FoundResource, type ProtectedResources, RESOURCES } from './protected.resources.js';
import { APPLICATION_PROTECTION, type Protection } from './protection.js';

/** The scheme that authenticated a request, with its result. */
export interface Authenticated {
  readonly scheme: Scheme;
  readonly admission: Admission<unknown>;
  /** The resource that the credentials were verified for. */
  readonly resource: FoundResource;
  /** The method of the request. A middleware may change it later. */
  readonly method: string;
  /** The pages that the `Origin` of a connection was checked with, or `undefined` if the request does not open a connection. */
  readonly origins?: Origins | undefined;
}

/** A connection that a request opens. CORS does not apply to connections, so the guard checks which page has opened it. */
export interface ConnectionSource {
  /** The pages that may open it with ambient credentials. */
  readonly origins: Origins;
  /** If `true`, the page has sent the `Authorization` itself, so the browser has not added it. */
  readonly isSentByPage?: boolean;
}

/** One request with its response, and everything that we know of it before the response is sent. It has no credentials. */
export class Exchange {
  /** The realm, once its function has returned it. */
  realm: string | undefined;
  /** The error of the realm's function. */
  realmError: unknown;
  /** Set if the guard refused the request. */
  failure: Failure | undefined;
  /** Set when a scheme has authenticated the request. */
  authenticated: Authenticated | undefined;
  /** The scheme that has authenticated the request, with its result, until the event for it is reported. */
  accepted: Authenticated | undefined;
  /** Set if the request opens a connection, or is a message over one. */
  connection: ConnectionSource | undefined;
  /** Set if valid credentials are not enough for the route. */
  insufficient: Authenticated | undefined;
  /** The schemes whose credentials the guard has looked for. The response depends on them, and caches must know that. */
  private sought: readonly Scheme[] = [];
  /** If `true`, we have set the challenges of the response. */
  challenged = false;
  /** The target for which the protected paths have accepted the request. A middleware may rewrite the URL later. */
  admitted: string | undefined;
  /** Set if the request may not reach the application. The framework responds with the error. */
  refusal: { readonly error: unknown } | undefined;
  /** If `true`, the client waits for `100 Continue`, which we have to send. */
  waits = false;
  /** The target that the request has arrived with; then, the target by which the router has chosen the route. */
  target: string;

  constructor(
    /** The framework's request; before the framework has created it, Node's. */
    public request: HttpRequest,
    readonly response: ServerResponse,
    private current: Protection,
    private readonly resources: ProtectedResources,
  ) {
    this.target = request.url;
  }

  /** The protection of the route; before the route is known, of the application. */
  get protection(): Protection {
    return this.current;
  }

  /** If `true`, the guard has looked for credentials. */
  get readsCredentials(): boolean {
    return this.sought.length > 0;
  }

  /** The schemes whose credentials the guard has looked for. */
  get soughtSchemes(): readonly Scheme[] {
    return this.sought;
  }

  /** The fields that the guard has looked for credentials in, in addition to `Authorization`. */
  get credentialFields(): readonly string[] {
    return this.sought.flatMap(({ fields = [] }) => fields);
  }

  /** Notes that the guard looks for the credentials of these schemes. Several policies may apply to one request. */
  seek(schemes: readonly Scheme[]): void {
    this.sought = this.sought.length === 0 ? schemes : [...new Set([...this.sought, ...schemes])];
  }

  /** Sets the protection of the route that the request has reached. */
  enter(protection: Protection): void {
    if (protection.realm !== this.current.realm) {
      this.realm = undefined;
      this.realmError = undefined;
    }
    this.current = protection;
  }

  /** The resource that the target belongs to. */
  get resource(): FoundResource {
    return this.resources.at(this.target);
  }
}

/** A response with an exchange. */
type WithExchange = ServerResponse & Record<symbol, Exchange | undefined>;

/**
 * The exchanges of one application. Each is stored on Node's response, which every part can reach. The key is a symbol of this
 * application, so an application that is mounted in another one does not take over its result.
 */
@Injectable()
export class Exchanges {
  private readonly key = Symbol('nestjs-http-auth:exchange');

  /** @param protection the protection of requests whose route is not known */
  constructor(
    @Inject(APPLICATION_PROTECTION) private readonly protection: Protection,
    @Inject(RESOURCES) private readonly resources: ProtectedResources,
  ) {}

  /** Returns the exchange of a response, or `undefined` if it does not exist yet. */
  find(response: ServerResponse): Exchange | undefined {
    return (response as WithExchange)[this.key];
  }

  /** Returns the exchange of a request and its response, and creates it if necessary. */
  of(request: HttpRequest, response: ServerResponse): Exchange {
    const exchange = ((response as WithExchange)[this.key] ??= new Exchange(
      request,
      response,
      this.protection,
      this.resources,
    ));
    exchange.request = request;
    return exchange;
  }
}
