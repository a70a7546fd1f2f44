import type { AddressInfo } from 'node:net';

/**
 * Returns the message at startup: the address of the application, and commands to try it. The URLs are quoted, because
 * some shells read the brackets of an IPv6 address as a pattern.
 */
export function banner(address: AddressInfo, adapter: string): string {
  const url = urlOf(address);
  return `
Listening on ${url} (adapter: ${adapter})

These credentials are for the demonstration only. Yours are never printed.

  user   password     token         scopes of the token
  alice  wonder:land  reader-token  reports:read
  bob    builder      writer-token  reports:read reports:write

Open ${url}/ in a browser, or paste one of these commands:

  Without credentials: a 401, with a WWW-Authenticate field for each scheme of the route
    curl -i '${url}/me'

  With a password, or with a token
    curl -i -u 'alice:wonder:land' '${url}/me'
    curl -i -H 'Authorization: Bearer reader-token' '${url}/me'

  Without credentials, on a route where they are optional
    curl -i '${url}/greeting'

  Passwords only, then tokens only
    curl -i -u 'bob:builder' '${url}/admin'
    curl -i -H 'Authorization: Bearer writer-token' '${url}/reports'

  A token without the scope of the route, then a token with it
    curl -i -X POST -H 'Authorization: Bearer reader-token' '${url}/reports'
    curl -i -X POST -H 'Authorization: Bearer writer-token' '${url}/reports'

  An invalid token: the challenge contains the error
    curl -i -H 'Authorization: Bearer wrong-token' '${url}/reports'

  A token without the scope of the route: the challenge contains the scope
    curl -i -X POST -H 'Authorization: Bearer reader-token' '${url}/reports'
`;
}

/** Returns a host that reaches the server. The address of all interfaces is not a valid target of a request. */
function urlOf({ address, family, port }: AddressInfo): string {
  if (family === 'IPv6') return `http://[${address === '::' ? '::1' : address}]:${port}`;
  return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${port}`;
}
