import { types } from 'node:util';
import type { HttpException } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import { Failure } from './failure.js';

const REDACTED = '[redacted]';

/** The maximum depth of a chain of causes, and of a nested value. */
const DEPTH = 5;

/**
 * Returns a copy of an error that is safe to log: its name, code, message and stack, and those of its causes, without any
 * secret. All other properties are left out, because the error of a database driver may contain the query, and so the
 * credentials.
 */
export function redact(error: unknown, secrets: readonly string[], depth = 0): Error {
  const clean = cutter(secrets);
  if (error instanceof Failure) return new Error(`The credentials were refused: ${error.reason}`);
  if (!isError(error)) {
    return new Error(
      typeof error === 'string' ? clean(error) : `A value that is not an Error was thrown: ${typeof error}`,
    );
  }
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  const deeper = depth < DEPTH;
  const copy =
    deeper && Array.isArray(errors)
      ? new AggregateError(
          errors.slice(0, DEPTH).map((one: unknown) => redact(one, secrets, depth + 1)),
          clean(error.message),
        )
      : new Error(clean(error.message));
  copy.name = clean(error.name);
  copy.stack = clean(error.stack ?? '');
  if ('code' in error) Object.assign(copy, { code: clean(error.code) });
  if (deeper && cause !== undefined) copy.cause = redact(cause, secrets, depth + 1);
  return copy;
}

/**
 * Cuts secrets out of an exception of Nest that the client gets as it is. It changes the exception itself, so that it keeps
 * its class, by which exception filters find it.
 */
export function redactException<T extends HttpException>(exception: T, secrets: readonly string[]): T {
  const { cause } = exception;
  const texts = { message: exception.message, stack: exception.stack };
  // `options` repeats the cause.
  Object.assign(
    exception,
    redactValue({ ...Object.fromEntries(Object.entries(exception)), options: {}, ...texts }, secrets),
  );
  return cause === undefined ? exception : Object.assign(exception, { cause: redact(cause, secrets) });
}

/** Returns a copy of a JSON-like value without any secret in its strings. */
export function redactValue<T>(value: T, secrets: readonly string[]): T {
  const clean = cutter(secrets);
  const copy = (one: unknown, depth: number): unknown => {
    if (typeof one === 'string') return clean(one);
    if (typeof one !== 'object' || one === null || one instanceof Date) return one;
    if (depth === DEPTH) return undefined;
    if (Array.isArray(one)) return one.map((item) => copy(item, depth + 1));
    return Object.fromEntries(Object.entries(one).map(([name, item]) => [clean(name), copy(item, depth + 1)]));
  };
  return copy(value, 0) as T;
}

/** Returns `true` for an error of any realm: Jest runs tests in one realm, and `fetch()` throws errors of another one. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value) || value instanceof DOMException;
}

/**
 * Returns a function that cuts secrets out of a string, in every form that error messages quote them in. Its parameter is
 * `unknown`, because the message of an error is not always a string.
 */
function cutter(secrets: readonly string[]): (text: unknown) => string {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\ufffd')),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('base64url'),
    ])
    // The longest first, because one secret may be a part of another.
    .toSorted((a, b) => b.length - a.length);
  if (forms.length === 0) return String;
  // One pass, because a secret may also be a part of the replacement.
  const any = new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  return (text) => String(text).replace(any, REDACTED);
}

/** The response of Digest credentials (RFC 7616 section 3.4), from which a password can be guessed. */
const DIGEST_RESPONSE = /(?:^|[\s,])response[ \t]*=[ \t]*"?([^\s",]+)/i;

/**
 * Returns the secrets that an error may quote if the credentials themselves are unknown: the field, the part after the
 * auth-scheme, and the password or the response of Digest in it.
 */
export function secretsOf({ headers }: HttpRequest): string[] {
  return [headers.authorization, headers['proxy-authorization']].flatMap((field = '') => {
    const credentials = field.slice(field.indexOf(' ') + 1).trim();
    const userPass = Buffer.from(credentials, 'base64').toString();
    const password = userPass.includes(':') ? userPass.slice(userPass.indexOf(':') + 1) : '';
    return [field, credentials, password, DIGEST_RESPONSE.exec(credentials)?.[1] ?? ''].filter(
      (secret) => secret !== '',
    );
  });
}
