import { scryptSync } from 'node:crypto';
import { token } from 'nestjs-http-auth/tokens';

/** The users of the rows with many users, and their password. */
export const USERS = Array.from({ length: 100 }, (_, index) => `user${index}`);
export const PASSWORD = 'correct horse battery staple';

/** The one opaque token. It has the same value in every process. */
export const OPAQUE = 'bench_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
export const OPAQUE_HASH = token.hash(OPAQUE);

const salt = Buffer.from('0123456789abcdef');
const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
const digest = scryptSync(PASSWORD, salt, 32, { N: 2 ** 12, r: 8, p: 1 });

/** A cheap scrypt hash, because every password is hashed once in each process. Its cost is not measured. */
export const HASH = `$scrypt$ln=12,r=8,p=1$${base64(salt)}$${base64(digest)}`;

/** The check of the subjects that compare the password itself. */
export function findUser(username: string, password: string): { name: string } | null {
  return password === PASSWORD && username.startsWith('user') ? { name: username } : null;
}

export const basicField = (username: string, password = PASSWORD): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
