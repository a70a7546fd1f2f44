import { HttpException } from '@nestjs/common';

/**
 * An error of another library that describes a complete 401 with its own challenge, e.g. those of express-oauth2-jwt-bearer.
 * Nest only knows its own exceptions and would respond with a 500.
 *
 * An error that merely has the status 401 does not count. It may be the response of another service to the application, which
 * does not concern the client of this request.
 */
export abstract class ForeignUnauthorizedError extends Error {
  /** The fields that the error sets on the response. */
  abstract readonly headers: Readonly<Record<string, unknown>>;

  /** For `@Catch()`: the properties of an error decide, because its class belongs to another library. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    if (!(error instanceof Error) || error instanceof HttpException) return false;
    const { status, statusCode = status } = error as { status?: unknown; statusCode?: unknown };
    return statusCode === 401 && challengesOf(error as ForeignUnauthorizedError) !== undefined;
  }
}

/** Returns the challenges of a foreign error, in the form of a field value. */
export function challengesOf({ headers }: ForeignUnauthorizedError): string | string[] | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'www-authenticate') ?? [];
  const lines = [value].flat();
  return lines.every((line): line is string => typeof line === 'string' && line !== '') ? lines : undefined;
}
