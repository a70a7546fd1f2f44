import { isSendable } from './grammar.js';

/**
 * Checks a realm. Returns an error message, or `undefined` if the realm is valid. Browsers show the realm to users. It is
 * a quoted-string (RFC 9110 section 11.5) without a reliable encoding beyond ASCII (RFC 7617 section 3).
 */
export function realmProblem(realm: unknown): string | undefined {
  if (typeof realm !== 'string') return 'it must be a string';
  if (realm.trim() === '') return 'it must not be empty';
  if (!isSendable(realm))
    return 'it must be printable ASCII without line breaks (RFC 9110 section 11.5, RFC 7617 section 3)';
  return undefined;
}
