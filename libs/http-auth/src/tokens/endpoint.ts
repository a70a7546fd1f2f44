import { isSecure } from '../http/secure-url.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';

/** The default time for an answer, in milliseconds. */
export const TIMEOUT = 5000;

/** Seconds until the next attempt: the default, and the limits for the `Retry-After` of an endpoint. */
const RETRY_AFTER = { default: 5, min: 1, max: 300 };

/** The maximum size of an answer in bytes. */
const LIMIT = 1024 * 1024;

/** The content type that `fetch()` sets for a form. */
const FORM = 'application/x-www-form-urlencoded;charset=UTF-8';

/** The part of a `fetch()` response that the library reads. */
export interface FetchResponse {
  /** The status code. */
  readonly status: number;
  /** The header fields. */
  readonly headers: { get(name: string): string | null };
  /** The body as a stream. */
  readonly body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
}

/** The part of `fetch()` that the library uses. Node's fits, and so does undici's, which supports proxies and client certificates. */
export type Fetch = (
  url: string,
  init: {
    readonly method: 'GET' | 'POST';
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<FetchResponse>;

/** A request to an endpoint. */
export interface EndpointRequest {
  /** The form to post. Without it, the request is a `GET`. */
  readonly form?: URLSearchParams;
  /** Header fields in addition to `Accept`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The maximum time for the whole answer, in milliseconds. */
  readonly timeout?: number;
  /** Sends the request. The default is Node's `fetch()`. */
  readonly fetch?: Fetch;
}

/** An endpoint responded with a status other than 200. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';

  constructor(
    readonly status: number,
    /** The error code of OAuth, e.g. `invalid_client`. */
    readonly code: string | undefined,
  ) {
    // These two concern the credentials of this client, not the token.
    const hint = status === 401 || status === 403 ? ': it does not accept the credentials of this client' : '';
    super(`it responded with ${status}${code === undefined ? '' : ` ${code}`}${hint}`);
  }
}

/**
 * Checks the URL of an endpoint. Returns an error message, or `undefined` if the URL is valid. Plain `http` is only for this
 * machine, because the network could change the answer.
 *
 * @param allowInsecureHttp if `true`, `http` is allowed for every host
 */
export function endpointProblem(url: unknown, allowInsecureHttp = false): string | undefined {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== 'string' || !URL.canParse(text)) return 'must be an absolute URL';
  const parsed = new URL(text);
  const { username, password, hash } = parsed;
  if (!isSecure(parsed) && !(allowInsecureHttp && parsed.protocol === 'http:')) {
    return 'must be https; http is only for loopback addresses, or with allowInsecureHttp: true in a network that you trust';
  }
  return username === '' && password === '' && hash === '' ? undefined : 'must have no credentials and no fragment';
}

/**
 * Requests a JSON object from an endpoint of an authorization server. The endpoint must respond with 200 itself, because a
 * redirect could lead anywhere.
 *
 * @param url a URL that `endpointProblem()` accepts
 * @throws VerifierUnavailableException if it does not respond with a JSON object in time
 */
export async function fetchJson(
  url: string,
  { form, headers = {}, timeout = TIMEOUT, fetch: send = fetch }: EndpointRequest = {},
): Promise<Record<string, unknown>> {
  let response: FetchResponse | undefined;
  try {
    response = await send(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...(form && { 'content-type': FORM }), ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
      ...(form && { body: form.toString() }),
    });
    if (response.status !== 200) throw new EndpointError(response.status, await errorCodeOf(response));
    const json: unknown = JSON.parse(await textOf(response));
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw new Error('it did not respond with a JSON object');
    return json as Record<string, unknown>;
  } catch (error) {
    await response?.body?.cancel().catch(() => undefined);
    throw new VerifierUnavailableException(`The request to ${url} failed`, retryAfter(response), { cause: error });
  }
}

/** Returns the error code of OAuth (RFC 6749 section 5.2), or `undefined` if the response does not have it. */
async function errorCodeOf(response: FetchResponse): Promise<string | undefined> {
  try {
    const { error } = JSON.parse(await textOf(response)) as { error?: unknown };
    return typeof error === 'string' && /^\w{1,64}$/.test(error) ? error : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error if the body is too long, or is not UTF-8 */
async function textOf({ body }: FetchResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > LIMIT) throw new Error(`it responded with more than ${LIMIT} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

/** Reads `Retry-After` (RFC 9110 section 10.2.3). A date counts as absent. */
function retryAfter(response: FetchResponse | undefined): number {
  const field = response?.headers.get('retry-after') ?? '';
  if (!/^\d+$/.test(field)) return RETRY_AFTER.default;
  return Math.min(Math.max(Number(field), RETRY_AFTER.min), RETRY_AFTER.max);
}
