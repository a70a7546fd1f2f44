import { isIP } from 'node:net';
import type { HttpRequest } from '../http/request.js';
import { type GrpcCall, grpcCallOf, isStream } from './grpc.call.js';

/** A field line: its name in lower case, and its value. */
export type FieldLine = readonly [name: string, value: string];

/** The request that schemes, realm functions and `@Scopes.by()` get for a message. */
export interface MessageRequest extends HttpRequest {
  headers: Record<string, string>;
  rawHeaders: readonly string[];
  /** Tells the library if the client has gone. */
  readonly socket?: { readonly destroyed: boolean };
}

/**
 * Returns the request of a message, without fields.
 *
 * @param args the arguments of the handler
 * @param pattern the pattern of the handler, in one string
 */
export function requestOf(args: readonly unknown[], pattern: string): MessageRequest {
  const call = grpcCallOf(args);
  return {
    method: 'POST',
    url: call?.getPath() ?? encodeURI(pattern.startsWith('/') ? pattern : `/${pattern}`),
    headers: {},
    rawHeaders: [],
    body: call && isStream(call) && call.readable !== undefined ? undefined : args[0],
    ip: call === undefined ? addressOfSocket(args[1]) : addressOfPeer(call),
    ...(call && { socket: socketOf(call) }),
  };
}

/** Sets the fields of a request. As in Node, only the first line of `authorization` counts, and others are joined. */
export function setFields(request: MessageRequest, lines: readonly FieldLine[]): void {
  const headers: Record<string, string> = {};
  for (const [name, value] of lines) {
    const present = headers[name];
    if (present === undefined) headers[name] = value;
    else if (!SINGLE.includes(name)) headers[name] = `${present}, ${value}`;
  }
  request.headers = headers;
  request.rawHeaders = lines.flat();
}

/** The fields that must occur once. */
const SINGLE: readonly string[] = ['authorization', 'proxy-authorization'];

/** Returns the metadata of a call as field lines. It skips binary values. */
export function linesOf({ metadata }: GrpcCall): FieldLine[] {
  return Object.keys(metadata.getMap())
    .filter((name) => !name.endsWith('-bin'))
    .flatMap((name) => metadata.get(name).map((value): FieldLine => [name, String(value)]));
}

function socketOf(call: GrpcCall): MessageRequest['socket'] {
  return {
    get destroyed() {
      return call.cancelled;
    },
  };
}

/** Returns the address of a peer, which is followed by the port. */
function addressOfPeer(call: GrpcCall): string | undefined {
  return addressIn(call.getPeer().replace(/:\d+$/, ''));
}

/** Returns the address of a TCP client. Brokers do not tell the address of their clients. */
function addressOfSocket(context: unknown): string | undefined {
  const { getSocketRef } = (context ?? {}) as {
    getSocketRef?: () => { readonly netSocket?: { readonly remoteAddress?: string } } | undefined;
  };
  if (typeof getSocketRef !== 'function') return undefined;
  return addressIn(getSocketRef.call(context)?.netSocket?.remoteAddress);
}

function addressIn(text: string | undefined): string | undefined {
  return text !== undefined && isIP(text) !== 0 ? text : undefined;
}
