import { type Challenge, parseChallenges } from '../http/challenge.js';
import { ORIGIN, PROXY } from '../http/fields.js';

/** What supertest's, `fetch()`'s, Fastify's `inject()`'s and Node's own responses have in common. */
interface AnyResponse {
  readonly status?: number;
  readonly statusCode?: number;
  readonly headers: Record<string, string | string[] | undefined> | { get(name: string): string | null };
}

/** What a response asks for. */
export interface Asked {
  readonly status: number;
  readonly challenges: readonly Challenge[];
}

/**
 * Reads the challenges of a response: of `Proxy-Authenticate` on a 407, of `WWW-Authenticate` on any other.
 *
 * @throws TypeError where the value is no response, or its field is not well-formed
 */
export function read(response: unknown): Asked {
  const status = isResponse(response) ? (response.status ?? response.statusCode) : undefined;
  if (typeof status !== 'number') throw new TypeError('toChallenge() takes a response, and was given none: await it');
  const name = (status === PROXY.status ? PROXY : ORIGIN).challenges;
  const field = fieldOf(response as AnyResponse, name.toLowerCase());
  const challenges = field === undefined ? [] : parseChallenges(field);
  if (challenges === undefined) {
    throw new TypeError(`The ${name} of the ${status} is not well-formed (RFC 9110 section 11.6.1): ${String(field)}`);
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
