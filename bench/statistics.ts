/** A ratio with the ends of its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The measurements of a subject: one list for each launch of its process, one number for each round. */
export type Samples = readonly (readonly number[])[];

/** Numbers from 0 to below 1, the same ones for the same seed, so that a report can be made again (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The elements in another order, each order as likely as any other (Fisher and Yates). */
export function shuffled<T>(elements: readonly T[], random: () => number): T[] {
  const result = [...elements];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** The quantile of numbers in ascending order, between two of them where it falls there. */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  if (sorted.length === 0) throw new RangeError('There is no quantile of nothing');
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

/** The median of numbers in any order. */
export function median(numbers: ArrayLike<number>): number {
  return quantile(Float64Array.from(numbers).toSorted(), 0.5);
}

/** What one subject takes of what another one takes, round by round: both were measured within the same seconds. */
export function ratios(subject: Samples, baseline: Samples): Samples {
  if (subject.length !== baseline.length) throw new RangeError('The two were not launched together');
  return subject.map((rounds, launch) => {
    const base = baseline[launch] as readonly number[];
    if (base.length !== rounds.length) throw new RangeError('The two were not measured in the same rounds');
    return rounds.map((value, round) => value / (base[round] as number));
  });
}

/** What a subject would take if it added to another baseline what it adds to its own, round by round. */
export function moved(subject: Samples, own: Samples, other: Samples): Samples {
  return subject.map((rounds, launch) =>
    rounds.map((value, round) => value - (own[launch]?.[round] as number) + (other[launch]?.[round] as number)),
  );
}

/**
 * The medians of `count` resamples, in ascending order: launches are drawn with replacement, and rounds from each of them,
 * because two launches of one program differ by more than two rounds of one launch.
 */
function resample(samples: Samples, random: () => number, count: number): Float64Array {
  const size = Math.max(...samples.map((rounds) => rounds.length));
  const pick = <T>(elements: readonly T[]): T => elements[Math.floor(random() * elements.length)] as T;
  return Float64Array.from({ length: count }, () => {
    const drawn = samples.flatMap(() => {
      const rounds = pick(samples);
      return Array.from({ length: size }, () => pick(rounds));
    });
    return median(drawn);
  });
}

/** The median with its 95 % interval, by the bootstrap. */
export function estimate(samples: Samples, random: () => number, count = 1000): Estimate {
  const medians = resample(samples, random, count).toSorted();
  return { value: median(samples.flat()), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/** What Welch's test finds of two lists. */
export interface Welch {
  /** How much greater the mean of the first is, with the ends of a 95 % interval (for lists that are long). */
  readonly difference: Estimate;
  /** That difference in its own standard errors. */
  readonly t: number;
  /** The degrees of freedom of t (Welch and Satterthwaite). */
  readonly freedom: number;
}

/** The quantile of the normal distribution that 2.5 % are above. */
const NORMAL = 1.96;

/** Welch's t-test: whether two lists have one mean, be their variances what they are. */
export function welch(first: readonly number[], second: readonly number[]): Welch {
  const [a, b] = [errorOf(first), errorOf(second)];
  const error = a.squared + b.squared;
  const value = a.mean - b.mean;
  const reach = NORMAL * Math.sqrt(error);
  return {
    difference: { value, low: value - reach, high: value + reach },
    t: value / Math.sqrt(error),
    freedom: error ** 2 / (a.squared ** 2 / (first.length - 1) + b.squared ** 2 / (second.length - 1)),
  };
}

/** The mean of numbers, and the square of its standard error. */
function errorOf(numbers: readonly number[]) {
  if (numbers.length < 2) throw new RangeError('There is no variance of less than two numbers');
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / (numbers.length - 1);
  return { mean, squared: variance / numbers.length };
}
