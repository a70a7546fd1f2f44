import type { Policy } from '../guard/policy.js';
import type { RequiredScopes } from '../guard/scopes.js';

/** The parts of a policy that a report names. */
export type Combined = Pick<Policy, 'access' | 'schemes' | 'realm' | 'scopes' | 'scopesOf' | 'stepUp'> & {
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
  const scopes = all.flatMap((policy) => policy.scopes ?? []);
  return {
    decisive,
    access,
    realm,
    schemes: decisive.schemes.filter((scheme) => all.every(({ schemes }) => schemes.includes(scheme))),
    scopes: scopes.length < 2 ? scopes[0] : together(scopes),
    scopesOf: route.scopesOf,
    stepUp: all.find(({ stepUp }) => stepUp !== undefined)?.stepUp,
  };
}

/** Alternatives cannot be listed together with other scopes. A single alternative is the same as a required scope. */
function together(scopes: readonly RequiredScopes[]): RequiredScopes {
  const required = scopes.filter(({ mode, names }) => mode === 'all' || names.length === 1);
  return required.length < scopes.length
    ? (scopes.find(({ mode }) => mode === 'any') as RequiredScopes)
    : { mode: 'all', names: [...new Set(required.flatMap(({ names }) => names))] };
}
