import { schemeOf } from '../http/credentials.js';
import { countFieldLines, type HttpRequest } from '../http/request.js';
import { isPromise } from '../common/promise.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';
import { authenticates } from './opening.js';
import type { Policy } from './policy.js';

/** The name is not in the message, because the client has chosen it. */
const OTHER = 'The route does not accept the scheme of the Authorization field';

/**
 * Returns the scheme whose credentials count, or the failure. Only this scheme is called: if its credentials are
 * invalid, no others can replace them.
 *
 * 1. An exclusive scheme, e.g. a ticket. It must not come with an `Authorization` field.
 * 2. The `Authorization` field, with the scheme that it names. If the route does not accept that scheme, the request is refused, or
 *    the field is ignored if the option `ignoreOtherSchemes` is `true`.
 * 3. The first scheme of the route that finds credentials elsewhere, e.g. an API key or a cookie.
 *
 * @param request the request with its credentials in `Authorization`
 * @param field the name of the field that the client sent the credentials in
 */
export function pick(policy: Policy, request: HttpRequest, field = 'authorization'): Scheme | Failure {
  const { schemes, byAuthScheme, opens = 'response', ignoresOtherSchemes } = policy;
  const value = request.headers.authorization;
  const name = value === undefined ? undefined : schemeOf(value);
  const isMalformed = value !== undefined && (name === undefined || countFieldLines(request, field) > 1);
  const isOther = name !== undefined && !isMalformed && !byAuthScheme.has(name);
  const isIgnored = isOther && ignoresOtherSchemes;
  const finds = (scheme: Scheme) => authenticates(scheme, opens) && presents(scheme, request);

  const exclusive = schemes.find((scheme) => scheme.exclusive === true && finds(scheme));
  if (exclusive !== undefined) {
    return value === undefined || isIgnored ? exclusive : new Failure('malformed', exclusive.name);
  }
  if (isMalformed) return new Failure('malformed');
  if (name !== undefined && !isIgnored)
    return byAuthScheme.get(name) ?? new Failure('invalid', undefined, 401, { message: OTHER });
  return schemes.find(finds) ?? new Failure('missing');
}

/** Returns `true` if the request has credentials of the scheme outside the `Authorization` field. */
function presents(scheme: Scheme, request: HttpRequest): boolean {
  const result: unknown = scheme.presents?.(request);
  // An async function is a mistake. Without a handler, its rejection would end the process.
  if (isPromise(result)) result.then(undefined, () => undefined);
  return result === true;
}
