import { describe, expect, it } from '@jest/globals';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Counters } from './counters.js';
import { Releases } from './releases.js';

const DAYS_14 = 14 * 24 * 60 * 60 * 1000;

describe('Releases', () => {
  it('are the seconds of their time, and rise', async () => {
    const releases = new Releases(new Counters({}));
    expect(releases.latest('alice')).toBe('');
    const before = Math.floor(Date.now() / 1000);
    await releases.add('alice');
    const first = Number(releases.latest('alice'));
    expect([first >= before, first <= Date.now() / 1000]).toEqual([true, true]);
    await releases.add('alice');
    await releases.add('alice');
    expect(releases.latest('alice')).toMatch(/^\d+ $/);
    expect(Number(releases.latest('alice'))).toBeGreaterThanOrEqual(first + 2);
    expect(releases.latest('bob')).toBe('');
  });

  it('are known to another process after it has asked, for two weeks', async () => {
    const limiter = new RateLimiterMemory({ points: 1, duration: 1 });
    const [one, other] = [new Releases(new Counters({ limiter })), new Releases(new Counters({ limiter }))];
    expect(await other.refresh('alice')).toBe(false);
    await one.add('alice');
    expect(other.latest('alice')).toBe('');
    expect([await other.refresh('alice'), await other.refresh('alice')]).toEqual([true, false]);
    expect(other.latest('alice')).toBe(one.latest('alice'));
    expect(await one.refresh('alice')).toBe(false);
    for (const releases of [one, other]) {
      const { times } = releases as unknown as { times: { getRemainingTTL(key: string): number } };
      const rest = times.getRemainingTTL('alice');
      expect([rest > DAYS_14 - 60_000, rest <= DAYS_14]).toEqual([true, true]);
    }
  });

  it('follow a release of another process, also if its clock is ahead', async () => {
    const limiter = new RateLimiterMemory({ points: 1, duration: 1 });
    const [counters, releases] = [new Counters({ limiter }), new Releases(new Counters({ limiter }))];
    const ahead = Math.floor(Date.now() / 1000) + 1000;
    await counters.store('release alice', ahead, 60);
    await releases.add('alice');
    expect(Number(releases.latest('alice'))).toBe(ahead + 1);
  });
});
