import type { IncomingMessage, ServerResponse } from 'node:http';

/** The socket of a client in one namespace. */
export interface IoSocket {
  readonly request: IncomingMessage;
  readonly handshake: { readonly auth?: Record<string, unknown> };
  /** The connection, which several namespaces may share. */
  readonly conn: { readonly request?: IncomingMessage; close(): void };
  emit(event: string, data: unknown): void;
  disconnect(close?: boolean): void;
  once(event: 'disconnect', listener: () => void): unknown;
}

/** The property with the parsed query of a request. The session id of engine.io is in it. */
export const QUERY = '_query';

/** Middleware of a namespace. */
export type NamespaceMiddleware = (socket: IoSocket, next: (error?: Error) => void) => void;

/** A namespace, or the parent of namespaces with a pattern. */
export interface IoNamespace {
  readonly name: string;
  readonly adapter?: { restoreSession?: (pid: string, offset: string) => Promise<null> };
  use(middleware: NamespaceMiddleware): unknown;
  on(event: 'connection', listener: (socket: IoSocket) => void): unknown;
  on(event: 'new_namespace', listener: (namespace: IoNamespace) => void): unknown;
}

/** The request of engine.io, which has parsed its query. */
export type EngineRequest = IncomingMessage & { readonly [QUERY]?: { readonly sid?: unknown; readonly j?: unknown } };

/** The server of engine.io. Its middleware runs for polling and for upgrades; for these, the response is a stub. */
export interface Engine {
  use(middleware: (request: EngineRequest, response: ServerResponse | object, next: () => void) => void): void;
  /** The open connections by their session ids. */
  readonly clients?: Readonly<Record<string, IoSocket['conn']>>;
}

/** The server of any version 4 of socket.io. */
export interface IoServer {
  readonly engine?: Engine;
  readonly sockets: IoNamespace;
  readonly opts?: { readonly connectionStateRecovery?: { skipMiddlewares?: boolean } };
  of(name: string): IoNamespace;
  bind(engine: Engine): unknown;
}

/** Returns `true` for a server of socket.io. */
export function isIoServer(server: unknown): server is IoServer {
  const { of, bind } = (server ?? {}) as Partial<IoServer>;
  return typeof of === 'function' && typeof bind === 'function';
}

/** Returns `true` for a namespace of socket.io. */
export function isIoNamespace(server: unknown): server is IoNamespace & { readonly server: unknown } {
  const { use, on, server: parent } = (server ?? {}) as Partial<IoNamespace & { readonly server: unknown }>;
  return typeof use === 'function' && typeof on === 'function' && isIoServer(parent);
}
