/** A parsed and valid password hash. */
export interface StoredHash {
  /** The hash in its stored form. */
  readonly text: string;
  /** The algorithm and its parameters. Two hashes with the same profile cost the same. */
  readonly profile: string;
  /** `true` if the parameters are as strong as OWASP recommends. */
  readonly current: boolean;
  /** Returns `true` if the password matches. It computes one hash. */
  verify(password: string): Promise<boolean>;
  /** Returns a hash with the same profile and a random salt and digest, which no known password matches. */
  decoy(): StoredHash;
}

/** A string format of password hashes. */
export interface HashFormat {
  /** The name in messages, with its article. */
  readonly name: string;
  /** The start of every hash in this format. */
  readonly prefix: RegExp;
  /** The package that computes the hash, unless Node.js does. */
  readonly library?: string;
  /** Parses a string that starts with the prefix. Returns `undefined` if the string is invalid. */
  read(text: string): StoredHash | undefined;
}
