import { createHmac, randomBytes } from 'node:crypto';
import type { StoredHash } from './stored.hash.js';
import { type Found, firstDecoy, type NamedUser } from './verifier.js';

const key = randomBytes(32);

/** Usernames and their hashes, all of which are known. */
export class HashTable {
  private readonly hashes: readonly StoredHash[];
  private readonly decoys = new Map<string, StoredHash>();
  /** The only decoy, where all hashes cost the same. */
  private readonly decoy: StoredHash | undefined;

  constructor(private readonly users: ReadonlyMap<string, StoredHash>) {
    this.hashes = users.size > 0 ? [...users.values()] : [firstDecoy()];
    const [first, ...others] = this.hashes as [StoredHash, ...StoredHash[]];
    if (others.every(({ profile }) => profile === first.profile)) this.decoy = first.decoy();
  }

  find(username: string): Found<NamedUser> {
    // Whether the user exists or not, so that neither takes longer.
    const decoy = this.decoy ?? this.decoyOf(username);
    const known = this.users.get(username);
    const hash = known ?? decoy;
    return { text: hash.text, read: () => hash, principal: known && { name: username } };
  }

  /**
   * Where hashes differ in their cost, an unknown user costs what one of the known ones does, and always the same one, so
   * that no cost is that of unknown users alone.
   */
  private decoyOf(username: string): StoredHash {
    const number = createHmac('sha256', key).update(username).digest().readUInt32BE();
    const like = this.hashes[number % this.hashes.length] as StoredHash;
    const decoy = this.decoys.get(like.profile) ?? like.decoy();
    this.decoys.set(like.profile, decoy);
    return decoy;
  }
}
