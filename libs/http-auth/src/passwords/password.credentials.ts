/** What is judged: the credentials of the Basic scheme. */
export interface PasswordCredentials {
  /** Who it is said to be. */
  readonly username: string;
  /** The password, in Unicode normalization form C. */
  readonly password: string;
}
