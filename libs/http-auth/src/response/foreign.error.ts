import { HttpException } from '@nestjs/common';

/**
 * An error of another library that is a whole 401, its own challenge included, as express-oauth2-jwt-bearer's are. Nest
 * knows none but its own exceptions and would answer it with a 500.
 *
 * An error that merely has a 401 for its status is not one: that may be what an upstream service answered to the
 * application, and says nothing about who sent this request.
 */
export abstract class ForeignUnauthorizedError extends Error {
  /** The fields that the error wants on the response. */
  abstract readonly headers: Readonly<Record<string, unknown>>;

  /** For `@Catch()`: what an error has makes it one, since its class is not ours. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    if (!(error instanceof Error) || error instanceof HttpException) return false;
    const { status, statusCode = status } = error as { status?: unknown; statusCode?: unknown };
    return statusCode === 401 && challengesOf(error as ForeignUnauthorizedError) !== undefined;
  }
}

/** The challenges that a foreign error has, as they are to stand on the response. */
export function challengesOf({ headers }: ForeignUnauthorizedError): string | string[] | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const [, value] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'www-authenticate') ?? [];
  const lines = [value].flat();
  return lines.every((line): line is string => typeof line === 'string' && line !== '') ? lines : undefined;
}
