import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostHeaderValidation, originValidation } from '@modelcontextprotocol/node';

/**
 * Returns a middleware that rejects requests for another host and requests of unknown web pages, as MCP requires. Otherwise a web page
 * could reach a server on the user's own machine by DNS rebinding. Requests without an `Origin` field do not come from a web page.
 *
 * @param host the host name of the server, without a port
 * @param origins the host names of the web pages whose scripts may use the server, without ports
 */
export function hostCheck(
  host: string,
  origins: readonly string[],
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  const isKnownHost = hostHeaderValidation([host]);
  const isKnownOrigin = originValidation([...origins]);
  return (request, response, next) => {
    // Both functions respond with 403 themselves.
    if (isKnownHost(request, response) && isKnownOrigin(request, response)) next();
  };
}
