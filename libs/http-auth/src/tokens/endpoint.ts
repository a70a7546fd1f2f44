import { isSecure } from '../http/secure-url.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';

/** Milliseconds that an answer may take, where nothing else is said. */
export const TIMEOUT = 5000;

/** Seconds after which it is worth trying again, where the endpoint does not say; and at least and at the most, where it does. */
const RETRY_AFTER = { default: 5, min: 1, max: 300 };

/** Octets that an answer may have. */
const LIMIT = 1024 * 1024;

/** As `fetch()` says it of a form. */
const FORM = 'application/x-www-form-urlencoded;charset=UTF-8';

/** As much of a response of `fetch()` as is read. */
export interface FetchResponse {
  /** The status code. */
  readonly status: number;
  /** The fields. */
  readonly headers: { get(name: string): string | null };
  /** The body, as it comes in. */
  readonly body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
}

/** As much of `fetch()` as is used, so that Node's fits, and undici's, which takes agents for proxies and client certificates. */
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

/** How an endpoint is asked. */
export interface EndpointRequest {
  /** What to post; absent: it is a `GET`. */
  readonly form?: URLSearchParams;
  /** Fields of the request, beside `Accept`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds that the whole answer may take. */
  readonly timeout?: number;
  /** What sends it; absent: Node's `fetch()`. */
  readonly fetch?: Fetch;
}

/** An endpoint answered, and not with 200. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';

  constructor(
    readonly status: number,
    /** What OAuth calls it, e.g. `invalid_client`. */
    readonly code: string | undefined,
  ) {
    // That is about the client that asks, and not about the token that it asks of.
    const hint = status === 401 || status === 403 ? ': it does not take the credentials that it is asked with' : '';
    super(`it answered ${status}${code === undefined ? '' : ` ${code}`}${hint}`);
  }
}

/**
 * Says what is wrong with the URL of an endpoint, `undefined` where nothing is. What comes over plain `http` may be
 * anybody's, unless it comes from this machine.
 */
export function endpointProblem(url: unknown): string | undefined {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== 'string' || !URL.canParse(text)) return 'must be an absolute URL';
  const parsed = new URL(text);
  const { username, password, hash } = parsed;
  if (!isSecure(parsed)) {
    return 'must be https; http is for loopback addresses only';
  }
  return username === '' && password === '' && hash === '' ? undefined : 'must have no credentials and no fragment';
}

/**
 * Asks an endpoint of an authorization server for a JSON object. It must answer 200 itself: a redirect could lead anywhere.
 *
 * @param url one that `endpointProblem()` finds nothing wrong with
 * @throws VerifierUnavailableException where it does not answer so, and in time: nothing was found out
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
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('it answered no JSON object');
    return json as Record<string, unknown>;
  } catch (error) {
    await response?.body?.cancel().catch(() => undefined);
    throw new VerifierUnavailableException(`${url} cannot be asked`, retryAfter(response), { cause: error });
  }
}

/** What OAuth calls the error (RFC 6749 section 5.2), where the endpoint says so. */
async function errorCodeOf(response: FetchResponse): Promise<string | undefined> {
  try {
    const { error } = JSON.parse(await textOf(response)) as { error?: unknown };
    return typeof error === 'string' && /^\w{1,64}$/.test(error) ? error : undefined;
  } catch {
    return undefined;
  }
}

/** The body, unless it is too long. */
async function textOf({ body }: FetchResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > LIMIT) throw new Error(`it answered more than ${LIMIT} octets`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

/** What the endpoint says of it (RFC 9110 section 10.2.3), as far as it is seconds. */
function retryAfter(response: FetchResponse | undefined): number {
  const field = response?.headers.get('retry-after') ?? '';
  if (!/^\d+$/.test(field)) return RETRY_AFTER.default;
  return Math.min(Math.max(Number(field), RETRY_AFTER.min), RETRY_AFTER.max);
}
