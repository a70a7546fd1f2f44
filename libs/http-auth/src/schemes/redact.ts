import { types } from 'node:util';
import type { HttpRequest } from '../http/request.js';

const REDACTED = '[redacted]';

/** How deep a chain of causes is followed. */
const DEPTH = 5;

/**
 * A copy of an error that is safe to log: its name, code, message and stack, those of its causes, and nothing else, with
 * every secret cut out. A driver's error may quote the query, and so the credential, and carry it in a property.
 */
export function redact(error: unknown, secrets: readonly string[], depth = 0): Error {
  const clean = cutter(secrets);
  if (!isError(error)) {
    return new Error(typeof error === 'string' ? clean(error) : `A value that is no Error was thrown: ${typeof error}`);
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

/** Whether it is an error, be it of another realm, as `fetch()` throws them under Jest. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value) || value instanceof DOMException;
}

/**
 * Cuts secrets out of a text, in the forms that error messages quote them in. What should be text, as the message of an
 * error, is not always.
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
    // The longest first: a secret may be a part of another.
    .toSorted((a, b) => b.length - a.length);
  if (forms.length === 0) return String;
  // In one pass: a secret may be a part of the mark as well.
  const any = new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  return (text) => String(text).replace(any, REDACTED);
}

/** What an error may quote where the credentials themselves are not known: the field, and what follows the auth-scheme. */
export function secretsOf({ headers }: HttpRequest): string[] {
  return [headers.authorization, headers['proxy-authorization']].flatMap((field = '') => {
    const credentials = field.slice(field.indexOf(' ') + 1);
    const userPass = Buffer.from(credentials, 'base64').toString();
    const password = userPass.includes(':') ? userPass.slice(userPass.indexOf(':') + 1) : '';
    return [field, credentials, password].filter((secret) => secret !== '');
  });
}
