import { IncomingMessage } from 'node:http';
import { parse } from 'node:querystring';
import type { HttpServer } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';

type CreateRequest = new (id: string, params: object, raw: IncomingMessage, ...rest: unknown[]) => HttpRequest;

/** Finds the function by which Fastify creates its requests. It knows which proxies the application trusts. */
function fastifyRequest(instance: object): CreateRequest | undefined {
  const key = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'fastify.Request');
  return key && (instance as Record<symbol, CreateRequest>)[key];
}

/**
 * Returns a request as the verifiers of the application expect it, with `ip`, `get()`, `query` and so on. At the front door, the
 * framework has not seen the request yet.
 *
 * @param request Node's request
 */
export function frameworkRequest(adapter: HttpServer, request: IncomingMessage): HttpRequest {
  const instance = adapter.getInstance() as object;
  switch (adapter.getType()) {
    case 'express':
      // Express does the same when it gets the request.
      if (request instanceof IncomingMessage) {
        Object.setPrototypeOf(request, (instance as { readonly request: object }).request);
      }
      return request as HttpRequest;
    case 'fastify': {
      const Create = fastifyRequest(instance);
      if (Create === undefined) return { ...plain(request), raw: request };
      const [, query = ''] = (request.url ?? '').split(/\?(.*)/s);
      const { log } = instance as { readonly log: unknown };
      return new Create('', {}, request, parse(query), log, { server: instance, config: {} });
    }
    default:
      return request as HttpRequest;
  }
}

/** The properties that this library reads. The address is the one of the socket, even behind a proxy. */
function plain({ method = '', url = '', headers, rawHeaders, socket }: IncomingMessage): HttpRequest {
  return { method, url, headers, rawHeaders, ip: socket.remoteAddress };
}
