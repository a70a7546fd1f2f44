/** A stored hash that has been read: nothing is wrong with it, and passwords can be held to it. */
export interface StoredHash {
  /** The hash as it is stored. */
  readonly text: string;
  /** The algorithm and its parameters: hashes of one profile cost the same. */
  readonly profile: string;
  /** Whether it is as strong as OWASP asks for today. */
  readonly current: boolean;
  /** Whether a password is the one that was hashed. It costs one hash. */
  verify(password: string): Promise<boolean>;
  /** A hash of the same profile whose password nobody knows: salt and digest are random. */
  decoy(): StoredHash;
}

/** A way to write hashes down. */
export interface HashFormat {
  /** How sentences call it, with its article. */
  readonly name: string;
  /** How its texts begin. */
  readonly prefix: RegExp;
  /** The package that computes it, where Node does not. */
  readonly library?: string;
  /** Reads a text that begins so; `undefined` where it is malformed. */
  read(text: string): StoredHash | undefined;
}
