import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';

/** What is in a file of Apache's. */
export interface HtpasswdLines {
  readonly users: ReadonlyMap<string, StoredHash>;
  /** Sentences about the lines that are left out: their numbers, and never what is in them. */
  readonly broken: readonly string[];
}

/** Reads a file as Apache's mod_authn_file does: `username:hash` on each line, and `#` before what is none. */
export function readHtpasswd(text: string): HtpasswdLines {
  const users = new Map<string, StoredHash>();
  const broken: string[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const problem = add(users, line);
    if (problem !== undefined) broken.push(`line ${index + 1} is left out: ${problem}`);
  }
  return { users, broken };
}

function add(users: Map<string, StoredHash>, line: string): string | undefined {
  // What follows a second colon is not Apache's business either.
  const [name = '', text] = line.split(':', 2);
  if (text === undefined) return 'it has no colon between a username and a hash';
  // Basic's credentials come so.
  const username = name.normalize('NFC');
  if (users.has(username)) return 'its username stands on a line before it';
  const hash = readHash(text.trimEnd());
  if (typeof hash === 'string') return `its password is ${hash}`;
  users.set(username, hash);
  return undefined;
}
