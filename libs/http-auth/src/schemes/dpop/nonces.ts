import { createHmac, timingSafeEqual } from 'node:crypto';

/** The purpose of the HMAC, so that a secret with another purpose does not make valid nonces. */
const PURPOSE = 'nestjs-http-auth:dpop-nonce:';

/** The bytes of the time, and of the HMAC behind it. */
const TIME = 6;
const MAC = 16;

/**
 * The nonces that the server gives to clients (RFC 9449 section 9). A nonce has the time of its issue and an HMAC of it, so that all
 * instances with the same secret accept it without a store.
 */
export class Nonces {
  private last: { readonly second: number; readonly nonce: string } | undefined;

  /**
   * @param secrets the first one makes nonces, the others are accepted as well
   * @param lifetime seconds
   * @param tolerance seconds by which the clock of another instance may be ahead
   */
  constructor(
    private readonly secrets: readonly string[],
    private readonly lifetime: number,
    private readonly tolerance: number,
  ) {}

  /** Returns a nonce of this second. It consists of letters, digits, `-` and `_`, which are NQCHAR (RFC 9449 section 8.1). */
  issue(now = Date.now() / 1000): string {
    const second = Math.floor(now);
    if (this.last?.second !== second) {
      const bytes = Buffer.alloc(TIME);
      bytes.writeUIntBE(second, 0, TIME);
      const nonce = Buffer.concat([bytes, macOf(this.secrets[0] as string, bytes)]).toString('base64url');
      this.last = { second, nonce };
    }
    return this.last.nonce;
  }

  /** Returns the second at which a nonce was issued, or `undefined` if it is not valid. */
  timeOf(nonce: unknown, now = Date.now() / 1000): number | undefined {
    if (typeof nonce !== 'string') return undefined;
    const bytes = Buffer.from(nonce, 'base64url');
    if (bytes.length !== TIME + MAC || bytes.toString('base64url') !== nonce) return undefined;
    const time = bytes.subarray(0, TIME);
    const second = time.readUIntBE(0, TIME);
    if (second > now + this.tolerance || second + this.lifetime <= now) return undefined;
    return this.secrets.some((secret) => timingSafeEqual(macOf(secret, time), bytes.subarray(TIME)))
      ? second
      : undefined;
  }

  /** Returns `true` if a valid nonce is in the second half of its life, so the client should get a new one (section 8.2). */
  isOld(second: number, now = Date.now() / 1000): boolean {
    return second + this.lifetime / 2 <= now;
  }
}

function macOf(secret: string, time: Buffer): Buffer {
  return createHmac('sha256', secret).update(PURPOSE).update(time).digest().subarray(0, MAC);
}
