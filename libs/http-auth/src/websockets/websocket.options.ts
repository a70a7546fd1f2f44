import { AuthConfigurationError } from '../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../common/options.js';
import { type Origins, originsProblem } from '../http/origin.js';
import { TOKEN } from '../http/grammar.js';

/** Options of `WebSocketAuthModule`. */
export interface WebSocketAuthOptions {
  /**
   * The pages that may open a WebSocket with credentials that the browser adds itself: cookies and cached passwords. `same`: pages of
   * the server's own origin. A list: these origins, e.g. `['https://app.example']`. Clients that send neither `Origin` nor
   * `Sec-Fetch-Site` are not browsers, and are not concerned. Neither are tokens that a page sends itself.
   *
   * @default 'same'
   */
  readonly origins?: Origins;
  /**
   * The start of the WebSocket subprotocol that carries a Bearer token, because a browser cannot set `Authorization`. The token
   * follows: `new WebSocket(url, ['chat', 'bearer.' + token])`. The gateway never sees this subprotocol. With `false`, no token is
   * accepted there.
   *
   * @default 'bearer.'
   */
  readonly subprotocol?: string | false;
  /**
   * If `close`, a connection ends when its credentials expire: with the code 4401, or on socket.io with an event `exception` before
   * the disconnect. If `ignore`, it stays open.
   *
   * @default 'close'
   */
  readonly expiry?: 'close' | 'ignore';
  /**
   * When a client of socket.io must have sent its credentials. `http`: with the first HTTP request, which gets a 401 without them.
   * `connect`: when it connects to a namespace, so the token may be in `auth: { token }`.
   *
   * @default 'http'
   */
  readonly handshake?: 'http' | 'connect';
}

/** The options with their defaults. */
export type ResolvedWebSocketOptions = Required<WebSocketAuthOptions>;

/** The injection token of the {@link ResolvedWebSocketOptions}. */
export const WEBSOCKET_OPTIONS = Symbol('nestjs-http-auth:websocket-options');

const NAMES: OptionNames<WebSocketAuthOptions> = { origins: true, subprotocol: true, expiry: true, handshake: true };

const SUBPROTOCOL = new RegExp(`^${TOKEN.source}$`);

/**
 * Checks the options and adds the defaults.
 *
 * @throws AuthConfigurationError `ERR_AUTH_OPTION` if an option is unknown or invalid
 */
export function resolveWebSocketOptions(options: WebSocketAuthOptions = {}): ResolvedWebSocketOptions {
  const { origins = 'same', subprotocol = 'bearer.', expiry = 'close', handshake = 'http' } = options;
  const unknown = unknownOption(options, NAMES);
  if (unknown !== undefined) fail(unknown);
  const wrong = originsProblem(origins);
  if (wrong !== undefined) fail(wrong);
  if (subprotocol !== false && !(typeof subprotocol === 'string' && SUBPROTOCOL.test(subprotocol))) {
    fail("subprotocol must be the start of a subprotocol, e.g. 'bearer.', or false");
  }
  if (expiry !== 'close' && expiry !== 'ignore') fail("expiry must be 'close' or 'ignore'");
  if (handshake !== 'http' && handshake !== 'connect') fail("handshake must be 'http' or 'connect'");
  return { origins, subprotocol, expiry, handshake };
}

function fail(message: string): never {
  throw new AuthConfigurationError('ERR_AUTH_OPTION', `WebSocketAuthModule: ${message}`);
}
