import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryOfProofs } from './used.proofs.js';

describe('[DPOP-20] The memory of used proofs', () => {
  it('accepts a proof once, also at another second', () => {
    const memory = new MemoryOfProofs().serve(10, 70);
    expect(['a', 'a', 'b'].map((key) => memory.use(key, 1000, 1000))).toEqual(['new', 'used', 'new']);
    expect(memory.use('a', 1001, 1001)).toBe('used');
  });

  it('forgets proofs when they are too old, and does not accept them again if the clock is set back', () => {
    const memory = new MemoryOfProofs().serve(10, 70);
    memory.use('a', 1000, 1000);
    memory.use('b', 1071, 1071);
    expect(memory.size).toBe(2);
    memory.use('c', 1072, 1072);
    expect(memory.size).toBe(2);
    expect(memory.use('a', 1000, 1000)).toBe('unknown');
  });

  it('forgets the oldest proofs if it is full, and refuses all that are as old', () => {
    const memory = new MemoryOfProofs().serve(2, 70);
    memory.use('old', 1000, 1010);
    memory.use('young', 1005, 1010);
    expect(memory.use('younger', 1006, 1010)).toBe('new');
    expect(memory.size).toBe(2);
    expect(['old', 'other'].map((key) => memory.use(key, 1000, 1010))).toEqual(['unknown', 'unknown']);
    expect(memory.use('young', 1005, 1010)).toBe('used');
  });

  it('never accepts a proof twice, and never has more than its maximum', () => {
    const uses = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: -80, max: 10 }), fc.nat(5)), { maxLength: 100 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), uses, (max, all) => {
        const memory = new MemoryOfProofs().serve(max, 70);
        const accepted = new Set<string>();
        const times = new Map<string, number>();
        let now = 10_000;
        for (const [name, age, pause] of all) {
          now += pause;
          const key = String(name);
          // A proof has one time.
          const time = times.get(key) ?? now + age;
          times.set(key, time);
          // The scheme refuses others before.
          if (time + 70 < now || time > now + 10) continue;
          const use = memory.use(key, time, now);
          expect(use === 'new' && accepted.has(key)).toBe(false);
          if (use === 'new') accepted.add(key);
          expect(memory.size).toBeLessThanOrEqual(max);
        }
      }),
    );
  });
});
