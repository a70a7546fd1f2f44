import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Underway } from './underway.js';

/** Returns a list to which each waiting attempt adds its result. */
function waiting(underway: Underway, ...names: string[]): string[] {
  const told: string[] = [];
  for (const name of names) void underway.left('key').then((freed) => told.push(`${name} ${freed}`));
  return told;
}

describe('Underway', () => {
  it('continues one waiting attempt if a place is free, and all if no attempt is running', async () => {
    const underway = new Underway();
    for (let time = 0; time < 3; time++) underway.enter('key');
    const told = waiting(underway, 'a', 'b', 'c');
    underway.leave('key', true);
    await setImmediate();
    expect(told).toEqual(['a true']);
    underway.leave('key', false);
    await setImmediate();
    expect(told).toEqual(['a true']);
    expect(underway.has('key')).toBe(true);
    underway.leave('key', false);
    await setImmediate();
    expect(told).toEqual(['a true', 'b false', 'c false']);
    expect([underway.has('key'), underway.idle]).toEqual([false, true]);
  });

  it('does not wait if no attempt with the key is running', async () => {
    const underway = new Underway();
    underway.enter('other');
    expect(await underway.left('key')).toBe(false);
    underway.leave('key', true);
    expect(underway.idle).toBe(false);
  });
});
