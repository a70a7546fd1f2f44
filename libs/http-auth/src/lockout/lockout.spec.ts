import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { HttpRequest } from '../http/request.js';
import { type Attempt, Refusal } from './attempt.js';
import type { LimitOptions } from './limits.js';
import { Lockout } from './lockout.js';

const limits = { perUserAndAddress: 2, perAddress: 3, perUser: 3 };

const from = (ip: string) => ({ method: 'GET', url: '/', headers: {}, ip }) as HttpRequest;

/** One login attempt at one process. The password decides the result. */
interface Try {
  process: number;
  username: string;
  address: string;
  password: string;
}

/** Waves of attempts. Each wave ends before the next one starts. */
const waves: fc.Arbitrary<Try[][]> = fc.array(
  fc.array(
    fc.record({
      process: fc.nat({ max: 1 }),
      username: fc.constantFrom('alice', 'bob'),
      address: fc.constantFrom('192.0.2.1', '192.0.2.2'),
      password: fc.constantFrom('good', 'bad', 'worse', 'worst'),
    }),
    { minLength: 1, maxLength: 10, size: 'max' },
  ),
  { minLength: 2, maxLength: 8, size: 'max' },
);

/** Runs all attempts and counts their results. The attempts of a wave start and end in any order. */
async function run(lockouts: Lockout[], all: Try[][], scheduler: fc.Scheduler) {
  const failures = new Map<string, number>();
  const admitted = new Set<string>();
  const refused: { needless: boolean }[] = [];
  const count = (key: string) => failures.get(key) ?? 0;
  const one = async (index: number, { process, username, address, password }: Try) => {
    await scheduler.schedule(Promise.resolve(), `start ${index}`);
    const lockout = lockouts[process % lockouts.length] as Lockout;
    const attempt = await lockout.begin({ username, password }, from(address));
    const pair = `${username} ${address}`;
    if (attempt instanceof Refusal) {
      const reached = count(pair) >= 2 || count(address) >= 3 || (count(username) >= 3 && !admitted.has(pair));
      refused.push({ needless: !reached });
      return;
    }
    await scheduler.schedule(Promise.resolve(), `verify ${index}`);
    if (password === 'good') admitted.add(pair);
    else for (const key of [pair, address, username]) failures.set(key, count(key) + 1);
    lockout.end(attempt, password === 'good' ? 'success' : 'failure');
  };
  for (const wave of all) await scheduler.waitFor(Promise.all(wave.map((each, index) => one(index, each))));
  return { failures, admitted, refused };
}

describe('Lockout', () => {
  const shared = () => ({ ...limits, limiter: new RateLimiterMemory({ points: 1, duration: 1 }) });

  it.each<[string, () => LimitOptions, number]>([
    ['one process', () => limits, 1],
    ['one process with shared counters', shared, 1],
    ['two processes with shared counters', shared, 2],
  ])(
    'never allows more failures than the limits, in any order: %s',
    async (_, options, processes) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), waves, async (scheduler, all) => {
          const given = options();
          const lockouts = Array.from({ length: processes }, () => new Lockout(given));
          const { failures, admitted, refused } = await run(lockouts, all, scheduler);
          const limitOf = (key: string) => {
            if (key.includes(' ')) return limits.perUserAndAddress;
            if (key.includes('.')) return limits.perAddress;
            return [...admitted].some((pair) => pair.startsWith(key)) ? Infinity : limits.perUser;
          };
          expect([...failures].filter(([key, count]) => count > limitOf(key))).toEqual([]);
          // In one process, no attempt is refused because of other attempts that are still running.
          expect(refused.filter(({ needless }) => processes === 1 && needless)).toEqual([]);
        }),
        { numRuns: 200 },
      );
    },
    60_000,
  );

  it('does not count a single attempt without a previous failure', async () => {
    const lockout = new Lockout();
    for (let time = 0; time < 100; time++) {
      const attempt = (await lockout.begin({ username: 'alice', password: 'good' }, from('192.0.2.1'))) as Attempt;
      expect([attempt.counted, attempt.entered]).toEqual([undefined, []]);
      lockout.end(attempt, 'success');
    }
  });

  it('lets equal attempts wait for the first one, so that they do not use up the limit', async () => {
    const given = shared();
    const lockouts = [new Lockout(given), new Lockout(given)];
    const all = Array.from({ length: 40 }, async (_, index) => {
      const lockout = lockouts[index % 2] as Lockout;
      const attempt = await lockout.begin({ username: 'alice', password: 'good' }, from('192.0.2.1'));
      await setImmediate();
      if (!(attempt instanceof Refusal)) lockout.end(attempt, 'success');
      return attempt;
    });
    expect((await Promise.all(all)).filter((attempt) => attempt instanceof Refusal)).toEqual([]);
  });

  it('does not accept known credentials without counting while other passwords are being tried', async () => {
    const lockout = new Lockout({ perUserAndAddress: 1 });
    const begin = (password: string) => lockout.begin({ username: 'alice', password }, from('192.0.2.1'));
    const first = begin('good');
    const second = begin('good');
    lockout.end((await first) as Attempt, 'success');
    lockout.end((await second) as Attempt, 'success');
    const alone = begin('bad');
    const guess = begin('worse');
    const good = begin('good');
    expect(await Promise.race([good, setImmediate('waits')])).toBe('waits');
    lockout.end((await alone) as Attempt, 'failure');
    expect([await guess, await good]).toEqual([expect.any(Refusal), expect.any(Refusal)]);
  });

  it('counts different spellings of a username together, and long usernames apart', async () => {
    const lockout = new Lockout({ perUserAndAddress: 2 });
    const fail = async (name: string) => {
      const attempt = await lockout.begin({ username: name, password: 'bad' }, from('192.0.2.1'));
      if (attempt instanceof Refusal) return attempt.status;
      lockout.end(attempt, 'failure');
      return 401;
    };
    expect([await fail('Alice'), await fail(' alice '), await fail('ALICE')]).toEqual([401, 401, 429]);
    const long = 'x'.repeat(10_000);
    expect([await fail(`${long}1`), await fail(`${long}2`)]).toEqual([401, 401]);
  });

  it('does not treat a user as known who logged in with another case of the username', async () => {
    const lockout = new Lockout({ perUserAndAddress: 1, perUser: 1 });
    const end = (attempt: unknown, ending: 'success' | 'failure') => lockout.end(attempt as Attempt, ending);
    end(await lockout.begin({ username: 'Alice', password: 'hers' }, from('192.0.2.1')), 'success');
    end(await lockout.begin({ username: 'alice', password: 'bad' }, from('192.0.2.2')), 'failure');
    expect(await lockout.begin({ username: 'alice', password: 'hers' }, from('192.0.2.1'))).toBeInstanceOf(Refusal);
    expect(await lockout.begin({ username: 'Alice', password: 'hers' }, from('192.0.2.1'))).not.toBeInstanceOf(Refusal);
  });

  it('distinguishes an address from a username that looks like one', async () => {
    const lockout = new Lockout({ perUserAndAddress: 1, perAddress: 2, perUser: 2 });
    for (const name of ['192.0.2.2', 'pair 192.0.2.2', 'address 192.0.2.2']) {
      const attempt = await lockout.begin({ username: name, password: 'bad' }, from('192.0.2.1'));
      if (!(attempt instanceof Refusal)) lockout.end(attempt, 'failure');
    }
    expect(await lockout.begin({ username: 'alice', password: 'good' }, from('192.0.2.2'))).not.toBeInstanceOf(Refusal);
  });

  it('limits its memory if 100,000 usernames fail from 100,000 addresses', async () => {
    const lockout = new Lockout();
    for (let index = 0; index < 100_000; index++) {
      const ip = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
      const attempt = await lockout.begin({ username: `user ${index}`, password: 'bad' }, from(ip));
      lockout.end(attempt as Attempt, 'failure');
    }
    expect(sizesOf(lockout)).toEqual([50_000, 50_000, 50_000]);
  }, 60_000);
});

/** Returns the number of suspects, of bounded counters, and of counters in rate-limiter-flexible. */
function sizesOf(lockout: Lockout): number[] {
  const { suspects, counters } = lockout as unknown as {
    suspects: { size: number };
    counters: { memory: { keys: { size: number }; limiter: RateLimiterMemory } };
  };
  return [suspects.size, counters.memory.keys.size, counters.memory.limiter.dump().storage.length];
}
