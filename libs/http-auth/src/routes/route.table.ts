import { alignedTable } from '../common/table.js';
import type { RouteEntry } from './route.entry.js';

/** The columns of the table: the heading, and a function that returns the cell of a route. */
const COLUMNS: Record<string, (route: RouteEntry) => string> = {
  METHOD: ({ method }) => method,
  PATH: placeOf,
  ACCESS: ({ access }) => access,
  SCHEMES: ({ schemes, senderConstrained }) =>
    (schemes.join(', ') || '-') + (senderConstrained === true ? ' (bound tokens)' : ''),
  REALM: ({ access, realm }) => (access === 'public' ? '-' : (realm ?? '(per request)')),
  SCOPES: ({ scopes, scopesByRequest }) =>
    [scopes && namesOf(scopes, ' '), scopesByRequest && '(per request)'].filter(Boolean).join(' ') || '-',
  // Unlike a scope, a role may contain spaces.
  ROLES: ({ roles }) => (roles === undefined ? '-' : namesOf(roles, ', ')),
  BECAUSE: ({ because }) => because,
  HANDLER: ({ controller, handler }) => (handler === '' ? controller : `${controller}.${handler}`),
};

function namesOf({ names, mode }: NonNullable<RouteEntry['scopes' | 'roles']>, separator: string): string {
  return names.join(mode === 'any' ? ' | ' : separator);
}

/** Returns the path of a route with its version and host, or a protected path with its exceptions. */
export function placeOf({ path, version, host, except }: RouteEntry): string {
  return [path, version && `(version ${version})`, host && `(host ${host})`, except && `(except ${except.join(', ')})`]
    .filter(Boolean)
    .join(' ');
}

/** Returns the routes as a plain-text table, with columns that are aligned by spaces. */
export function tableOf(routes: readonly RouteEntry[]): string {
  return alignedTable([
    Object.keys(COLUMNS),
    ...routes.map((route) => Object.values(COLUMNS).map((cell) => cell(route))),
  ]);
}
