import { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Outcomes } from '../guard/policy.result.js';
import { type HttpRequest, rawResponse } from '../http/request.js';
import { type Exchange, Exchanges } from '../response/exchange.js';

/** The source of an operation's credentials: an HTTP request, or a WebSocket. */
export class Source {
  /** Each scheme verifies the credentials once, regardless of the number of operations and fields. */
  readonly outcomes: Outcomes = new Map();
  /** If `true`, the refusal of the HTTP request is reported as an event. */
  isReported = false;
  /** The name of the scheme whose principal the operations have. They share a request, and so the principal on it. */
  scheme: string | undefined;
  /** Ends a WebSocket at a time. */
  endAt: (time: Date) => void = () => undefined;

  constructor(
    readonly exchange: Exchange,
    /** If `true`, the source is a WebSocket. Each of its operations has its own event. */
    readonly isConnection = false,
  ) {}
}

/**
 * Knows the source of each GraphQL context. The driver calls a function for each context, with the request or the connection.
 * We note it on the context, so it does not matter what the application puts into the context.
 */
@Injectable()
export class Sources {
  /** The engines copy the context for an operation, and so this property is enumerable. */
  private readonly key = Symbol('nestjs-http-auth:source');
  private readonly seen = new WeakSet<object>();
  private readonly byExchange = new WeakMap<Exchange, Source>();
  private readonly connections = new WeakMap<object, Source>();

  constructor(private readonly exchanges: Exchanges) {}

  /**
   * Notes the source on a new context. Returns the context, or a copy if the application returns the same object for several
   * operations. Otherwise one client would act as the user of another.
   *
   * @param args the arguments of the function that creates contexts: Express's `{ req, res }`, Fastify's request and reply, or
   * graphql-ws's connection
   */
  note<Context>(context: Context, args: readonly unknown[]): Context {
    if (!isObject(context)) return context;
    const isNew = !this.seen.has(context) && Object.isExtensible(context);
    this.seen.add(context);
    const own = isNew
      ? context
      : Object.assign(Object.create(Object.getPrototypeOf(context) as object | null), context);
    return Object.assign(own as Context & object, { [this.key]: this.ofArguments(args) });
  }

  /** Notes the source of a WebSocket, by the objects that the engines have of it. */
  noteConnection(keys: readonly object[], source: Source): void {
    for (const key of keys) this.connections.set(key, source);
  }

  /** Returns the source of a context, or `undefined` if the context is not known. */
  of(context: unknown): Source | undefined {
    if (!isObject(context)) return undefined;
    const noted = (context as { [key: symbol]: Source | undefined })[this.key];
    if (noted !== undefined) return noted;
    const { reply, request, req } = context;
    if (isObject(request)) return this.connections.get(request);
    // Without a function for contexts, Mercurius has the reply in the context. Other drivers may have Express's request.
    return isObject(reply) ? this.ofArguments([reply['request'], reply]) : this.ofArguments([{ req }]);
  }

  private ofArguments([first, second]: readonly unknown[]): Source | undefined {
    if (!isObject(first)) return undefined;
    const connection = this.connections.get(first);
    if (connection !== undefined) return connection;
    const { req = first, res = second } = first;
    const answer = res ?? (isObject(req) ? req['res'] : undefined);
    const response = isObject(answer) ? rawResponse(answer as unknown as ServerResponse) : undefined;
    return isRequest(req) && response instanceof ServerResponse ? this.ofHttp(req, response) : undefined;
  }

  private ofHttp(request: HttpRequest, response: ServerResponse): Source {
    const exchange = this.exchanges.of(request, response);
    let source = this.byExchange.get(exchange);
    if (source === undefined) this.byExchange.set(exchange, (source = new Source(exchange)));
    return source;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isRequest(value: unknown): value is HttpRequest {
  return isObject(value) && isObject(value['headers']) && typeof value['method'] === 'string';
}
