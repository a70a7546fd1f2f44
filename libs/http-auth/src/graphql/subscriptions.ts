import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { frameworkRequest } from '../door/framework.request.js';
import type { HttpRequest } from '../http/request.js';
import { Connections, type Socket } from './connections.js';
import { Sources } from './sources.js';

/** The options of `graphql-ws` that we read or change. */
export interface GraphQLWsOptions {
  context?: unknown;
  onConnect?(connection: GraphQLWsConnection): unknown;
}

/** The connection of graphql-ws. */
interface GraphQLWsConnection {
  readonly connectionParams?: unknown;
  readonly extra: { readonly socket: Socket; readonly request: IncomingMessage };
}

/** The options of Mercurius's subscriptions that we read or change. */
export interface MercuriusOptions {
  context?(socket: Socket, request: HttpRequest): unknown;
  onConnect?(data: { readonly payload?: unknown }): unknown;
}

/** Connects our check to the subscriptions of the drivers. */
@Injectable()
export class Subscriptions {
  /** Under this key, Mercurius's context has the connection. */
  private readonly key = Symbol('nestjs-http-auth:connection');

  constructor(
    private readonly connections: Connections,
    private readonly sources: Sources,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Returns the options of graphql-ws with our check before the application's. */
  ofGraphQLWs(options: GraphQLWsOptions): GraphQLWsOptions {
    const { context } = options;
    const adapter = this.adapterHost.httpAdapter;
    return {
      ...options,
      ...(context !== undefined && {
        context: async (...args: unknown[]) => {
          const own: unknown = typeof context === 'function' ? await context(...args) : context;
          return this.sources.note(own, args);
        },
      }),
      onConnect: async (connection) => {
        const { socket, request: upgrade } = connection.extra;
        const keys = [connection, upgrade];
        const request = frameworkRequest(adapter, upgrade);
        const params = connection.connectionParams;
        if (!(await this.connections.open({ request, params, socket, keys }))) return false;
        return options.onConnect?.(connection);
      },
    };
  }

  /** Returns the options of Mercurius with our check before the application's. */
  ofMercurius(options: MercuriusOptions): MercuriusOptions {
    const { connections, key } = this;
    return {
      ...options,
      context: async (socket, request) => {
        const own = (await options.context?.(socket, request)) as object | undefined;
        return { ...own, [key]: { socket, request } };
      },
      // Mercurius calls it as a method of its connection, whose context is the one above.
      async onConnect(this: { readonly context?: { readonly [key: symbol]: Upgrade | undefined } }, data) {
        const upgrade = this.context?.[key];
        if (upgrade === undefined) return false;
        const { socket, request } = upgrade;
        const keys = [request, request.raw ?? request];
        if (!(await connections.open({ request, params: data.payload, socket, keys }))) return false;
        return options.onConnect === undefined ? true : options.onConnect.call(this, data);
      },
    };
  }
}

interface Upgrade {
  readonly socket: Socket;
  readonly request: HttpRequest;
}
