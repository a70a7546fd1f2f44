import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { callAt } from '../common/timeout.js';
import type { Head } from './head.js';

/** The behavior of an event stream when its credentials end. */
export type StreamExpiry = 'end' | 'ignore';

/** The injection token of the {@link StreamExpiry} of an application. */
export const STREAM_EXPIRY = Symbol('nestjs-http-auth:stream-expiry');

/** How long a client may take to read the rest of a stream that has ended, in milliseconds. */
const GRACE = 10_000;

/** Returns `true` if a response is an event stream (HTML standard, section 9.2.5). */
export function isEventStream(head: Head): boolean {
  return /^text\/event-stream\s*(?:;|$)/i.test(String(head.get('content-type')).trim());
}

/** Ends a response at a time, if it is still open then. */
export function endAt(response: ServerResponse, time: Date): void {
  response.once(
    'close',
    callAt(time, () => end(response)),
  );
}

/**
 * Ends a response that other code still writes to. Over HTTP/1.1, the connection is closed too: Nest unsubscribes from the source of
 * an event stream when the connection closes, and not before.
 */
function end(response: ServerResponse): void {
  // Without a listener, a write after the end would end the process.
  response.on('error', ignore);
  const { socket, req } = response;
  if (req.httpVersionMajor === 1 && socket !== null) {
    response.once('finish', () => (socket as { destroySoon?(): void } & Duplex).destroySoon?.());
    // A client that does not read would keep the connection open.
    const timer = setTimeout(() => socket.destroy(), GRACE).unref();
    socket.once('close', () => clearTimeout(timer));
  }
  response.end();
}

function ignore(): void {
  // The stream has ended.
}
