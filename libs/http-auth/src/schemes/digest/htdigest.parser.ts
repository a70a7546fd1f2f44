import type { SkippedLine } from '../../common/watched.file.js';
import { type Algorithm, algorithmOf, type DigestHash } from './digest.algorithm.js';
import { userhashOf } from './digest.response.js';

/** A user of an htdigest file. */
export interface StoredDigestUser {
  readonly name: string;
  readonly ha1: string;
}

/** The users of an htdigest file, by realm, algorithm and name. */
export class DigestTable {
  /** The number of hashes of each algorithm. */
  readonly counts = new Map<DigestHash, number>();
  private readonly users = new Map<string, StoredDigestUser>();
  /** The realms and the algorithms that have users. */
  private readonly realms = new Set<string>();

  /** Adds a user. Returns `false` if the user exists. */
  add(user: StoredDigestUser, realm: string, algorithm: Algorithm): boolean {
    const key = keyOf(user.name, realm, algorithm.hash, false);
    if (this.users.has(key)) return false;
    this.counts.set(algorithm.hash, (this.counts.get(algorithm.hash) ?? 0) + 1);
    this.users.set(key, user);
    this.realms.add(JSON.stringify([realm, algorithm.hash]));
    this.users.set(keyOf(userhashOf(algorithm, user.name, realm), realm, algorithm.hash, true), user);
    return true;
  }

  /** Returns `true` if a realm has a user with a hash by the algorithm. */
  serves(realm: string, hash: DigestHash): boolean {
    return this.realms.has(JSON.stringify([realm, hash]));
  }

  /** Returns a user, or `undefined` if there is no such user. */
  find(username: string, realm: string, hash: DigestHash, userhash: boolean): StoredDigestUser | undefined {
    return this.users.get(keyOf(username, realm, hash, userhash));
  }
}

/** The algorithm of a line, by the length of its hash. */
const HASHES: ReadonlyMap<number, DigestHash> = new Map([
  [32, 'MD5'],
  [64, 'SHA-256'],
]);

/** The content of an htdigest file. */
export interface DigestFile {
  readonly table: DigestTable;
  readonly skipped: readonly SkippedLine[];
}

/** Parses an htdigest file as Apache's mod_authn_file does: one `username:realm:HA1` a line, and comments that start with `#`. */
export function parseHtdigest(text: string): DigestFile {
  const table = new DigestTable();
  const skipped: SkippedLine[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const problem = addLine(table, line);
    if (problem !== undefined) skipped.push({ number: index + 1, problem });
  }
  return { table, skipped };
}

/** Adds the user of a line. Returns the reason if the line cannot add one. */
function addLine(table: DigestTable, line: string): string | undefined {
  const [name = '', realm, hash, ...more] = line.split(':');
  if (realm === undefined || hash === undefined || more.length > 0) return 'it is not username:realm:hash';
  const ha1 = hash.trimEnd().toLowerCase();
  const algorithm = HASHES.get(ha1.length);
  if (algorithm === undefined || !/^[0-9a-f]+$/.test(ha1)) {
    return 'its hash is neither MD5 nor SHA-256; write 32 or 64 hexadecimal digits';
  }
  const added = table.add({ name: name.normalize('NFC'), ha1 }, realm, algorithmOf(algorithm) as Algorithm);
  return added ? undefined : 'an earlier line has the same username and realm; remove one of the two';
}

function keyOf(name: string, realm: string, hash: DigestHash, userhash: boolean): string {
  return JSON.stringify([name, realm, hash, userhash]);
}
