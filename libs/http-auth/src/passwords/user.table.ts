import { keyedDigest } from '../common/digest.js';
import { defaultDecoy } from './decoy.js';
import type { Lookup, NamedUser } from './password.verifier.js';
import type { StoredHash } from './stored.hash.js';

/** A fixed set of users and their password hashes. */
export class UserTable {
  private readonly hashes: readonly StoredHash[];
  /** One decoy for each profile. */
  private readonly decoys = new Map<string, StoredHash>();
  /** The decoy of all usernames, if there is only one profile. */
  private readonly decoy: StoredHash | undefined;

  constructor(private readonly users: ReadonlyMap<string, StoredHash>) {
    this.hashes = users.size > 0 ? [...users.values()] : [defaultDecoy()];
    for (const hash of this.hashes) if (!this.decoys.has(hash.profile)) this.decoys.set(hash.profile, hash.decoy());
    if (this.decoys.size === 1) [this.decoy] = this.decoys.values();
  }

  /** The number of users. */
  get size(): number {
    return this.users.size;
  }

  /** Returns the number of hashes that are weaker than OWASP recommends, by their profile. */
  weak(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { current, profile } of this.users.values()) {
      if (!current) counts.set(profile, (counts.get(profile) ?? 0) + 1);
    }
    return counts;
  }

  /** Looks up a user. It computes the decoy for known users as well, so that known and unknown users take the same time. */
  find(username: string): Lookup<NamedUser> {
    const decoy = this.decoyOf(username);
    const known = this.users.get(username);
    const hash = known ?? decoy;
    return { text: hash.text, read: () => hash, principal: known && { name: username } };
  }

  /**
   * Returns the decoy of a username. If the hashes of the table differ in cost, each unknown username costs as much as one of
   * the known users, and always the same one. No cost is then typical of unknown users.
   */
  private decoyOf(username: string): StoredHash {
    if (this.decoy !== undefined) return this.decoy;
    const number = Buffer.from(keyedDigest(username), 'base64url').readUInt32BE();
    const model = this.hashes[number % this.hashes.length] as StoredHash;
    return this.decoys.get(model.profile) as StoredHash;
  }
}
