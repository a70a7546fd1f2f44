/** A ratio with the ends of its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What was measured in one launch of a process: slices of the load, of which only the fastest are kept. */
export interface Launch {
  /** How many slices there were. */
  readonly slices: number;
  /** The fastest of them, in ascending order, as many as {@link KEPT} says. */
  readonly fastest: readonly number[];
}

/** The part of the slices of a launch that is kept. */
const KEPT = 0.1;

/** The part of all slices that is faster than what counts as the cost: {@link undisturbed}. */
const UNDISTURBED = 0.01;

/** A launch, of all its slices. */
export function launchOf(slices: readonly number[]): Launch {
  const sorted = slices.toSorted((one, other) => one - other);
  return { slices: slices.length, fastest: sorted.slice(0, Math.ceil(slices.length * KEPT)) };
}

/**
 * What a request costs while nobody else is in the way: the slowest of the fastest hundredth of all slices. What a shared machine does
 * to a process only ever slows it down, by up to a factor of two here and for seconds at a time, so the median says more of the
 * neighbours than of the process (Chen and Revels, "Robust benchmarking in noisy environments", 2016, section III).
 *
 * @throws RangeError where too few slices are left to tell
 */
export function undisturbed(launches: readonly Launch[]): number {
  const total = launches.reduce((sum, { slices }) => sum + slices, 0);
  const sorted = Float64Array.from(launches.flatMap(({ fastest }) => fastest)).toSorted();
  const rank = Math.max(Math.ceil(total * UNDISTURBED) - 1, 0);
  if (rank >= sorted.length) throw new RangeError('There is no cost without slices');
  const cost = sorted[rank] as number;
  // What a launch has left out is not faster than the last that it has kept.
  if (launches.some(({ slices, fastest }) => fastest.length < slices && (fastest.at(-1) ?? 0) < cost)) {
    throw new RangeError('The slices that a launch has left out may be faster than what is asked for');
  }
  return cost;
}

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

/** The quantile of the normal distribution that 2.5 % are above. */
const NORMAL = 1.96;

/** Student's quantile that 2.5 % are above, by the degrees of freedom: from 1 to 9, where the normal distribution's is far off. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/**
 * What `of` makes of the launches, with its 95 % interval, by the bootstrap: it is asked again for launches that are drawn with
 * replacement, since two launches of one program differ by more than two slices of one launch. Of few launches, that makes the interval
 * too narrow; it is widened by as much as that of a mean would be (Hesterberg, "What Teachers Should Know About the Bootstrap", 2015,
 * section 5.3), by factors, as what is asked for is a cost or a ratio of costs.
 *
 * @param count how many launches there are
 * @param of is given which of them were drawn, by their indices
 */
export function estimate(
  count: number,
  of: (drawn: readonly number[]) => number,
  random: () => number,
  resamples = 400,
): Estimate {
  const all = Array.from({ length: count }, (_, launch) => launch);
  const value = of(all);
  const drawn = Float64Array.from({ length: resamples }, () => of(all.map(() => Math.floor(random() * count))));
  const sorted = drawn.toSorted();
  const freedom = count - 1;
  const wider = freedom === 0 ? 1 : (Math.sqrt(count / freedom) * student(freedom)) / NORMAL;
  const at = (fraction: number) => value * (quantile(sorted, fraction) / value) ** wider;
  return { value, low: Math.min(at(0.025), value), high: Math.max(at(0.975), value) };
}

function student(freedom: number): number {
  return STUDENT[freedom - 1] ?? NORMAL + 2.5 / freedom;
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
