import type { Admission } from '../schemes/admission.js';
import type { ScopeHierarchy } from './scope.hierarchy.js';

/** The scopes that a route requires (RFC 6749 section 3.3). */
export interface RequiredScopes {
  /** The scopes, as the decorator names them. */
  readonly names: readonly string[];
  /** `all`: the credentials need every scope. `any`: one scope is enough. */
  readonly mode: 'all' | 'any';
}

/** `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 section 3.3) */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Returns `true` if a value is a scope (RFC 6749 section 3.3). */
export function isScope(name: unknown): name is string {
  return typeof name === 'string' && SCOPE.test(name);
}

/** Checks the scopes that a route requires. Returns an error message, or `undefined` if they are valid. */
export function scopesProblem({ names }: RequiredScopes): string | undefined {
  if (!Array.isArray(names)) return 'scopes: must be a list of strings, e.g. ["reports:read"]';
  if (names.length === 0) return 'scopes: the list is empty; name at least one, e.g. @Scopes("reports:read")';
  const wrong = names.find((name) => !isScope(name));
  if (wrong === undefined) return undefined;
  return `scopes: '${wrong}' is not a scope; pass scopes one by one, in printable ASCII without spaces, " and \\ (RFC 6749 section 3.3)`;
}

/**
 * Returns the `scope` param of a challenge: the fewest and narrowest scopes that are sufficient, because a client should not ask for
 * more than it needs. If all scopes are required, those that another one implies are left out; if any scope is enough, it is the first
 * one, or the narrowest one that the first implies.
 */
export function scopeParam({ names, mode }: RequiredScopes, hierarchy: ScopeHierarchy): string {
  return mode === 'all' ? hierarchy.widest(names).join(' ') : hierarchy.narrowest(names);
}

/**
 * Returns `true` if the credentials have the required scopes, or scopes that imply them. Credentials without known scopes do not have
 * any.
 */
export function hasScopes(
  { names, mode }: RequiredScopes,
  admission: Admission<unknown>,
  hierarchy: ScopeHierarchy,
): boolean {
  const granted = scopesOf(admission);
  const isGranted = (name: string): boolean => hierarchy.includes(granted, name);
  return mode === 'all' ? names.every(isGranted) : names.some(isGranted);
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
