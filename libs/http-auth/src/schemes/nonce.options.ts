import { type Duration, milliseconds } from '../common/duration.js';
import { type OptionNames, unknownOption } from '../common/options.js';

/** The nonces that the server gives to clients. */
export interface NonceOptions {
  /**
   * A secret of at least 32 characters, or several ones: the first makes nonces, and the others are accepted as well, so that you can
   * change the secret. All instances of the application need the same.
   */
  readonly secret: string | readonly string[];
  /**
   * How long a nonce is valid: a number of milliseconds, or a string such as `'5m'`. From 10 seconds to one hour. In the second half, the
   * response has a new nonce.
   *
   * @default '5m'
   */
  readonly ttl?: Duration;
}

/** The lifetime of a nonce by default. */
export const NONCE_TTL = '5m';

const NAMES: OptionNames<NonceOptions> = { secret: true, ttl: true };

/** The minimum length of a secret, in characters. */
const SECRET = 32;

const [MIN_TTL, MAX_TTL] = [10_000, 3_600_000];

/** Checks the option `nonces`, an object. Returns an error message, or `undefined` if it is valid. */
export function noncesProblem(nonces: NonceOptions): string | undefined {
  const { secret, ttl = NONCE_TTL } = nonces;
  const unknown = unknownOption(nonces, NAMES, 'nonces.');
  if (unknown !== undefined) return unknown;
  const secrets: unknown[] = [secret].flat();
  if (secrets.length === 0 || !secrets.every((one) => typeof one === 'string' && one.length >= SECRET)) {
    return `nonces.secret must be a random string of at least ${SECRET} characters, or a list of them`;
  }
  const lifetime = milliseconds(ttl) ?? NaN;
  return lifetime >= MIN_TTL && lifetime <= MAX_TTL
    ? undefined
    : "nonces.ttl must be a duration from 10 seconds to one hour; write milliseconds, e.g. 300_000, or a string, e.g. '5m'";
}
