import { schemeOf } from './credentials.js';
import type { HttpRequest } from './request.js';

/** What an `Authorization` field says (RFC 9110 section 11.6.2), read when it is first asked for. */
export class Authorization {
  /** The auth-scheme, in lower case; `undefined` where the field does not begin with a whole one. */
  readonly scheme: string | undefined;
  private parser: unknown;
  private credentials: unknown;

  constructor(private readonly field: string) {
    this.scheme = schemeOf(field);
  }

  /** Whether it is what a field says. */
  isOf(field: string): boolean {
    return this.field === field;
  }

  /** What `parse` makes of the field. */
  parsedBy<Credentials>(parse: (field: string) => Credentials): Credentials {
    if (this.parser !== parse) {
      this.credentials = parse(this.field);
      this.parser = parse;
    }
    return this.credentials as Credentials;
  }
}

/** What each connection said last, by its end. No connection is kept open by it, and what it said is gone when it is. */
const said = new WeakMap<object, Map<string, Authorization>>();

/** How many characters the end of a field has: too many to guess, and few to hash. */
const END = 32;

/**
 * The `Authorization` field of a request. Clients send it with each of their requests: what a connection repeats is not read
 * again, and what is known of its credentials, by their identity, need not be found out again.
 *
 * The field is looked up by the hash of its end: where a proxy has several clients share a connection, comparing it with what
 * another one sent, character by character, would take the longer the more of it is right. That is done only where the end is
 * right, which is where the secret is.
 */
export function authorizationOf(request: HttpRequest): Authorization | undefined {
  const field = request.headers.authorization;
  if (field === undefined) return undefined;
  const { socket } = (request.raw ?? request) as { readonly socket?: object };
  if (socket === undefined) return new Authorization(field);
  let last = said.get(socket);
  if (last === undefined) said.set(socket, (last = new Map()));
  const end = field.slice(-END);
  let authorization = last.get(end);
  if (authorization?.isOf(field) !== true) {
    last.clear();
    last.set(end, (authorization = new Authorization(field)));
  }
  return authorization;
}
