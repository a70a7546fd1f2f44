import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';

/** The content of an htpasswd file. */
export interface HtpasswdContent {
  readonly users: ReadonlyMap<string, StoredHash>;
  /** A message for each line that was skipped. It contains the number of the line, but not its content. */
  readonly problems: readonly string[];
}

/** Parses an htpasswd file as Apache's mod_authn_file does: one `username:hash` a line, and comments that start with `#`. */
export function parseHtpasswd(text: string): HtpasswdContent {
  const users = new Map<string, StoredHash>();
  const problems: string[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const problem = add(users, line);
    if (problem !== undefined) problems.push(`line ${index + 1} is skipped: ${problem}`);
  }
  return { users, problems };
}

/** Adds the user of a line. Returns an error message if the line is invalid. */
function add(users: Map<string, StoredHash>, line: string): string | undefined {
  // Apache ignores everything after a second colon, too.
  const [name = '', text] = line.split(':', 2);
  if (text === undefined) return 'it has no colon between a username and a hash';
  // basic() normalizes usernames in the same way.
  const username = name.normalize('NFC');
  if (users.has(username)) return 'an earlier line has the same username; remove one of the two';
  const hash = readHash(text.trimEnd());
  if (typeof hash === 'string') return `its password is ${hash}`;
  users.set(username, hash);
  return undefined;
}
