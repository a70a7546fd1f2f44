import type { Success } from '../schemes/outcome.js';

/** Which scopes a route asks for (RFC 6749 section 3.3). */
export interface RequiredScopes {
  /** The scopes, as they were named. */
  readonly names: readonly string[];
  /** Whether credentials need all of them, or any one. */
  readonly mode: 'all' | 'any';
}

/** `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 section 3.3) */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Says what is wrong with scopes that a route asks for; `undefined` where nothing is. */
export function scopesProblem({ names }: RequiredScopes): string | undefined {
  if (!Array.isArray(names)) return 'scopes: they are a list of texts, e.g. ["reports:read"]';
  if (names.length === 0) return 'scopes: none is named; name one or more, e.g. @Scopes("reports:read")';
  const wrong = names.find((name) => typeof name !== 'string' || !SCOPE.test(name));
  if (wrong === undefined) return undefined;
  return `scopes: '${wrong}' is no scope, which is printable ASCII without blanks, " and \\ (RFC 6749 section 3.3)`;
}

/**
 * What a challenge asks the client to ask for: all of the scopes, or the first where any one will do, for nobody should
 * grant more than is needed.
 */
export function scopeParam({ names, mode }: RequiredScopes): string {
  return mode === 'all' ? names.join(' ') : (names[0] as string);
}

/** Whether credentials reach. Those whose scopes are not known have none. */
export function reaches({ names, mode }: RequiredScopes, success: Success): boolean {
  const granted = scopesOf(success);
  return mode === 'all' ? names.every((name) => granted.includes(name)) : names.some((name) => granted.includes(name));
}

/**
 * The scopes of what was admitted: those that the verifier gave to `admit()` or a Passport strategy to its `info`, else those of
 * the principal; as `scopes`, or as OAuth's `scope`; as a list, or as a text with blanks between (RFC 6749 section 3.3).
 */
function scopesOf({ principal, info }: Success): readonly string[] {
  for (const holder of [info, principal] as (Record<string, unknown> | null | undefined)[]) {
    const scopes = holder?.['scopes'] ?? holder?.['scope'];
    if (typeof scopes === 'string') return scopes.split(' ');
    if (Array.isArray(scopes)) return scopes;
  }
  return [];
}
