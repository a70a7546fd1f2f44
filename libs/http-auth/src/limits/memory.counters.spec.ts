import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { MemoryCounters } from './memory.counters.js';

const counters = (max = 3) => new MemoryCounters(max, 60_000);
const countOf = (memory: MemoryCounters, key: string) => memory.get(key)?.count;

describe('MemoryCounters', () => {
  it('count up and down, and remove a counter without failures', () => {
    const memory = counters();
    expect([memory.add('a', 3).count, memory.add('a', 3).count, memory.size]).toEqual([1, 2, 1]);
    memory.reward('a');
    expect(countOf(memory, 'a')).toBe(1);
    memory.reward('a');
    expect([countOf(memory, 'a'), memory.size]).toEqual([undefined, 0]);
    memory.reward('a');
    expect([countOf(memory, 'a'), memory.add('a', 3).count]).toEqual([undefined, 1]);
  });

  it('are reset after the window, which starts with the first failure', async () => {
    const memory = new MemoryCounters(3, 100);
    const before = performance.now();
    const { until } = memory.add('a', 3);
    expect([until >= before + 100, until <= performance.now() + 100]).toEqual([true, true]);
    await setTimeout(20);
    expect(memory.add('a', 3)).toMatchObject({ count: 2, until });
    await setTimeout(100);
    expect(countOf(memory, 'a')).toBeUndefined();
    memory.reward('a');
    expect(memory.add('a', 3).count).toBe(1);
  });

  it('of new names push out only other new names', () => {
    const memory = counters();
    for (let time = 0; time < 2; time++) memory.add('several', 3);
    for (let time = 0; time < 3; time++) memory.add('full', 3);
    for (const key of ['a', 'b', 'c', 'd']) memory.add(key, 3);
    expect(['several', 'full', 'a', 'b', 'c', 'd'].map((key) => countOf(memory, key))).toEqual([
      2,
      3,
      undefined,
      1,
      1,
      1,
    ]);
  });

  it('of several failures push out only each other, and not those at their limit', () => {
    const memory = counters();
    for (const key of ['full', 'full', 'full', 'a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'new']) memory.add(key, 3);
    expect(memory.size).toBe(5);
    expect(['full', 'a', 'b', 'c', 'd'].map((key) => countOf(memory, key))).toEqual([3, undefined, 2, 2, 2]);
  });

  it('at their limit push out each other, and stay in memory when they are counted again', () => {
    const memory = counters(2);
    for (const key of ['a', 'b', 'a', 'c']) memory.add(key, 1);
    expect(['a', 'b', 'c'].map((key) => countOf(memory, key))).toEqual([2, undefined, 1]);
  });

  it('change their group when a count is given back', () => {
    const memory = counters(1);
    for (let time = 0; time < 3; time++) memory.add('a', 3);
    memory.reward('a');
    memory.add('full', 1);
    expect(countOf(memory, 'a')).toBe(2);
    memory.reward('a');
    memory.add('new', 3);
    expect(countOf(memory, 'a')).toBeUndefined();
  });
});
