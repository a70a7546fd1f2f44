import { schemeOf } from './credentials.js';
import type { HttpRequest } from './request.js';

/** How many characters the end of a field has: too many to guess. */
const END = 32;

/** What an `Authorization` field says (RFC 9110 section 11.6.2), read when it is first asked for. */
export class Authorization {
  /** The auth-scheme, in lower case; `undefined` where the field does not begin with a whole one. */
  readonly scheme: string | undefined;
  private parser: unknown;
  private credentials: unknown;

  constructor(private readonly field: string) {
    this.scheme = schemeOf(field);
  }

  /**
   * Whether it is what a field says. It takes as long whatever the end is, which is where the secret is, and compares the rest only
   * where that is right: where a proxy has several clients share a connection, the time must not tell one of them how much of what
   * another one sent it has guessed.
   */
  isOf(field: string): boolean {
    const { length } = field;
    if (length !== this.field.length) return false;
    let difference = 0;
    for (let index = Math.max(length - END, 0); index < length; index++) {
      difference |= field.charCodeAt(index) ^ this.field.charCodeAt(index);
    }
    return difference === 0 && field === this.field;
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

/** What each connection said last. No connection is kept open by it, and what it said is gone when it is. */
const said = new WeakMap<object, Authorization>();

/**
 * The `Authorization` field of a request. Clients send it with each of their requests: what a connection repeats is not read
 * again, and what is known of its credentials, by their identity, need not be found out again.
 */
export function authorizationOf(request: HttpRequest): Authorization | undefined {
  const field = request.headers.authorization;
  if (field === undefined) return undefined;
  const { socket } = (request.raw ?? request) as { readonly socket?: object };
  if (socket === undefined) return new Authorization(field);
  let authorization = said.get(socket);
  if (authorization?.isOf(field) !== true) said.set(socket, (authorization = new Authorization(field)));
  return authorization;
}
