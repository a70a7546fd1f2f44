import { claimPathProblem } from './claim.path.js';
import type { ClaimValue } from './claims.options.js';
import { isSchema, schemaProblem } from './standard.schema.js';

/** Checks the options `roles` and `claims`. Returns an error message, or `undefined` if they are valid. */
export function claimsProblem({
  roles,
  claims,
}: {
  readonly roles?: unknown;
  readonly claims?: unknown;
}): string | undefined {
  return rolesProblem(roles) ?? (claims === undefined ? undefined : checksProblem(claims));
}

function rolesProblem(roles: unknown): string | undefined {
  if (roles === undefined || typeof roles === 'function') return undefined;
  if (typeof roles !== 'string')
    return 'roles must be the name or the path of a claim, or a function (claims) => roles';
  const problem = claimPathProblem(roles);
  return problem && `roles ${problem}`;
}

function checksProblem(claims: unknown): string | undefined {
  if (isSchema(claims)) return prefixed('claims', schemaProblem(claims));
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    return 'claims must be an object with a check for each claim, or a Standard Schema';
  }
  const checks = Object.entries(claims);
  if (checks.length === 0) return "claims is empty; name at least one claim, e.g. { hd: 'example.com' }";
  return checks
    .map(([name, check]) => prefixed(`claims.${name}`, claimPathProblem(name) ?? checkProblem(check)))
    .find(Boolean);
}

/** A check that is `undefined`, e.g. because a variable of the environment is not set, must not be skipped. */
function checkProblem(check: unknown): string | undefined {
  if (isSchema(check)) return schemaProblem(check);
  if (typeof check === 'function' || isClaimValue(check)) return undefined;
  return Array.isArray(check) && check.length > 0 && check.every(isClaimValue)
    ? undefined
    : 'must be a string, a number, a boolean, a list of them, a function or a Standard Schema';
}

function prefixed(path: string, problem: string | undefined): string | undefined {
  return problem && `${path} ${problem}`;
}

/** Returns `true` for a value that a claim may be compared with. */
export function isClaimValue(value: unknown): value is ClaimValue {
  return typeof value === 'string' || Number.isFinite(value) || typeof value === 'boolean';
}
