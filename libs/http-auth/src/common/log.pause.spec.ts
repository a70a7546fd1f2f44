import { describe, expect, it } from '@jest/globals';
import { LogPause } from './log.pause.js';

describe('LogPause', () => {
  it('skips lines of the same kind for a minute, and counts them', () => {
    const pause = new LogPause();
    const times = [0, 1, 59_999, 60_000, 60_001, 200_000];
    expect(times.map((time) => pause.next('a', time))).toEqual([0, undefined, undefined, 2, undefined, 1]);
    expect(pause.next('b', 1)).toBe(0);
  });

  it('lets all further kinds share one pause if there are too many', () => {
    const pause = new LogPause();
    const lines = Array.from({ length: 1000 }, (_, index) => pause.next(`kind ${index}`, 0));
    expect(lines.filter((line) => line !== undefined)).toHaveLength(101);
  });
});
