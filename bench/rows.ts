import { type Algorithm, type Issuer } from './tokens.js';
import { basicField, OPAQUE, USERS } from './users.js';

/** A kind of traffic. */
export interface Row {
  readonly title: string;
  /** The key of the row in `subjects`. */
  readonly kind: string;
  readonly algorithm: Algorithm;
  readonly status: 200 | 401;
  /** Returns the `Authorization` of each request, in turn; `undefined` if it is absent. */
  readonly fields: readonly string[] | (() => string) | undefined;
  /** If `true`, each connection has its own user. Otherwise the users take turns on all connections. */
  readonly perConnection?: boolean;
  /** The maximum ratio to the empty guard on Fastify with the newest LTS. */
  readonly bar?: number;
}

export function rowsOf(issuer: Issuer): readonly Row[] {
  const repeated = USERS.map(() => `Bearer ${issuer.issue('RS256')}`);
  const passwords = USERS.map((name) => basicField(name));
  const token = { kind: 'token', algorithm: 'RS256' } as const;
  const password = { kind: 'password', algorithm: 'RS256' } as const;
  const ok = { status: 200 } as const;
  return [
    {
      ...password,
      ...ok,
      title: 'Remembered password, one user per connection',
      fields: passwords,
      perConnection: true,
      bar: 1.2,
    },
    { ...password, ...ok, title: 'Remembered password, 100 users on shared connections', fields: passwords, bar: 1.25 },
    {
      ...token,
      ...ok,
      title: 'Repeated RS256 token, one user per connection',
      fields: repeated,
      perConnection: true,
      bar: 1.25,
    },
    { ...token, ...ok, title: 'Repeated RS256 token, 100 users on shared connections', fields: repeated, bar: 1.3 },
    { ...token, ...ok, title: 'Opaque token', kind: 'opaque', fields: [`Bearer ${OPAQUE}`] },
    ...(['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'] as const).map((algorithm): Row => ({
      ...ok,
      kind: 'token',
      algorithm,
      title: `First request of a user, ${algorithm} token`,
      fields: () => `Bearer ${issuer.issue(algorithm)}`,
    })),
    { ...password, title: '401 without credentials', kind: 'wrong', status: 401, fields: undefined },
    {
      ...password,
      title: '401 for a wrong password',
      kind: 'wrong',
      status: 401,
      fields: [basicField('user1', 'wrong')],
    },
    {
      ...token,
      title: '401 for a forged RS256 token',
      kind: 'forged',
      status: 401,
      fields: () => `Bearer ${issuer.issue('RS256').slice(0, -8)}AAAAAAAA`,
    },
  ];
}
