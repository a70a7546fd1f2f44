import { type Challenge, parseChallenges } from '../http/challenge.js';
import { ORIGIN, PROXY } from '../http/fields.js';

/** The common properties of the responses of supertest, `fetch()`, Fastify's `inject()` and Node. */
interface AnyResponse {
  readonly status?: number;
  readonly statusCode?: number;
  readonly headers: Record<string, string | string[] | undefined> | { get(name: string): string | null };
}

/** The status and the challenges of a response. */
export interface Asked {
  readonly status: number;
  readonly challenges: readonly Challenge[];
}

/**
 * Reads the challenges of a response: `Proxy-Authenticate` if the status is 407, otherwise `WWW-Authenticate`.
 *
 * @throws TypeError if the value is not a response, or if its field is not well-formed
 */
export function read(response: unknown): Asked {
  const status = isResponse(response) ? (response.status ?? response.statusCode) : undefined;
  if (typeof status !== 'number')
    throw new TypeError('toChallenge(): the value is not a response; await the request first');
  const name = (status === PROXY.status ? PROXY : ORIGIN).challenges;
  const field = fieldOf(response as AnyResponse, name.toLowerCase());
  const challenges = field === undefined ? [] : parseChallenges(field);
  if (challenges === undefined) {
    throw new TypeError(
      `toChallenge(): ${name} of the ${status} is not well-formed (RFC 9110 section 11.6.1): ${String(field)}`,
    );
  }
  return { status, challenges };
}

function isResponse(value: unknown): value is AnyResponse {
  const { headers } = (value ?? {}) as Partial<AnyResponse>;
  return typeof headers === 'object' && headers !== null;
}

function fieldOf({ headers }: AnyResponse, name: string): string | string[] | undefined {
  return typeof headers.get === 'function'
    ? (headers.get(name) ?? undefined)
    : (headers as Record<string, string>)[name];
}
