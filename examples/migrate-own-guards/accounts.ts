export interface User {
  readonly name: string;
  readonly roles: readonly string[];
}

/** The users by their tokens. A real application stores the hashes of the tokens. */
const byToken = new Map<string, User>([
  ['token-of-alice', { name: 'alice', roles: ['author', 'admin'] }],
  ['token-of-bob', { name: 'bob', roles: ['author'] }],
]);

const byKey = new Map<string, User>([['key-of-robot', { name: 'robot', roles: [] }]]);

export function findUser(token: string): User | null {
  return byToken.get(token) ?? null;
}

export function findProgram(key: string): User | null {
  return byKey.get(key) ?? null;
}
