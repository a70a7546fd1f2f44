import { keyedDigest, sharedDigest } from '../common/digest.js';

/** Longer usernames are replaced by a digest, so that long names cannot fill the memory. */
const LONG = 128;

/** The username and the password of a request. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The credentials of a request with its address and its tenant, and the keys under which they are counted. */
export class Guess {
  /** The key of a successful login of this user from this address. Unlike the other keys, it is case-sensitive. */
  readonly success: string;
  private readonly tenant: string;

  /**
   * @param network the network of the client; see `networkOf()`
   * @param tenant separates users with the same name; empty if there are no tenants
   * @param scheme separates schemes that share a store; empty for Basic
   */
  constructor(
    private readonly credentials: Credentials,
    private readonly network: string,
    tenant = '',
    private readonly scheme = '',
  ) {
    this.tenant = `${scheme}${tenant === '' ? '' : `${sharedDigest(tenant)} `}`;
    this.success = `success ${this.tenant}${network} ${shortened(credentials.username)}`;
  }

  /** The username as the client sent it. */
  get username(): string {
    return this.credentials.username;
  }

  /** The key for failures of the user from the address. */
  get pair(): string {
    return `pair ${this.tenant}${this.network} ${this.name}`;
  }

  /** The key for failures from the address, of all tenants: a guesser must not get more guesses by changing the tenant. */
  get address(): string {
    return `address ${this.scheme}${this.network}`;
  }

  /** The key for failures of the user from all addresses. */
  get user(): string {
    return `user ${this.tenant}${this.name}`;
  }

  /** A digest of the credentials, the address and the tenant. It does not reveal the password. */
  get digest(): string {
    return keyedDigest(this.tenant, this.network, this.credentials.username, this.credentials.password);
  }

  /** The username for counting failures: a guesser must not get more guesses by changing the spelling. */
  private get name(): string {
    return shortened(folded(this.credentials.username));
  }
}

/**
 * Returns the same name for all spellings that a database may take for the same user: other case, accents, width, compatibility
 * characters, invisible characters and spaces. Users whose names differ only in these share their limits.
 */
function folded(name: string): string {
  if (/^[\x21-\x7e]*$/.test(name)) return name.toLowerCase();
  // Upper case first, because some letters have the same upper case and different lower cases, such as ß and ss.
  return name
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[\p{Mark}\p{Default_Ignorable_Code_Point}\s]/gu, '');
}

function shortened(name: string): string {
  return name.length > LONG ? `#${sharedDigest(name)}` : name;
}
