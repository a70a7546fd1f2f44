import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Running } from './running.js';

/** Returns a list to which each waiting attempt adds its result. */
function waiting(running: Running, ...names: string[]): string[] {
  const told: string[] = [];
  for (const name of names) void running.left('key').then((freed) => told.push(`${name} ${freed}`));
  return told;
}

describe('Running', () => {
  it('continues one waiting attempt if a place is free, and all if no attempt is running', async () => {
    const running = new Running();
    for (let time = 0; time < 3; time++) running.enter('key');
    const told = waiting(running, 'a', 'b', 'c');
    running.leave('key', true);
    await setImmediate();
    expect(told).toEqual(['a true']);
    running.leave('key', false);
    await setImmediate();
    expect(told).toEqual(['a true']);
    expect(running.has('key')).toBe(true);
    running.leave('key', false);
    await setImmediate();
    expect(told).toEqual(['a true', 'b false', 'c false']);
    expect(running.has('key')).toBe(false);
  });

  it('does not wait if no attempt with the key is running', async () => {
    const running = new Running();
    running.enter('other');
    expect(await running.left('key')).toBe(false);
    running.leave('key', true);
    expect(running.has('other')).toBe(true);
  });
});
