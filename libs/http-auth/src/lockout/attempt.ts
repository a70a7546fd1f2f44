import { hash, randomBytes } from 'node:crypto';
import type { Count } from './counters.js';

/** How an attempt ended: as a success, as a failure, or as neither, such as an error of the verifier. */
export type Ending = 'success' | 'failure' | 'neither';

/** Lets nothing be guessed from a digest, wherever it is seen. */
const SECRET = randomBytes(32).toString('base64');

/** Names that are longer are counted by their digest, so that nobody fills the memory with them. */
const LONG = 128;

/** One attempt to be admitted with a username and a password. */
export class Attempt {
  /** What was counted for it ahead of the verdict; absent where nothing was. */
  counted: Promise<readonly Count[] | undefined> | undefined;
  /** What of it others may wait for. */
  readonly entered: string[] = [];

  /** What a success of its user from its address is known under, who is another one in another case of letters. */
  readonly success: string;

  constructor(
    private readonly username: string,
    private readonly password: string,
    private readonly network: string,
  ) {
    this.success = `success ${network} ${shortened(username)}`;
  }

  /** What failures of its user from its address count under. */
  get pair(): string {
    return `pair ${this.network} ${this.name}`;
  }

  /** What failures from its address count under. */
  get address(): string {
    return `address ${this.network}`;
  }

  /** What failures of its user count under. */
  get user(): string {
    return `user ${this.name}`;
  }

  /** The user, as failures count: one in any case of letters. */
  private get name(): string {
    return shortened(this.username.trim().toLowerCase());
  }

  /** All three, the narrowest first. */
  get keys(): [pair: string, address: string, user: string] {
    return [this.pair, this.address, this.user];
  }

  /** What tells its credentials from others of its user and its address, and tells nothing else. */
  get digest(): string {
    const { network, username, password } = this;
    return hash('sha256', `${SECRET} ${network} ${username.length} ${username} ${password}`, 'base64url');
  }
}

function shortened(name: string): string {
  return name.length > LONG ? `#${hash('sha256', name, 'base64url')}` : name;
}

/** Why an attempt is not judged. */
export class Refusal {
  constructor(
    /** 429: there were too many failures. 503: nobody knows, as the counters are out of reach. */
    readonly status: 429 | 503,
    /** Seconds after which it is worth trying again. */
    readonly retryAfter: number,
  ) {}
}
