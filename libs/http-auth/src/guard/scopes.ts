import type { Admission } from '../schemes/admission.js';

/** The scopes that a route requires (RFC 6749 section 3.3). */
export interface RequiredScopes {
  /** The scopes, as the decorator names them. */
  readonly names: readonly string[];
  /** `all`: the credentials need every scope. `any`: one scope is enough. */
  readonly mode: 'all' | 'any';
}

/** `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 section 3.3) */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Checks the scopes that a route requires. Returns an error message, or `undefined` if they are valid. */
export function scopesProblem({ names }: RequiredScopes): string | undefined {
  if (!Array.isArray(names)) return 'scopes: must be a list of strings, e.g. ["reports:read"]';
  if (names.length === 0) return 'scopes: the list is empty; name at least one, e.g. @Scopes("reports:read")';
  const wrong = names.find((name) => typeof name !== 'string' || !SCOPE.test(name));
  if (wrong === undefined) return undefined;
  return `scopes: '${wrong}' is not a scope; use printable ASCII without spaces, " and \\ (RFC 6749 section 3.3)`;
}

/**
 * Returns the `scope` param of a challenge: all scopes; or the first one if any scope is enough, because a client should not
 * ask for more than it needs.
 */
export function scopeParam({ names, mode }: RequiredScopes): string {
  return mode === 'all' ? names.join(' ') : (names[0] as string);
}

/** Returns `true` if the credentials have the required scopes. Credentials without known scopes do not have any. */
export function hasScopes({ names, mode }: RequiredScopes, admission: Admission<unknown>): boolean {
  const granted = scopesOf(admission);
  return mode === 'all' ? names.every((name) => granted.includes(name)) : names.some((name) => granted.includes(name));
}

/**
 * Returns the scopes of the credentials: from `admit()` or the `info` of a Passport strategy; otherwise from the principal. They
 * are in `scopes` or in OAuth's `scope`, as a list or as a string with spaces (RFC 6749 section 3.3).
 */
function scopesOf({ principal, info }: Admission<unknown>): readonly string[] {
  for (const holder of [info, principal] as (Record<string, unknown> | null | undefined)[]) {
    const scopes = holder?.['scopes'] ?? holder?.['scope'];
    if (typeof scopes === 'string') return scopes.split(' ');
    if (Array.isArray(scopes)) return scopes;
    // An invalid list grants nothing, rather than the scopes of the principal.
    if (scopes !== undefined && scopes !== null) return [];
  }
  return [];
}
