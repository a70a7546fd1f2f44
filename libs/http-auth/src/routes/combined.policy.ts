import type { Policy } from '../guard/policy.js';
import type { RequiredRoles } from '../guard/roles.js';
import type { RequiredScopes } from '../guard/scopes.js';

/** The parts of a policy that a report names. */
export type Combined = Pick<
  Policy,
  'access' | 'schemes' | 'realm' | 'scopes' | 'scopesOf' | 'roles' | 'stepUp' | 'senderConstrained'
> & {
  /** The policy that decides the access and the realm. */
  readonly decisive: Policy;
};

/** The strictest access comes last. */
const STRICTNESS: readonly Policy['access'][] = ['public', 'optional', 'required'];

/**
 * Combines the policy of a route with the policies of the protected paths that contain it: a request must satisfy all of them.
 *
 * @param paths the nearest path first
 */
export function combine(route: Policy, paths: readonly Policy[]): Combined {
  const all = [route, ...paths].filter(({ access }) => access !== 'public');
  // If a path is stricter than the route, the path decides. The sort keeps the order of equal ones, so the route comes first.
  const [decisive = route] = all.toSorted((a, b) => STRICTNESS.indexOf(b.access) - STRICTNESS.indexOf(a.access));
  const { access, realm } = decisive;
  return {
    decisive,
    access,
    realm,
    schemes: decisive.schemes.filter((scheme) => all.every(({ schemes }) => schemes.includes(scheme))),
    scopes: together(all.flatMap(({ scopes }) => scopes ?? [])),
    scopesOf: route.scopesOf,
    roles: together(all.flatMap(({ roles }) => roles ?? [])),
    stepUp: all.find(({ stepUp }) => stepUp !== undefined)?.stepUp,
    senderConstrained: all.some(({ senderConstrained }) => senderConstrained === true),
  };
}

/** Alternatives cannot be listed together with other names. A single alternative is the same as a required name. */
function together<Required extends RequiredScopes | RequiredRoles>(
  requirements: readonly Required[],
): Required | RequiredScopes | undefined {
  if (requirements.length < 2) return requirements[0];
  const required = requirements.filter(({ mode, names }) => mode === 'all' || names.length === 1);
  return required.length < requirements.length
    ? requirements.find(({ mode }) => mode === 'any')
    : { mode: 'all', names: [...new Set(required.flatMap(({ names }) => names))] };
}
