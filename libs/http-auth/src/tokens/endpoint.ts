import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';

/** Milliseconds that an answer may take, where nothing else is said. */
export const TIMEOUT = 5000;

/** Seconds after which it is worth trying again, where the endpoint does not say; and at least and at the most, where it does. */
const RETRY_AFTER = { default: 5, min: 1, max: 300 };

/** Octets that an answer may have. */
const LIMIT = 1024 * 1024;

/** How an endpoint is asked. */
export interface EndpointRequest {
  /** What to post; absent: it is a `GET`. */
  readonly form?: URLSearchParams;
  /** Fields of the request, beside `Accept`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds that the whole answer may take. */
  readonly timeout?: number;
}

/**
 * Says what is wrong with the URL of an endpoint, `undefined` where nothing is. What comes over plain `http` may be
 * anybody's, unless it comes from this machine.
 */
export function endpointProblem(url: unknown): string | undefined {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== 'string' || !URL.canParse(text)) return 'must be an absolute URL';
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) {
    return 'must be https; http is for loopback addresses only';
  }
  return username === '' && password === '' && hash === '' ? undefined : 'must have no credentials and no fragment';
}

/** Whether a host is this machine (RFC 8252 section 7.3). `URL` has written every IPv4 address in four decimal numbers. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Asks an endpoint of an authorization server for a JSON object. It must answer 200 itself: a redirect could lead anywhere.
 *
 * @param url one that `endpointProblem()` finds nothing wrong with
 * @throws VerifierUnavailableException where it does not answer so, and in time: nothing was found out
 */
export async function fetchJson(
  url: string,
  { form, headers = {}, timeout = TIMEOUT }: EndpointRequest = {},
): Promise<Record<string, unknown>> {
  let response: Response | undefined;
  try {
    response = await fetch(url, {
      headers: { accept: 'application/json', ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
      ...(form && { method: 'POST', body: form }),
    });
    if (response.status !== 200) throw new Error(`it answered ${response.status}`);
    const json: unknown = JSON.parse(await textOf(response));
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('it answered no JSON object');
    return json as Record<string, unknown>;
  } catch (error) {
    await response?.body?.cancel().catch(() => undefined);
    throw new VerifierUnavailableException(`${url} cannot be asked`, retryAfter(response), { cause: error });
  }
}

/** The body, unless it is too long. */
async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > LIMIT) throw new Error(`it answered more than ${LIMIT} octets`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

/** What the endpoint says of it (RFC 9110 section 10.2.3), as far as it is seconds. */
function retryAfter(response: Response | undefined): number {
  const field = response?.headers.get('retry-after') ?? '';
  if (!/^\d+$/.test(field)) return RETRY_AFTER.default;
  return Math.min(Math.max(Number(field), RETRY_AFTER.min), RETRY_AFTER.max);
}
