/** A username and a password, e.g. the credentials of the Basic scheme. */
export interface PasswordCredentials {
  /** The username. */
  readonly username: string;
  /** The password, in Unicode normalization form C. */
  readonly password: string;
}
