import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { estimate, launchOf, median, quantile, seeded, shuffled, undisturbed, welch } from './statistics.js';

const numbers = fc.array(fc.double({ min: 0.1, max: 1000, noNaN: true }), { minLength: 1, maxLength: 30 });
const launches = fc.array(numbers, { minLength: 1, maxLength: 4 });

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

describe('What a request costs while nobody is in the way', () => {
  it('is one of the slices, and there are no more than a hundredth below it', () => {
    fc.assert(
      fc.property(launches, (list) => {
        const all = list.flat();
        const cost = undisturbed(list.map(launchOf));
        expect(all).toContain(cost);
        expect(all.filter((slice) => slice < cost).length).toBeLessThanOrEqual(all.length / 100);
      }),
    );
  });

  it('needs no more of a launch than what is kept of it', () => {
    const random = seeded(5);
    const list = Array.from({ length: 8 }, () => Array.from({ length: 400 }, random));
    const all = list.flat().toSorted((one, other) => one - other);
    expect(launchOf(list[0] as number[]).fastest).toHaveLength(40);
    expect(undisturbed(list.map(launchOf))).toBe(all[31]);
  });

  it('is not guessed where that is too little', () => {
    const of = (length: number, slice: number) => launchOf(Array.from({ length }, () => slice));
    expect(undisturbed([of(100, 1), of(900, 2)])).toBe(1);
    // The hundredth of them all would be among those that the fast launch has left out.
    expect(() => undisturbed([of(100, 1), of(2000, 2)])).toThrow(RangeError);
    expect(() => undisturbed([])).toThrow(RangeError);
  });

  it('does not change where most slices are twice as slow for a while', () => {
    const random = seeded(11);
    const slices = () => Array.from({ length: 2000 }, () => 30 + random());
    const quiet = [slices(), slices(), slices()];
    const shared = quiet.map((list) => list.map((slice, index) => (index % 200 < 160 ? slice * 2 : slice)));
    const [alone, beside] = [quiet, shared].map((list) => undisturbed(list.map(launchOf))) as [number, number];
    expect(beside / alone).toBeCloseTo(1, 2);
    expect(median(shared.flat()) / median(quiet.flat())).toBeGreaterThan(1.9);
  });
});

describe('An estimate', () => {
  /** The mean of the numbers that were drawn. */
  const meanOf = (list: readonly number[]) => (drawn: readonly number[]) =>
    drawn.reduce((sum, index) => sum + (list[index] as number), 0) / drawn.length;

  it('is of all launches, and lies in its interval', () => {
    fc.assert(
      fc.property(numbers, fc.integer(), (list, seed) => {
        const { value, low, high } = estimate(list.length, meanOf(list), seeded(seed), 50);
        expect(value).toBeCloseTo(list.reduce((sum, one) => sum + one, 0) / list.length, 6);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
      }),
    );
  });

  it('has no width where nothing scatters', () => {
    expect(estimate(3, meanOf([2, 2, 2]), seeded(1))).toEqual({ value: 2, low: 2, high: 2 });
  });

  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(numbers, fc.integer(), (list, seed) => {
        const again = () => estimate(list.length, meanOf(list), seeded(seed), 20);
        expect(again()).toEqual(again());
      }),
    );
  });

  it('grows narrower with more launches', () => {
    const random = seeded(7);
    const width = (count: number) => {
      const { low, high } = estimate(count, meanOf(Array.from({ length: count }, random)), random);
      return high - low;
    };
    expect(width(200)).toBeLessThan(width(10));
  });

  it.each([3, 5, 40])('of %d launches holds the truth about 95 times in a hundred', (count) => {
    const random = seeded(42);
    let held = 0;
    for (let campaign = 0; campaign < 400; campaign++) {
      const list = Array.from({ length: count }, () => random() + random() + random());
      const { low, high } = estimate(count, meanOf(list), random, 200);
      if (low <= 1.5 && high >= 1.5) held++;
    }
    expect(held).toBeGreaterThan(360);
    expect(held).toBeLessThan(396);
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
