import type { Admission } from '../schemes/admission.js';
import { Failure } from '../schemes/failure.js';
import type { Scheme } from '../schemes/scheme.js';

/** The reason of a route that requires bound tokens to refuse another one. */
const UNBOUND = 'The route requires a token that is bound to a key or a certificate of the client';

/**
 * Returns the schemes of a route that requires bound tokens. Basic, cookies and API keys are never bound, so the route does not accept
 * them, and does not challenge for them. Other schemes of OAuth stay, so that their clients learn why a token is refused.
 */
export function constrainedSchemes(schemes: readonly Scheme[]): readonly Scheme[] {
  return schemes.filter((scheme) => scheme.confirms === true || scheme.oauth === true);
}

/** Checks the schemes of a route that requires bound tokens. Returns an error message, or `undefined` if one of them checks proofs. */
export function constraintProblem(schemes: readonly Scheme[]): string | undefined {
  if (schemes.some(({ confirms }) => confirms === true)) return undefined;
  const names = schemes.map(({ name }) => name).join(', ');
  return (
    `sender-constrained: ${names} does not check what a token is bound to, so the route would refuse every request; ` +
    'add dpop(), or set the option certificate of bearer()'
  );
}

/**
 * Returns why credentials are refused, or `undefined` if they are bound. The scheme has checked the binding before: credentials with a
 * binding that was not checked are refused by `decide()`.
 *
 * @param scheme the auth-scheme of the credentials
 */
export function unboundFailure({ info }: Admission<unknown>, scheme: string): Failure | undefined {
  if (info.confirmation !== undefined) return undefined;
  return new Failure('invalid', scheme, 401, { params: { error_description: UNBOUND } });
}
