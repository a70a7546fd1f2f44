import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The bytes of the time, and of the HMAC at the end. */
const TIME = 6;
const MAC = 16;

/** The parts of the nonces of a scheme. */
export interface NonceSettings {
  /** The purpose of the HMAC, so that a secret with another purpose does not make valid nonces. */
  readonly purpose: string;
  /**
   * How many random bytes a nonce has. Without them, all nonces of a second are the same.
   *
   * @default 0
   */
  readonly random?: number;
  /** The first one makes nonces, the others are accepted as well. */
  readonly secrets: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
  /** Seconds by which the clock of another instance may be ahead. */
  readonly tolerance: number;
}

/**
 * The nonces that the server gives to clients (RFC 9449 section 9, RFC 7616 section 3.3). A nonce has the time of its issue, random bytes
 * and an HMAC of them, so that all instances with the same secret accept it without a store.
 */
export class Nonces {
  private readonly random: number;
  private last: { readonly second: number; readonly nonce: string } | undefined;

  constructor(private readonly settings: NonceSettings) {
    this.random = settings.random ?? 0;
  }

  /**
   * Returns a nonce of this second. It consists of letters, digits, `-` and `_`, which are NQCHAR (RFC 9449 section 8.1).
   *
   * @param scope the nonce is valid only with the same scope, e.g. a realm
   */
  issue(scope = '', now = Date.now() / 1000): string {
    const second = Math.floor(now);
    if (this.random > 0 || scope !== '') return this.create(second, scope);
    if (this.last?.second !== second) this.last = { second, nonce: this.create(second, scope) };
    return this.last.nonce;
  }

  /** Returns the second at which a nonce was issued, or `undefined` if it is not valid. */
  timeOf(nonce: unknown, scope = '', now = Date.now() / 1000): number | undefined {
    if (typeof nonce !== 'string') return undefined;
    const { secrets, lifetime, tolerance } = this.settings;
    const bytes = Buffer.from(nonce, 'base64url');
    const length = TIME + this.random;
    if (bytes.length !== length + MAC || bytes.toString('base64url') !== nonce) return undefined;
    const head = bytes.subarray(0, length);
    const second = head.readUIntBE(0, TIME);
    if (second > now + tolerance || second + lifetime <= now) return undefined;
    return secrets.some((secret) => timingSafeEqual(this.macOf(secret, head, scope), bytes.subarray(length)))
      ? second
      : undefined;
  }

  /** Returns `true` if a valid nonce is in the second half of its life, so the client should get a new one (RFC 9449 section 8.2). */
  isOld(second: number, now = Date.now() / 1000): boolean {
    return second + this.settings.lifetime / 2 <= now;
  }

  private create(second: number, scope: string): string {
    const time = Buffer.alloc(TIME);
    time.writeUIntBE(second, 0, TIME);
    const head = Buffer.concat([time, randomBytes(this.random)]);
    return Buffer.concat([head, this.macOf(this.settings.secrets[0] as string, head, scope)]).toString('base64url');
  }

  private macOf(secret: string, head: Buffer, scope: string): Buffer {
    const { purpose } = this.settings;
    // The head has a fixed length, so the scope does not need a separator.
    return createHmac('sha256', secret).update(purpose).update(head).update(scope).digest().subarray(0, MAC);
  }
}
