import { hashSync, verify } from '@node-rs/bcrypt';

/** The only principal there is. */
export const alice = { name: 'alice' };

/** Others, who have her password. */
export const nameOf = (user: number): string => `user${user}`;

export const PASSWORD = 'wonderland';
export const TOKEN = 'vF9dft4qmTvF9dft4qmTvF9dft4qmTvF';

/** bcrypt's lowest cost: at 10, which is in common use, the hash takes 64 times as long, and hides everything else. */
const COST = 4;
const hash = hashSync(PASSWORD, COST);

export type User = typeof alice;

/** The plain verifier. */
export function byPassword(username: string, password: string): User | null {
  return username === 'alice' && password === PASSWORD ? alice : null;
}

/** The verifier that compares hashes. */
export async function byHash(username: string, password: string): Promise<User | null> {
  return username === 'alice' && (await verify(password, hash)) ? alice : null;
}

/** The verifier of opaque tokens. */
export function byToken(token: string): User | null {
  return token === TOKEN ? alice : null;
}
