import ms from 'ms';

/**
 * A duration: a whole number of milliseconds, or a string with a unit that the package `ms` reads, e.g. `'500ms'`, `'30s'`, `'15m'`,
 * `'1h'` or `'2 days'`.
 */
export type Duration = number | string;

/**
 * Converts a duration to milliseconds.
 *
 * @returns the milliseconds, or `undefined` if the value is not a whole number of 0 or more, or a string that `ms` reads
 */
export function milliseconds(duration: unknown): number | undefined {
  // A string without a unit is refused: "900" would be milliseconds to `ms`, but reads like seconds.
  const value = typeof duration === 'string' && /[a-z]\s*$/i.test(duration) ? parse(duration) : duration;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function parse(duration: string): number | undefined {
  // `ms` throws if a string is longer than 100 characters.
  if (duration.length > 100) return undefined;
  const value: number | undefined = ms(duration as ms.StringValue);
  // A calculation with a fraction, e.g. of '0.07s', may not be exact.
  return value === undefined ? undefined : Math.round(value);
}
