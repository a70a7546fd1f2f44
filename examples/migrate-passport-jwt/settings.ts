/** The settings of the issuer. */
export interface Settings {
  readonly issuer: string;
  readonly audience: string;
  /** The public key in PEM. */
  readonly publicKey: string;
}

export const SETTINGS = Symbol('settings');

export interface Claims {
  readonly sub?: string | undefined;
}

export interface User {
  readonly name: string;
}

/** Finds the user in the database. `null` refuses the token: the account has been closed. */
export function findUser({ sub }: Claims): User | null {
  return sub === undefined || sub === 'mallory' ? null : { name: sub };
}
