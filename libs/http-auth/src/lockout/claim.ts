import { keyedDigest, sharedDigest } from '../common/digest.js';
import type { HttpRequest } from '../http/request.js';
import { addressOf, networkOf } from './address.js';

/** Longer usernames are replaced by a digest, so that long names cannot fill the memory. */
const LONG = 128;

/** The username and the password of a request. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The credentials and the address of a request, and the keys under which they are counted. */
export class Claim {
  /** The key of a successful login of this user from this address. Unlike the other keys, it is case-sensitive. */
  readonly success: string;
  private readonly network: string;

  constructor(
    private readonly credentials: Credentials,
    request: HttpRequest,
  ) {
    this.network = networkOf(addressOf(request));
    this.success = `success ${this.network} ${shortened(credentials.username)}`;
  }

  /** The key for failures of the user from the address. */
  get pair(): string {
    return `pair ${this.network} ${this.name}`;
  }

  /** The key for failures from the address. */
  get address(): string {
    return `address ${this.network}`;
  }

  /** The keys for failures. The index of each is the index of its limit. */
  get keys(): [pair: string, address: string, user: string] {
    return [this.pair, this.address, `user ${this.name}`];
  }

  /** A digest of the credentials and the address. It does not reveal the password. */
  get digest(): string {
    return keyedDigest(this.network, this.credentials.username, this.credentials.password);
  }

  /** The username for counting failures: a guesser must not get more guesses by changing the case. */
  private get name(): string {
    return shortened(this.credentials.username.trim().toLowerCase());
  }
}

function shortened(name: string): string {
  return name.length > LONG ? `#${sharedDigest(name)}` : name;
}
