import { isPromise } from '../common/promise.js';
import { roleList } from '../common/role.list.js';
import { admit, type Admission } from '../schemes/admission.js';
import { RefusedException } from '../schemes/refused.exception.js';
import { claimAt } from './claim.path.js';
import type { ClaimCheck, ClaimChecks, ClaimsOptions } from './claims.options.js';
import { refusal } from './refusals.js';
import { isSchema, resultOf, type StandardSchema } from './standard.schema.js';

type Token = Readonly<Record<string, unknown>>;

/** Checks the claims of a valid token, and reads its roles. */
export type Inspect<Verified, Claims> = (verified: Admission<Verified>) => Promise<Admission<Claims>>;

/**
 * Returns a function for the tokens that a verifier has accepted.
 *
 * The function throws a `RefusedException` if a check refuses the token, and another error if a check fails.
 */
export function inspectorOf<Verified extends Token, Claims>({
  roles,
  claims,
}: ClaimsOptions<Verified, Claims>): Inspect<Verified, Claims> {
  const check = checkOf(claims);
  return async (verified) => {
    const { principal: token, info } = verified;
    const accepted = await check(token);
    // Without a schema, `Claims` is `Verified`.
    if (roles === undefined) return (accepted === token ? verified : admit(accepted, info)) as Admission<Claims>;
    return admit(accepted as Claims, { ...info, roles: rolesOf(roles, token) });
  };
}

function rolesOf<Verified extends Token>(
  roles: NonNullable<ClaimsOptions<Verified>['roles']>,
  token: Verified,
): readonly string[] {
  return roleList(typeof roles === 'string' ? claimAt(token, roles) : immediate('roles', roles(token)));
}

/** Returns a function that returns the claims, or throws. The checks are copied, because the application may change its object. */
function checkOf(claims: ClaimChecks<never> | StandardSchema | undefined): (token: Token) => Promise<unknown> {
  if (isSchema(claims)) return (token) => outputOf(claims, token);
  const checks = Object.entries(claims ?? {});
  return async (token) => {
    for (const [name, check] of checks) {
      if (!(await accepts(name, check, claimAt(token, name), token))) throw refused(name);
    }
    return token;
  };
}

async function outputOf(schema: StandardSchema, token: Token): Promise<object> {
  const result = await resultOf(schema, token);
  if ('refused' in result) throw refused(result.refused);
  if (typeof result.output === 'object' && result.output !== null) return result.output;
  throw new TypeError('claims: the output of the schema is not an object, so it cannot replace the claims');
}

function accepts(name: string, check: ClaimCheck<never>, value: unknown, token: Token): boolean | Promise<boolean> {
  if (isSchema(check)) return resultOf(check, value).then((result) => 'output' in result);
  if (typeof check === 'function') return immediate(`claims.${name}`, check(value, token as never)) === true;
  const wanted: readonly unknown[] = [check].flat();
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  return given.some((one) => wanted.includes(one));
}

/**
 * Returns the result of a function of the application.
 *
 * @throws TypeError if the function is async, because its result would be ignored
 */
function immediate(option: string, result: unknown): unknown {
  if (!isPromise(result)) return result;
  // Without a handler, a rejection would end the process.
  result.then(undefined, () => undefined);
  throw new TypeError(`${option}: the function returned a promise; it must not be async`);
}

/** The characters of a description (RFC 6750 section 3). A name in a token may have others, and any length. */
const DESCRIBABLE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

function refused(name: string | undefined): RefusedException {
  const isNamed = name !== undefined && DESCRIBABLE.test(name);
  return RefusedException.of(
    refusal(isNamed ? `The claim ${name} of the token is not accepted` : 'A claim of the token is not accepted'),
  );
}
