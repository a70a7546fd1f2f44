import { STATUS_CODES } from 'node:http';
import { ForbiddenException, HttpException, UnauthorizedException } from '@nestjs/common';
import { Fault } from '../guard/policy.result.js';
import type { Failure } from '../schemes/failure.js';
import { VerifierError } from '../schemes/verifier.error.js';
import { withoutStack } from '../schemes/without.stack.js';

/** An exception that graphql-js turns into a GraphQL error with a code: it copies `extensions`. */
export type Refusal = HttpException & { readonly extensions: { readonly code: string } };

/** Returns `true` for the exceptions of this file. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof HttpException && 'extensions' in error;
}

/** Returns the exception for one field. */
export function refusalOf(result: Failure | Fault): Refusal {
  const { status, message, cause } = result instanceof Fault ? ofFault(result) : ofFailure(result);
  return refusalWith(status, message, cause);
}

/** Returns the exception for an error of our own. It does not have the message of the error. */
export function internalRefusal(): Refusal {
  return refusalWith(500);
}

/**
 * Returns the exception for an operation that is refused as a whole, before it is executed. Apollo reads the status of the
 * response from `extensions.http`, which it does not send to the client; Mercurius reads `statusCode`.
 *
 * @param status the status of the response; by default the status of the refusal
 */
export function wholeRefusal(refusal: Refusal, engine: 'apollo' | 'mercurius', status = refusal.getStatus()): Refusal {
  return engine === 'mercurius'
    ? Object.assign(refusal, { statusCode: status })
    : Object.assign(refusal, { extensions: { ...refusal.extensions, http: { status } } });
}

/** Returns the code of a GraphQL error for a status. Apollo uses the same codes for 400, 401, 403 and 500. */
export function codeOf(status: number): string {
  if (status === 401 || status === 407) return 'UNAUTHENTICATED';
  return (STATUS_CODES[status] ?? 'Forbidden').toUpperCase().replace(/\W+/g, '_');
}

function ofFailure(failure: Failure): { status: number; message: string | undefined; cause: unknown } {
  const { status, details } = failure;
  const { body } = details;
  const message = typeof body === 'object' ? (body as { message?: unknown }).message : body;
  return { status, message: typeof message === 'string' ? message : undefined, cause: failure };
}

function ofFault({ error }: Fault): { status: number; message: string | undefined; cause: unknown } {
  // A 4xx of the verifier, which is for the client. Its credentials are cut out.
  if (error instanceof HttpException) return { status: error.getStatus(), message: error.message, cause: error };
  return { status: error instanceof VerifierError ? error.status : 500, message: undefined, cause: error };
}

function refusalWith(status: number, message = STATUS_CODES[status] ?? 'Error', cause?: unknown): Refusal {
  // @nestjs/apollo replaces the code of an exception if its response has a `statusCode`.
  const exception = withoutStack(() => {
    if (status === 401) return new UnauthorizedException({ message }, { cause });
    if (status === 403) return new ForbiddenException({ message }, { cause });
    return new HttpException({ message }, status, { cause });
  });
  return Object.assign(exception, { extensions: { code: codeOf(status) } });
}
