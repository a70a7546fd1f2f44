import { roleList } from '../common/role.list.js';
import type { Admission } from '../schemes/admission.js';

/** The roles that a route requires. */
export interface RequiredRoles {
  /** The roles, as the decorator names them. */
  readonly names: readonly string[];
  /** `all`: the principal needs every role. `any`: one role is enough. */
  readonly mode: 'all' | 'any';
}

/** Checks the roles that a route requires. Returns an error message, or `undefined` if they are valid. */
export function rolesProblem({ names }: RequiredRoles): string | undefined {
  if (!Array.isArray(names)) return 'roles: must be a list of strings, e.g. ["admin"]';
  if (names.length === 0) return 'roles: the list is empty; name at least one, e.g. @Roles("admin")';
  return names.every((name) => typeof name === 'string' && name !== '')
    ? undefined
    : 'roles: each role must be a non-empty string; pass them one by one, e.g. @Roles("admin", "auditor")';
}

/** Returns `true` if the principal has the required roles. A principal without known roles does not have any. */
export function hasRoles({ names, mode }: RequiredRoles, admission: Admission<unknown>): boolean {
  const granted = rolesOf(admission);
  return mode === 'all' ? names.every((name) => granted.includes(name)) : names.some((name) => granted.includes(name));
}

/**
 * Returns the roles of the credentials: from `admit()` or the `info` of a Passport strategy; otherwise from the principal.
 */
function rolesOf({ principal, info }: Admission<unknown>): readonly string[] {
  for (const holder of [info, principal] as (Record<string, unknown> | null | undefined)[]) {
    const roles = holder?.['roles'];
    // An invalid value grants nothing, rather than the roles of the principal.
    if (roles !== undefined && roles !== null) return roleList(roles);
  }
  return [];
}
