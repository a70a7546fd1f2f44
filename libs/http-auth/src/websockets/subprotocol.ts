import type { IncomingMessage } from 'node:http';
import { Failure } from '../schemes/failure.js';

const FIELD = 'sec-websocket-protocol';

/**
 * Takes the token out of the subprotocols that a client offers (RFC 6455 section 11.3.4), because other code must not
 * see it, and the server must not select it.
 *
 * @param prefix the start of the subprotocol with the token
 * @returns the token; `undefined` if the subprotocols do not contain one; a failure if there are several, or if the client offers no
 *   other subprotocol
 */
export function takeToken(request: IncomingMessage, prefix: string | false): string | Failure | undefined {
  const field = request.headers[FIELD];
  if (prefix === false || field === undefined) return undefined;
  const offered = field.split(',').map((name) => name.trim());
  const tokens = offered.filter((name) => name.startsWith(prefix));
  if (tokens.length === 0) return undefined;
  const others = offered.filter((name) => !name.startsWith(prefix));
  replaceField(request, others.join(', '));
  if (tokens.length > 1) return malformedToken('Sec-WebSocket-Protocol contains several tokens');
  // A browser fails a connection whose server selects none of the subprotocols that the page offers.
  if (others.length === 0) {
    return malformedToken('Sec-WebSocket-Protocol contains only a token; offer another subprotocol as well');
  }
  return tokens[0]?.slice(prefix.length);
}

/** Returns the failure of a token that a client sends in the wrong way, or several times (RFC 6750 section 3.1). */
export function malformedToken(message: string): Failure {
  return new Failure('malformed', 'Bearer', 400, { message, body: message });
}

function replaceField(request: IncomingMessage, value: string): void {
  const { rawHeaders } = request;
  if (value === '') delete request.headers[FIELD];
  else request.headers[FIELD] = value;
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', text = ''] = rawHeaders.slice(index, index + 2);
    if (name.toLowerCase() !== FIELD) kept.push(name, text);
  }
  if (value !== '') kept.push('Sec-WebSocket-Protocol', value);
  request.rawHeaders = kept;
}
