import { isDeepStrictEqual } from 'node:util';
import { type Algorithm, algorithms } from './tokens.js';

/** What is asked of an application, and how it answers. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly path: '/greeting' | '/public' | '/scoped';
  readonly status: 200 | 401 | 403;
  /** What the request brings. */
  readonly credentials: Credentials;
  /** How many plain requests one of its requests is worth, so that no row takes the time of the others. */
  readonly weight: number;
}

export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly wrong?: boolean; readonly turns?: boolean }
  | { readonly kind: 'bearer' }
  | { readonly kind: 'jwt'; readonly algorithm: Algorithm; readonly fresh: boolean; readonly turns?: boolean };

/** How many users take turns, where a request is not from the one whose request came last over its connection. */
export const USERS = 16;

const letIn = { path: '/greeting', status: 200, weight: 1 } as const;
const refused = { path: '/greeting', status: 401, weight: 1 } as const;

/** What the floors are asked. */
export const floorRows = {
  open: { ...letIn, id: 'open', title: 'let in', credentials: { kind: 'none' } },
  refused: { ...refused, id: 'refused', title: '401', credentials: { kind: 'none' } },
  forbidden: { ...letIn, id: 'forbidden', title: '403', status: 403, credentials: { kind: 'bearer' } },
} as const satisfies Record<string, Row>;

const WEIGHTS: Readonly<Record<Algorithm, number>> = { HS256: 4, RS256: 4, ES256: 6, EdDSA: 5 };

/** The rows, in the order of the report. */
export const rows = {
  public: { ...letIn, id: 'public', title: '`@Public()`', path: '/public', credentials: { kind: 'none' } },
  basic: { ...letIn, id: 'basic', title: 'Basic, plain verifier', credentials: { kind: 'basic' } },
  bearer: { ...letIn, id: 'bearer', title: 'Bearer, opaque token', credentials: { kind: 'bearer' } },
  two: { ...letIn, id: 'two', title: 'Basic on a route that takes Bearer too', credentials: { kind: 'basic' } },
  bcrypt: { ...letIn, id: 'bcrypt', title: 'Basic, bcrypt (cost 4)', credentials: { kind: 'basic' }, weight: 15 },
  remembered: {
    ...letIn,
    id: 'bcrypt-remembered',
    title: 'Basic, bcrypt (cost 10), remembered',
    credentials: { kind: 'basic' },
  },
  rememberedTurns: {
    ...letIn,
    id: 'bcrypt-remembered-turns',
    title: `the same, of ${USERS} users who share the connections`,
    credentials: { kind: 'basic', turns: true },
  },
  missing: { ...refused, id: '401-missing', title: '401, no credentials', credentials: { kind: 'none' } },
  wrong: { ...refused, id: '401-wrong', title: '401, wrong password', credentials: { kind: 'basic', wrong: true } },
  scope: {
    ...letIn,
    id: '403-scope',
    title: '403, a scope is missing',
    path: '/scoped',
    status: 403,
    credentials: { kind: 'bearer' },
  },
  missingTwo: { ...refused, id: '401-two', title: '401, no credentials, two schemes', credentials: { kind: 'none' } },
} as const satisfies Record<string, Row>;

/** A token that the server has seen before, and one that is new with each request. */
export const jwtRows: readonly (Row & { credentials: Extract<Credentials, { kind: 'jwt' }> })[] = algorithms.flatMap(
  (algorithm) =>
    [false, true].map((fresh) => ({
      ...letIn,
      id: `jwt-${algorithm.toLowerCase()}-${fresh ? 'first-seen' : 'repeated'}`,
      title: `JWT, ${algorithm}, ${fresh ? 'first seen' : 'repeated'}`,
      credentials: { kind: 'jwt', algorithm, fresh } as const,
      weight: WEIGHTS[algorithm],
    })),
);

/** Whether what two rows send is read at the same cost: it has the same credentials, whoever's they are, and however old. */
export function sendAlike({ credentials: one }: Row, { credentials: other }: Row): boolean {
  const alike = { fresh: undefined, turns: undefined };
  return isDeepStrictEqual({ ...one, ...alike }, { ...other, ...alike });
}

/** A repeated token, but one of another user than the connection's last. */
export const turnsRow = {
  ...letIn,
  id: 'jwt-rs256-turns',
  title: `JWT, RS256, repeated, of ${USERS} users who share the connections`,
  credentials: { kind: 'jwt', algorithm: 'RS256', fresh: false, turns: true },
} as const satisfies Row;

/** All rows but the floors'. */
export const allRows: readonly Row[] = [...Object.values(rows), ...jwtRows, turnsRow];
