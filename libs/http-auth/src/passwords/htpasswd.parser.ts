import type { SkippedLine as SkippedFileLine } from '../common/watched.file.js';
import { packageProblem, readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';

/** The content of an htpasswd file. */
export interface HtpasswdContent {
  readonly users: ReadonlyMap<string, StoredHash>;
  readonly skipped: readonly SkippedLine[];
}

/** A line that does not add a user. */
export interface SkippedLine extends SkippedFileLine {
  /** The reason with the username, if the hash is valid, but the package that computes it is not installed. */
  readonly unverifiable?: string | undefined;
}

/** Parses an htpasswd file as Apache's mod_authn_file does: one `username:hash` a line, and comments that start with `#`. */
export function parseHtpasswd(text: string): HtpasswdContent {
  const users = new Map<string, StoredHash>();
  const skipped: SkippedLine[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const problem = add(users, line);
    if (problem !== undefined) skipped.push({ number: index + 1, ...problem });
  }
  return { users, skipped };
}

/** Adds the user of a line. Returns the reason if the line cannot add one. */
function add(users: Map<string, StoredHash>, line: string): Omit<SkippedLine, 'number'> | undefined {
  // Apache ignores everything after a second colon, too.
  const [name = '', text] = line.split(':', 2);
  if (text === undefined) return { problem: 'it has no colon between a username and a hash' };
  // basic() normalizes usernames in the same way.
  const username = name.normalize('NFC');
  if (users.has(username)) return { problem: 'an earlier line has the same username; remove one of the two' };
  const hash = readHash(text.trimEnd());
  if (typeof hash === 'string') {
    const isValid = hash === packageProblem(text);
    const unverifiable = isValid ? `the password of ${JSON.stringify(username)} is ${hash}` : undefined;
    return { problem: `its password is ${hash}`, unverifiable };
  }
  users.set(username, hash);
  return undefined;
}
