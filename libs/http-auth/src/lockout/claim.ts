import { hash, randomBytes } from 'node:crypto';
import type { HttpRequest } from '../http/request.js';
import { addressOf, networkOf } from './address.js';

/** Lets nothing be guessed from a digest, wherever it is seen. */
const SECRET = randomBytes(32).toString('base64');

/** Names that are longer are counted by their digest, so that nobody fills the memory with them. */
const LONG = 128;

/** What is claimed to be good. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** That somebody at an address is a user, by a password. */
export class Claim {
  /** What a success of its user from its address is known under, who is another one in another case of letters. */
  readonly success: string;
  /** What it was last remembered in, as whoever remembers it says. */
  rememberedIn: object | undefined;
  private readonly network: string;
  private known: string | undefined;

  constructor(
    private readonly credentials: Credentials,
    /** The address, as the framework has it. */
    readonly from: string,
  ) {
    this.network = networkOf(from);
    this.success = `success ${this.network} ${shortened(credentials.username)}`;
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
    return shortened(this.credentials.username.trim().toLowerCase());
  }

  /** All three, the narrowest first. */
  get keys(): [pair: string, address: string, user: string] {
    return [this.pair, this.address, this.user];
  }

  /** What tells its credentials from others of its user and its address, and tells nothing else. */
  get digest(): string {
    const { username, password } = this.credentials;
    const text = () => `${SECRET} ${this.network} ${username.length} ${username} ${password}`;
    return (this.known ??= hash('sha256', text(), 'base64url'));
  }
}

function shortened(name: string): string {
  return name.length > LONG ? `#${hash('sha256', name, 'base64url')}` : name;
}

/** The last claim with each credentials: while a connection repeats them, they are the same object. */
const claims = new WeakMap<Credentials, Claim>();

/** The claim that a request makes with its credentials. */
export function claimOf(credentials: Credentials, request: HttpRequest): Claim {
  const from = addressOf(request);
  let claim = claims.get(credentials);
  if (claim?.from !== from) claims.set(credentials, (claim = new Claim(credentials, from)));
  return claim;
}
