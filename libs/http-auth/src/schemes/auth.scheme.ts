import { isToken } from '../http/grammar.js';
import type { Scheme, SchemeOptions } from './scheme.js';

/** Returns the auth-scheme of the credentials and of the challenge, in lower case. */
export function authSchemeOf({ name, authScheme = name }: Pick<Scheme, 'name' | 'authScheme'>): string {
  return authScheme.toLowerCase();
}

/** Returns the schemes whose challenges a 401 has. They are never none, because a 401 must have a challenge (RFC 9110 section 15.5.2). */
export function challengingSchemes(schemes: readonly Scheme[]): readonly Scheme[] {
  const others = schemes.filter(({ challengesAlone }) => challengesAlone !== true);
  return others.length === 0 ? schemes : others;
}

/**
 * Returns `true` if a scheme applies only if `@Schemes()` names it. A scheme with its own name is opt-in by default: a route
 * cannot accept two schemes that read the same field.
 */
export function isOptIn({ name, optIn = name !== undefined }: SchemeOptions): boolean {
  return optIn;
}

/** Checks the options that all schemes have. Returns an error message, or `undefined` if they are valid. */
export function schemeProblem({ name, optIn }: SchemeOptions): string | undefined {
  if (name !== undefined && (typeof name !== 'string' || !isToken(name))) {
    return "name must be a token (RFC 9110 section 5.6.2), e.g. 'refresh'";
  }
  return optIn === undefined || typeof optIn === 'boolean' ? undefined : 'optIn must be true or false';
}
