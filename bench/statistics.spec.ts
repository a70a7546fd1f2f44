import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { estimate, median, moved, quantile, ratios, seeded, shuffled, welch } from './statistics.js';

const numbers = fc.array(fc.double({ min: 0.1, max: 1000, noNaN: true }), { minLength: 1, maxLength: 30 });
const samples = fc.array(numbers, { minLength: 1, maxLength: 4 });

describe('The median', () => {
  it('has as many numbers below it as above it', () => {
    fc.assert(
      fc.property(numbers, (list) => {
        const middle = median(list);
        const below = list.filter((number) => number < middle).length;
        const above = list.filter((number) => number > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(list.length / 2);
      }),
    );
  });

  it('does not depend on the order, and leaves it alone', () => {
    fc.assert(
      fc.property(numbers, fc.integer(), (list, seed) => {
        const before = [...list];
        expect(median(shuffled(list, seeded(seed)))).toBe(median(list));
        expect(list).toEqual(before);
      }),
    );
  });

  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[7], 7],
  ])('of %j is %d', (list, expected) => {
    expect(median(list)).toBe(expected);
  });

  it('of nothing is not there', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('A quantile', () => {
  it('lies between the ends, and grows with its fraction', () => {
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(numbers, fraction, fraction, (list, one, other) => {
        const sorted = list.toSorted((left, right) => left - right);
        const [low, high] = [Math.min(one, other), Math.max(one, other)].map((part) => quantile(sorted, part));
        expect(low).toBeGreaterThanOrEqual(sorted[0] as number);
        expect(high).toBeLessThanOrEqual((sorted.at(-1) as number) * (1 + Number.EPSILON * 4));
        // Between two neighbours that are equal, the last bit may differ.
        expect(low).toBeLessThanOrEqual((high as number) * (1 + Number.EPSILON * 4));
      }),
    );
  });
});

describe('A shuffled list', () => {
  it('has the same elements', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (list, seed) => {
        const ascending = (of: number[]) => of.toSorted((one, other) => one - other);
        expect(ascending(shuffled(list, seeded(seed)))).toEqual(ascending(list));
      }),
    );
  });
});

describe('Seeded numbers', () => {
  it('are the same for the same seed, and never leave the range', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [one, other] = [seeded(seed), seeded(seed)];
        for (let draw = 0; draw < 20; draw++) {
          const number = one();
          expect(number).toBe(other());
          expect(number >= 0 && number < 1).toBe(true);
        }
      }),
    );
  });
});

describe('The ratios of two subjects', () => {
  it('cancel what both have in common in a round', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0.5, max: 2, noNaN: true }), (baseline, factor) => {
        const subject = baseline.map((rounds) => rounds.map((value) => value * factor));
        for (const ratio of ratios(subject, baseline).flat()) expect(ratio).toBeCloseTo(factor, 10);
      }),
    );
  });

  it('need the same launches and the same rounds', () => {
    expect(() => ratios([[1, 2]], [[1, 2], [3]])).toThrow(RangeError);
    expect(() => ratios([[1, 2]], [[1]])).toThrow(RangeError);
  });
});

describe('An estimate', () => {
  it('is the median, within its interval, within the measurements', () => {
    fc.assert(
      fc.property(samples, fc.integer(), (list, seed) => {
        const { value, low, high } = estimate(list, seeded(seed), 50);
        const all = list.flat();
        expect(value).toBe(median(all));
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(Math.min(...all) * (1 - Number.EPSILON * 4));
        expect(high).toBeLessThanOrEqual(Math.max(...all) * (1 + Number.EPSILON * 4));
      }),
    );
  });

  it('has no width where nothing scatters', () => {
    expect(estimate([[2, 2], [2]], seeded(1))).toEqual({ value: 2, low: 2, high: 2 });
  });

  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(samples, fc.integer(), (list, seed) => {
        expect(estimate(list, seeded(seed), 20)).toEqual(estimate(list, seeded(seed), 20));
      }),
    );
  });

  it('grows narrower with more rounds', () => {
    const random = seeded(7);
    const draw = (count: number) => [Array.from({ length: count }, random)];
    const width = (count: number) => {
      const { low, high } = estimate(draw(count), random);
      return high - low;
    };
    expect(width(1000)).toBeLessThan(width(20));
  });

  it('holds the truth about 95 times in a hundred', () => {
    const random = seeded(42);
    let held = 0;
    for (let campaign = 0; campaign < 200; campaign++) {
      const { low, high } = estimate([Array.from({ length: 40 }, random)], random, 200);
      if (low <= 0.5 && high >= 0.5) held++;
    }
    expect(held).toBeGreaterThan(175);
  });

  it('is wider where launches differ than where only rounds do', () => {
    const random = seeded(3);
    const launches = (shift: number) =>
      Array.from({ length: 6 }, (_, launch) => Array.from({ length: 30 }, () => 1 + shift * launch + random() / 10));
    const width = (list: number[][]) => {
      const { low, high } = estimate(list, random);
      return high - low;
    };
    expect(width(launches(0.05))).toBeGreaterThan(2 * width(launches(0)));
  });
});

describe('A subject that is moved to another baseline', () => {
  it('adds to that one what it adds to its own', () => {
    expect(moved([[13, 14], [15]], [[10, 10], [11]], [[20, 21], [22]])).toEqual([[23, 25], [26]]);
  });

  it('stays what it is on its own', () => {
    const whole = fc.array(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }), { minLength: 1 });
    fc.assert(
      fc.property(whole, (list) => {
        expect(moved(list, list, list)).toEqual(list);
      }),
    );
  });
});

describe("Welch's test", () => {
  it.each([
    // Computed with the statistics module of Python.
    [[1, 2, 3, 4], [2, 4, 6, 8, 10], -2.2514363231593695, 5.520787746170677],
    [
      [27.5, 21, 19, 23.6, 17, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19, 21.7, 21.4],
      [27.1, 22, 20.8, 23.4, 23.4, 23.5, 25.8, 22, 24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 24.4],
      -2.852954870171521,
      27.88730398842012,
    ],
  ])('of %j and %j finds t = %d', (first, second, t, freedom) => {
    const found = welch(first, second);
    expect(found.t).toBeCloseTo(t, 10);
    expect(found.freedom).toBeCloseTo(freedom, 10);
  });

  it('has its difference in the middle of its interval, and finds none within one list', () => {
    const { difference } = welch([1, 2, 3, 4], [2, 4, 6, 8, 10]);
    expect(difference.value).toBe(-3.5);
    expect(difference.high - difference.value).toBeCloseTo(1.96 * (3.5 / 2.2514363231593695), 10);
    expect(difference.value - difference.low).toBeCloseTo(1.96 * (3.5 / 2.2514363231593695), 10);
    expect(welch([1, 2, 4], [4, 1, 2]).t).toBe(0);
  });

  it('does not depend on the unit, nor on where the zero is', () => {
    const list = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(list, list, (first, second) => {
        fc.pre(new Set(first).size > 1);
        const change = (of: readonly number[]) => of.map((number) => number * 8 + 5);
        expect(welch(change(first), change(second)).t).toBeCloseTo(welch(first, second).t, 6);
        expect(welch(second, first).t).toBeCloseTo(-welch(first, second).t, 6);
      }),
    );
  });

  it('of a single number is not there', () => {
    expect(() => welch([1], [1, 2])).toThrow(RangeError);
  });
});
