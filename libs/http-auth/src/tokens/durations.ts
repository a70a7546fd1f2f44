import { type Duration, milliseconds } from '../common/duration.js';

/** 24 hours, in milliseconds. */
export const DAY = 24 * 60 * 60 * 1000;

/** RFC 9068 section 4: the tolerance is usually no more than a few minutes. */
const MAX_TOLERANCE = 300_000;

/** Returns a duration in whole milliseconds; `NaN` if it is not one, so that every check of its bounds fails. */
export function readDuration(duration: Duration | undefined, usual: Duration): number {
  return milliseconds(duration === undefined ? usual : duration) ?? NaN;
}

/** Checks a duration in milliseconds. Returns an error message, or `undefined` if it is valid. */
export function durationProblem(option: string, value: number, min: number, max = Infinity): string | undefined {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return undefined;
  const limit = max === DAY ? ' and at most a day' : '';
  return `${option} must be a duration of at least ${min} ms${limit}; write milliseconds, e.g. 5000, or a string, e.g. '5s'`;
}

/**
 * Checks the option `clockTolerance`. Returns an error message, or `undefined` if it is valid.
 *
 * @param option the option as the application wrote it
 * @param value the same in milliseconds
 */
export function toleranceProblem(option: Duration | undefined, value: number): string | undefined {
  // In 0.1 a number was seconds. To read it as milliseconds would be a silent change.
  if (typeof option === 'number' && option > 0 && option <= 300) {
    return `clockTolerance: ${option} is ${option} milliseconds, not seconds; write '${option}s'`;
  }
  return value <= MAX_TOLERANCE
    ? undefined
    : "clockTolerance must be a duration of at most 5 minutes, such as '5s' (RFC 9068 section 4)";
}
