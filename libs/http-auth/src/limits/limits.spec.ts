import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { HttpRequest } from '../http/request.js';
import { type Attempt, Refusal } from './attempt.js';
import { hasLoggedIn } from './familiar.js';
import type { LimitOptions } from './limit.options.js';
import { Limits } from './limits.js';

/** Milliseconds of a day. */
const DAY = 86_400_000;

const maximum = { perUserAndAddress: 2, perAddress: 3, perUser: 3 };

const from = (ip: string) => ({ method: 'GET', url: '/', headers: {}, ip }) as HttpRequest;

/** Tries a wrong password. Returns the limit that is reached, or 401 if there is none. */
async function fail(limits: Limits, password: string, username = 'alice', address = '192.0.2.1') {
  const attempt = await limits.begin({ username, password }, from(address));
  if (attempt instanceof Refusal) return attempt.limit;
  limits.end(attempt, 'failure');
  return 401;
}

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
async function run(instances: Limits[], all: Try[][], scheduler: fc.Scheduler) {
  const failures = new Map<string, number>();
  // Each process counts the same wrong password of a user from an address once.
  const counted = new Set<string>();
  const admitted = new Set<string>();
  const refused: { needless: boolean }[] = [];
  const count = (key: string) => failures.get(key) ?? 0;
  const one = async (index: number, { process, username, address, password }: Try) => {
    await scheduler.schedule(Promise.resolve(), `start ${index}`);
    const limits = instances[process % instances.length] as Limits;
    const attempt = await limits.begin({ username, password }, from(address));
    const pair = `${username} ${address}`;
    if (attempt instanceof Refusal) {
      const reached = count(pair) >= 2 || count(address) >= 3 || (count(username) >= 3 && !admitted.has(pair));
      refused.push({ needless: !reached });
      return;
    }
    await scheduler.schedule(Promise.resolve(), `verify ${index}`);
    if (password === 'good') admitted.add(pair);
    else if (!counted.has(`${process % instances.length} ${pair} ${password}`)) {
      counted.add(`${process % instances.length} ${pair} ${password}`);
      for (const key of [pair, address, username]) failures.set(key, count(key) + 1);
    }
    limits.end(attempt, password === 'good' ? 'success' : 'failure');
  };
  for (const wave of all) await scheduler.waitFor(Promise.all(wave.map((each, index) => one(index, each))));
  return { failures, admitted, refused };
}

describe('Limits', () => {
  const shared = () => ({ ...maximum, limiter: new RateLimiterMemory({ points: 1, duration: 1 }) });

  it.each<[string, () => LimitOptions, number]>([
    ['one process', () => maximum, 1],
    ['one process with shared counters', shared, 1],
    ['two processes with shared counters', shared, 2],
  ])(
    'never allows more failures than the limits, in any order: %s',
    async (_, options, processes) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), waves, async (scheduler, all) => {
          const given = options();
          const instances = Array.from({ length: processes }, () => new Limits(given));
          const { failures, admitted, refused } = await run(instances, all, scheduler);
          const limitOf = (key: string) => {
            if (key.includes(' ')) return maximum.perUserAndAddress;
            if (key.includes('.')) return maximum.perAddress;
            return [...admitted].some((pair) => pair.startsWith(key)) ? Infinity : maximum.perUser;
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

  it('does not count credentials that were right from the same address before', async () => {
    const limits = new Limits({ ...maximum, limiter: new RateLimiterMemory({ points: 1, duration: 1 }) });
    const begin = async () =>
      (await limits.begin({ username: 'alice', password: 'good' }, from('192.0.2.1'))) as Attempt;
    const first = await begin();
    expect(first.counted).toHaveLength(6);
    limits.end(first, 'success');
    for (let time = 0; time < 10; time++) {
      const attempt = await begin();
      expect([attempt.counted, attempt.entered]).toEqual([undefined, []]);
      limits.end(attempt, 'success');
    }
  });

  it('counts the same wrong credentials once, for all limits', async () => {
    const limits = new Limits(maximum);
    for (let time = 0; time < 20; time++) expect(await fail(limits, 'old')).toBe(401);
    expect(await Promise.all(Array.from({ length: 20 }, () => fail(limits, 'old')))).toEqual(Array(20).fill(401));
    expect(await fail(limits, 'other')).toBe(401);
    // After the limit is reached, a repeated guess is refused like any other.
    for (const password of ['third', 'old']) expect(await fail(limits, password)).toBe('perUserAndAddress');
  });

  it('counts the same wrong credentials once in each window', async () => {
    const limits = new Limits({ ...maximum, window: '1s' });
    for (let time = 0; time < 3; time++) expect(await fail(limits, 'old')).toBe(401);
    await setTimeout(1100);
    for (let time = 0; time < 3; time++) expect(await fail(limits, 'old')).toBe(401);
    expect(await limits.status({ username: 'alice' })).toMatchObject([{ failures: 1 }]);
  });

  it('lets equal attempts continue together if the first one succeeds', async () => {
    const limits = new Limits(maximum);
    const begin = () => limits.begin({ username: 'alice', password: 'good' }, from('192.0.2.1'));
    const [first, ...others] = Array.from({ length: 5 }, begin);
    limits.end((await first) as Attempt, 'success');
    // None of them ends before all have begun, although there are more than the limit.
    const attempts = await Promise.all(others);
    expect(attempts.map((attempt) => attempt instanceof Refusal)).toEqual(Array(4).fill(false));
  });

  it('lets equal attempts continue together if the same password failed before', async () => {
    const limits = new Limits({ perUserAndAddress: 4 });
    const begin = () => limits.begin({ username: 'alice', password: 'old' }, from('192.0.2.1'));
    limits.end((await begin()) as Attempt, 'failure');
    const attempts = await Promise.all([begin(), begin()]);
    expect(attempts.map((attempt) => attempt instanceof Refusal)).toEqual([false, false]);
  });

  it.each(['success', 'neither'] as const)('lets a guess continue as soon as another ends with %s', async (ending) => {
    const limits = new Limits({ perUserAndAddress: 2 });
    const begin = (password: string) => limits.begin({ username: 'alice', password }, from('192.0.2.1'));
    const [good, , guess] = [begin('good'), begin('bad'), begin('worse')];
    const first = await good;
    expect(await Promise.race([guess, setImmediate('waits')])).toBe('waits');
    limits.end(first as Attempt, ending);
    expect(await guess).not.toBeInstanceOf(Refusal);
  });

  it.each([
    ['refuses', 'fails and reaches the limit', 'failure', new Refusal(429, 900, 'perUserAndAddress')],
    ['counts', 'ends without a result', 'neither', { counted: [{}, {}, {}] }],
  ] as const)('%s an equal attempt if the first one %s', async (_, __, ending, result) => {
    const limits = new Limits({ perUserAndAddress: 1 });
    const begin = () => limits.begin({ username: 'alice', password: 'bad' }, from('192.0.2.1'));
    const [first, equal] = [begin(), begin()];
    limits.end((await first) as Attempt, ending);
    expect(await equal).toMatchObject(result);
  });

  it('lets equal attempts wait for the first one, so that they do not use up the limit', async () => {
    const given = shared();
    const instances = [new Limits(given), new Limits(given)];
    const all = Array.from({ length: 40 }, async (_, index) => {
      const limits = instances[index % 2] as Limits;
      const attempt = await limits.begin({ username: 'alice', password: 'good' }, from('192.0.2.1'));
      await setImmediate();
      if (!(attempt instanceof Refusal)) limits.end(attempt, 'success');
      return attempt;
    });
    expect((await Promise.all(all)).filter((attempt) => attempt instanceof Refusal)).toEqual([]);
  });

  it('does not accept known credentials without counting while other passwords are being tried', async () => {
    const limits = new Limits({ perUserAndAddress: 1 });
    const begin = (password: string) => limits.begin({ username: 'alice', password }, from('192.0.2.1'));
    const first = begin('good');
    const second = begin('good');
    limits.end((await first) as Attempt, 'success');
    limits.end((await second) as Attempt, 'success');
    const alone = begin('bad');
    const guess = begin('worse');
    const good = begin('good');
    expect(await Promise.race([good, setImmediate('waits')])).toBe('waits');
    limits.end((await alone) as Attempt, 'failure');
    expect([await guess, await good]).toEqual([expect.any(Refusal), expect.any(Refusal)]);
  });

  it('limits its memory, and keeps the counters of a guessed user, if 60,000 other names and addresses fail', async () => {
    const limits = new Limits({ perUserAndAddress: 3, perUser: 4 });
    const guess = (password: string, address?: string) => fail(limits, password, 'alice', address);
    const flood = async (amount: number, ending: 'failure' | 'neither') => {
      for (let index = 0; index < amount; index++) {
        const ip = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
        const attempt = await limits.begin({ username: `user ${index}`, password: 'bad' }, from(ip));
        limits.end(attempt as Attempt, ending);
      }
    };
    expect([await guess('a'), await guess('b')]).toEqual([401, 401]);
    await flood(1000, 'neither');
    // The counters of alice. Attempts that did not fail leave none.
    expect(sizesOf(limits)).toEqual([2, 1, 3]);
    await flood(60_000, 'failure');
    expect(sizesOf(limits)).toEqual([50_000, 50_000, 50_003]);
    expect([await guess('c'), await guess('d')]).toEqual([401, 'perUserAndAddress']);
    expect([await guess('e', '192.0.2.2'), await guess('f', '192.0.2.2')]).toEqual([401, 'perUser']);
  }, 60_000);

  it('verifies equal parallel attempts at the same time if the first one ends without a result', async () => {
    const limits = new Limits({ perUserAndAddress: 30 });
    const begin = () => limits.begin({ username: 'alice', password: 'good' }, from('192.0.2.1')) as Promise<Attempt>;
    const [first, ...others] = Array.from({ length: 20 }, begin);
    limits.end((await first) as Attempt, 'neither');
    expect((await Promise.all(others)).filter((attempt) => attempt instanceof Refusal)).toEqual([]);
  });

  it.each(['before', 'during'])('refuses every attempt in time if a limit is reached %s a flood', async (when) => {
    const limiter = new RateLimiterMemory({ points: 1, duration: 1 });
    const slow = <T>(act: () => Promise<T>) => setTimeout(50).then(act);
    const { penalty, get } = limiter;
    limiter.penalty = (...args) => slow(() => penalty.apply(limiter, args));
    limiter.get = (...args) => slow(() => get.apply(limiter, args));
    const limits = new Limits({ limiter, perUserAndAddress: 1, perUser: 1 });
    const guess = (index: number) =>
      limits.begin({ username: 'alice', password: `${index}` }, from(`10.0.${index >> 8}.${index & 255}`));
    const attempt = (await guess(0)) as Attempt;
    if (when === 'before') limits.end(attempt, 'failure');
    const answers: Promise<unknown>[] = [];
    const state = { running: true };
    // New guesses arrive faster than the store responds.
    const flood = (async () => {
      for (let index = 1; state.running; index++) {
        answers.push(guess(index));
        await setTimeout(10);
      }
    })();
    if (when === 'during') {
      await setTimeout(300);
      limits.end(attempt, 'failure');
    }
    const first = await Promise.race([guess(1), setTimeout(20_000, 'late', { ref: false })]);
    state.running = false;
    await flood;
    expect(first).toMatchObject({ status: 429, limit: 'perUser' });
    expect((await Promise.all(answers)).every((answer) => answer instanceof Refusal)).toBe(true);
  });

  it('responds with 503 if failClosed is set and the store fails only when the login of a user is read', async () => {
    Logger.overrideLogger(false);
    const options = { ...shared(), failClosed: true, perUserAndAddress: 1, perUser: 1 };
    options.limiter.get = () => Promise.reject(new Error('gone'));
    const limits = new Limits(options);
    const begin = (ip: string) => limits.begin({ username: 'alice', password: 'bad' }, from(ip));
    limits.end((await begin('192.0.2.1')) as Attempt, 'failure');
    expect(await begin('192.0.2.2')).toMatchObject({ status: 503 });
  });

  it('counts different spellings of a username together, and long usernames apart', async () => {
    const limits = new Limits({ perUserAndAddress: 2 });
    for (const name of ['Alice', ' alice ']) expect(await fail(limits, 'bad', name)).toBe(401);
    expect(await fail(limits, 'bad', 'ALICE')).toBe('perUserAndAddress');
    const long = 'x'.repeat(10_000);
    for (const name of [`${long}1`, `${long}2`]) expect(await fail(limits, 'bad', name)).toBe(401);
  });

  it('does not treat a user as known who logged in with another case of the username', async () => {
    const limits = new Limits({ perUserAndAddress: 1, perUser: 1 });
    const end = (attempt: unknown, ending: 'success' | 'failure') => limits.end(attempt as Attempt, ending);
    end(await limits.begin({ username: 'Alice', password: 'hers' }, from('192.0.2.1')), 'success');
    end(await limits.begin({ username: 'alice', password: 'bad' }, from('192.0.2.2')), 'failure');
    expect(await limits.begin({ username: 'alice', password: 'hers' }, from('192.0.2.1'))).toBeInstanceOf(Refusal);
    expect(await limits.begin({ username: 'Alice', password: 'hers' }, from('192.0.2.1'))).not.toBeInstanceOf(Refusal);
  });

  it('distinguishes an address from a username that looks like one', async () => {
    const limits = new Limits({ perUserAndAddress: 1, perAddress: 2, perUser: 2 });
    for (const name of ['192.0.2.2', 'pair 192.0.2.2', 'address 192.0.2.2']) await fail(limits, 'bad', name);
    expect(await limits.begin({ username: 'alice', password: 'good' }, from('192.0.2.2'))).not.toBeInstanceOf(Refusal);
  });

  describe('logins', () => {
    const setup = (options: LimitOptions, scheme?: string) => {
      const limits = new Limits(options, scheme);
      return async (
        username: string,
        password: string,
        ending: 'success' | 'failure' | 'neither',
        ip = '192.0.2.1',
      ) => {
        const request = from(ip);
        const attempt = await limits.begin({ username, password }, request);
        if (attempt instanceof Refusal) return attempt.limit;
        limits.end(attempt, ending);
        return hasLoggedIn(request) ? 'known' : 'new';
      };
    };

    it('make the user known at the address, and nowhere else', async () => {
      const login = setup({});
      expect(await login('alice', 'good', 'success')).toBe('new');
      expect(await login('alice', 'good', 'success')).toBe('known');
      expect(await login('alice', 'other', 'failure')).toBe('known');
      expect(await login('alice', 'good', 'success', '192.0.2.2')).toBe('new');
      expect(await login('Alice', 'good', 'success')).toBe('new');
      expect(await login('bob', 'good', 'neither')).toBe('new');
      expect(await login('bob', 'good', 'neither')).toBe('new');
    });

    it('pass if the limit of the address is reached, until a failure of the user', async () => {
      const login = setup({ perUserAndAddress: 2, perAddress: 2 });
      await login('alice', 'good', 'success');
      for (const name of ['bob', 'carol']) expect(await login(name, 'bad', 'failure')).toBe('new');
      expect(await login('dave', 'good', 'success')).toBe('perAddress');
      expect(await login('alice', 'good', 'success')).toBe('known');
      expect(await login('alice', 'bad', 'failure')).toBe('perAddress');
      expect(await login('alice', 'good', 'success')).toBe('perAddress');
    });

    it('do not pass any more if the password was changed, which counts', async () => {
      const login = setup({ perUserAndAddress: 2 });
      await login('alice', 'old', 'success');
      expect(await login('alice', 'old', 'failure')).toBe('known');
      expect(await login('alice', 'guess', 'failure')).toBe('known');
      expect(await login('alice', 'new', 'success')).toBe('perUserAndAddress');
    });

    it('count again after a failure only until the user has logged in again', async () => {
      const login = setup({ perUserAndAddress: 2, perAddress: 2 });
      await login('alice', 'good', 'success');
      await login('alice', 'bad', 'failure');
      expect(await login('alice', 'good', 'success')).toBe('known');
      await login('bob', 'bad', 'failure');
      // The failure of alice is still in the window, so her login does not count as known.
      expect(await login('alice', 'good', 'success')).toBe('perAddress');
    });

    it('count again after a refusal, also if it is the first one', async () => {
      const login = setup({ perUserAndAddress: 2, perAddress: 2 });
      await login('alice', 'good', 'success');
      for (const name of ['bob', 'carol']) await login(name, 'bad', 'failure');
      expect(await login('alice', 'bad', 'failure')).toBe('perAddress');
      expect(await login('alice', 'good', 'success')).toBe('perAddress');
    });

    it.each([
      ['count after a failure and its window', 0, 'perAddress'],
      ['do not count after a failure and its window if the user logged in again', 1, 'known'],
    ])('%s', async (_, times, result) => {
      const login = setup({ perUserAndAddress: 2, perAddress: 2, window: '1s' });
      await login('alice', 'good', 'success');
      await login('alice', 'bad', 'failure');
      await setTimeout(1100);
      for (let time = 0; time < times; time++) await login('alice', 'good', 'success');
      for (const name of ['bob', 'carol']) expect(await login(name, 'bad', 'failure')).toBe('new');
      expect(await login('alice', 'good', 'success')).toBe(result);
    });

    it('do not count if the user was refused before the first login only', async () => {
      const limits = new Limits({ perUserAndAddress: 1, perAddress: 1 });
      await fail(limits, 'bad', 'bob');
      expect(await fail(limits, 'bad')).toBe('perAddress');
      await limits.release({ address: '192.0.2.1' });
      const begin = () => limits.begin({ username: 'alice', password: 'good' }, from('192.0.2.1'));
      limits.end((await begin()) as Attempt, 'success');
      expect(await fail(limits, 'bad', 'carol')).toBe(401);
      expect(await begin()).not.toBeInstanceOf(Refusal);
    });

    it('are allowed again after the window', async () => {
      const login = setup({ perUserAndAddress: 1, window: '1s' });
      expect(await login('alice', 'a', 'failure')).toBe('new');
      expect(await login('alice', 'b', 'failure')).toBe('perUserAndAddress');
      await setTimeout(1100);
      expect(await login('alice', 'c', 'failure')).toBe('new');
    });

    it('are forgotten after two weeks, also if there was a failure meanwhile', async () => {
      const now = performance.now.bind(performance);
      const login = setup({});
      const clock = jest.spyOn(performance, 'now');
      try {
        expect(await login('alice', 'good', 'success')).toBe('new');
        clock.mockImplementation(() => now() + 13 * DAY);
        // The cache reads the time at most once in a millisecond.
        await setTimeout(10);
        expect(await login('alice', 'bad', 'failure')).toBe('known');
        clock.mockImplementation(() => now() + 15 * DAY);
        await setTimeout(10);
        expect(await login('alice', 'good', 'success')).toBe('new');
        expect(await login('alice', 'good', 'success')).toBe('known');
      } finally {
        clock.mockRestore();
      }
    });

    it('are stored once for other processes, which exempt the user too', async () => {
      const options = { ...shared(), perUserAndAddress: 1, perUser: 1 };
      const set = jest.spyOn(options.limiter, 'set');
      const [one, other] = [setup(options), setup(options)];
      for (const name of ['good', 'changed', 'good']) await one('alice', name, 'success');
      expect(set).toHaveBeenCalledTimes(1);
      expect(await one('alice', 'bad', 'failure', '192.0.2.2')).toBe('new');
      expect(await other('alice', 'bad', 'failure', '192.0.2.3')).toBe('perUser');
      expect(await other('alice', 'good', 'success')).toBe('new');
      expect(await other('alice', 'good', 'success')).toBe('known');
    });

    it('do not use the store again if a limit is reached', async () => {
      const options = { ...shared(), perUserAndAddress: 1 };
      const penalty = jest.spyOn(options.limiter, 'penalty');
      const login = setup(options);
      expect(await login('alice', 'a', 'failure')).toBe('new');
      penalty.mockClear();
      for (const password of ['b', 'c']) expect(await login('alice', password, 'failure')).toBe('perUserAndAddress');
      // Each of the three counters was counted once, for the first refusal.
      expect(penalty).toHaveBeenCalledTimes(3);
    });

    it('are counted once each if the limit of the user is reached', async () => {
      const options = { ...shared(), perUserAndAddress: 1, perUser: 1 };
      const penalty = jest.spyOn(options.limiter, 'penalty');
      const login = setup(options);
      const at = (host: number) => login('alice', 'bad', 'failure', `192.0.2.${host}`);
      expect([await at(1), await at(2)]).toEqual(['new', 'perUser']);
      penalty.mockClear();
      expect(await Promise.all([3, 4, 5, 6].map(at))).toEqual(Array(4).fill('perUser'));
      expect(penalty).toHaveBeenCalledTimes(12);
    });

    it('exempt the user at the address from the limit of the user', async () => {
      const login = setup({ perUserAndAddress: 1, perUser: 1 });
      await login('alice', 'good', 'success');
      expect(await login('alice', 'bad', 'failure', '192.0.2.2')).toBe('new');
      expect(await login('alice', 'bad', 'failure', '192.0.2.3')).toBe('perUser');
      expect(await login('alice', 'changed', 'success')).toBe('known');
      expect(await login('alice', 'changed', 'success', '192.0.2.3')).toBe('perUser');
    });

    it('do not exempt a user if the store returns zero for a login that it does not know', async () => {
      const options = { ...shared(), perUserAndAddress: 1, perUser: 1 };
      const { get } = options.limiter;
      const none = { consumedPoints: 0, msBeforeNext: 0 } as never;
      options.limiter.get = async (key) => (await get.call(options.limiter, key)) ?? none;
      const login = setup(options);
      expect(await login('alice', 'bad', 'failure', '192.0.2.1')).toBe('new');
      expect(await login('alice', 'bad', 'failure', '192.0.2.2')).toBe('perUser');
    });

    it('of tokens are limited by the address only', async () => {
      const login = setup({ perAddress: 2 }, 'Bearer');
      for (const token of ['one', 'two']) expect(await login('', token, 'failure')).toBe('new');
      expect(await login('', 'three', 'success')).toBe('perAddress');
      expect(await login('', 'three', 'success', '192.0.2.2')).toBe('new');
    });

    it('with a name that clients share are limited by the address only', async () => {
      const login = setup({ perUserAndAddress: 1, perUser: 1, perAddress: 2, sharedUsernames: ['__token__'] });
      for (const token of ['one', 'two']) expect(await login('__token__', token, 'failure')).toBe('new');
      expect(await login('__token__', 'three', 'failure')).toBe('perAddress');
      expect(await login('__token__', 'three', 'failure', '192.0.2.2')).toBe('new');
      expect(await login('alice', 'one', 'failure', '192.0.2.3')).toBe('new');
      expect(await login('alice', 'two', 'failure', '192.0.2.3')).toBe('perUserAndAddress');
    });

    it('have the default limits of 10, 100 and 100 failures', async () => {
      const login = setup({});
      for (let index = 0; index < 10; index++) expect(await login('alice', `${index}`, 'failure')).toBe('new');
      expect(await login('alice', '10', 'failure')).toBe('perUserAndAddress');
      for (let index = 0; index < 90; index++) expect(await login(`user ${index}`, 'bad', 'failure')).toBe('new');
      expect(await login('bob', 'bad', 'failure')).toBe('perAddress');
      for (let index = 0; index < 90; index++) {
        expect(await login('alice', 'bad', 'failure', `198.51.100.${index}`)).toBe('new');
      }
      expect(await login('alice', 'bad', 'failure', '198.51.100.200')).toBe('perUser');
    });

    it.each<[string, () => unknown]>([
      ['a promise', () => Promise.resolve('a')],
      ['a promise that rejects', () => Promise.reject(new Error('no tenant'))],
      ['nothing', () => undefined],
      ['an object', () => ({})],
    ])('throw if the tenant is %s', async (_, key) => {
      const limits = new Limits({ key: key as () => string });
      await expect(limits.begin({ username: 'alice', password: 'p' }, from('192.0.2.1'))).rejects.toThrow(
        new TypeError('limits.key: the function must return a string, and must not be async'),
      );
    });

    it('get 429 with the seconds until the first failure is forgotten', async () => {
      const limits = new Limits({ perUserAndAddress: 1, window: '1m' });
      const begin = (password: string) => limits.begin({ username: 'alice', password }, from('192.0.2.1'));
      limits.end((await begin('a')) as Attempt, 'failure');
      for (const password of ['b', 'c', 'a']) {
        expect(await begin(password)).toEqual(new Refusal(429, 60, 'perUserAndAddress'));
      }
    });

    it('are refused with 503 while the store is unavailable and failClosed is true', async () => {
      Logger.overrideLogger(false);
      const options = { ...shared(), failClosed: true };
      const limits = new Limits(options);
      const begin = (password: string) => limits.begin({ username: 'alice', password }, from('192.0.2.1'));
      limits.end((await begin('good')) as Attempt, 'success');
      options.limiter.penalty = () => Promise.reject(new Error('gone'));
      // The last one is known.
      for (const password of ['bad', 'bad', 'good']) expect(await begin(password)).toEqual(new Refusal(503, 1));
    });
  });

  describe('release()', () => {
    const given = (more: LimitOptions = {}) => {
      const options = { ...shared(), ...more };
      return [new Limits(options), new Limits(options)] as const;
    };

    it('gives a user exactly one more limit, in all processes', async () => {
      const [one, other] = given({ perAddress: 10, perUser: 10 });
      const reached = 'perUserAndAddress';
      expect([await fail(one, 'a'), await fail(other, 'b')]).toEqual([401, 401]);
      expect([await fail(one, 'c'), await fail(other, 'd')]).toEqual([reached, reached]);
      await one.release({ username: ' ALICE ' });
      // Within a second, the other process asks the store for a release.
      await setTimeout(1100);
      expect([await fail(other, 'e'), await fail(one, 'f')]).toEqual([401, 401]);
      expect([await fail(other, 'g'), await fail(one, 'h')]).toEqual([reached, reached]);
      await setTimeout(1100);
      expect([await fail(other, 'i'), await fail(one, 'j')]).toEqual([reached, reached]);
    });

    it('releases an address in all processes', async () => {
      const [one, other] = given();
      for (const name of ['alice', 'bob', 'carol']) expect(await fail(one, 'bad', name)).toBe(401);
      expect(await fail(other, 'bad', 'dave')).toBe('perAddress');
      await one.release({ address: '192.0.2.1' });
      await setTimeout(1100);
      expect(await fail(other, 'bad', 'dave')).toBe(401);
    });

    it('may be repeated within a second', async () => {
      const [one] = given();
      for (let time = 0; time < 3; time++) {
        await one.release({ username: 'alice', address: '192.0.2.1' });
        expect([await fail(one, `${time} a`), await fail(one, `${time} b`), await fail(one, `${time} c`)]).toEqual([
          401,
          401,
          'perUserAndAddress',
        ]);
      }
    });

    it('releases an address for all its users', async () => {
      const [one, other] = given();
      expect([await fail(one, 'bad', 'alice'), await fail(other, 'bad', 'bob')]).toEqual([401, 401]);
      expect([await fail(one, 'bad', 'carol'), await fail(one, 'bad', 'dave')]).toEqual([401, 'perAddress']);
      await one.release({ address: '::ffff:192.0.2.1' });
      expect([await fail(one, 'bad', 'dave'), await fail(other, 'bad', 'erin')]).toEqual([401, 401]);
    });

    it('releases no other user and no other address', async () => {
      const [one] = given();
      for (const password of ['a', 'b']) await fail(one, password);
      await one.release({ username: 'alic' });
      await one.release({ username: 'alice', tenant: 'a' });
      await one.release({ address: '192.0.2.2' });
      expect(await fail(one, 'c')).toBe('perUserAndAddress');
    });

    it('releases no user without a name, and no client without an address', async () => {
      const [one] = given();
      for (const password of ['a', 'b']) expect(await fail(one, password, '', '192.0.2.1')).toBe(401);
      for (const name of ['bob', 'carol', 'dave']) expect(await fail(one, 'bad', name, '')).toBe(401);
      await one.release({ address: '192.0.2.2' });
      await one.release({ username: 'alice' });
      expect(await fail(one, 'c', '', '192.0.2.1')).toBe('perUserAndAddress');
      expect(await fail(one, 'bad', 'erin', '')).toBe('perAddress');
    });

    it('works for the limits in the memory of one process, and for tenants', async () => {
      const limits = new Limits({ ...maximum, key: () => 'a' });
      expect(limits.isShared).toBe(false);
      for (const password of ['a', 'b']) expect(await fail(limits, password)).toBe(401);
      expect(await fail(limits, 'c')).toBe('perUserAndAddress');
      for (const method of ['status', 'release'] as const) {
        await expect(limits[method]({ username: 'alice' })).rejects.toThrow(
          /^limits: .*; name the tenant of the user$/,
        );
      }
      await limits.release({ username: 'alice', tenant: 'b' });
      expect(await fail(limits, 'c')).toBe('perUserAndAddress');
      await limits.release({ username: 'alice', tenant: 'a' });
      expect([await fail(limits, 'c'), await fail(limits, 'd')]).toEqual([401, 'perAddress']);
      const address = { limit: 'perAddress', failures: 3, max: 3, retryAfter: expect.any(Number) };
      expect(await limits.status({ address: '192.0.2.1' })).toEqual([address]);
      await limits.release({ address: '192.0.2.1' });
      expect(await limits.status({ address: '192.0.2.1' })).toEqual([{ ...address, failures: 0 }]);
    });
  });

  describe('status()', () => {
    it('returns the failures of a user, of an address, and of a user at an address', async () => {
      const options = shared();
      const [one, other] = [new Limits(options), new Limits(options)];
      for (const [username, password] of [
        ['alice', 'a'],
        ['alice', 'b'],
        ['bob', 'c'],
      ] as const) {
        one.end((await one.begin({ username, password }, from('192.0.2.1'))) as Attempt, 'failure');
      }
      const retryAfter = expect.any(Number);
      const address = { limit: 'perAddress', failures: 3, max: 3, retryAfter };
      const user = { limit: 'perUser', failures: 2, max: 3, retryAfter: 0 };
      expect(other.isShared).toBe(true);
      expect(await other.status({ username: 'Alice' })).toEqual([user]);
      expect(await other.status({ address: '192.0.2.1' })).toEqual([address]);
      expect(await other.status({ username: 'alice', address: '192.0.2.1' })).toEqual([
        { limit: 'perUserAndAddress', failures: 2, max: 2, retryAfter },
        address,
        user,
      ]);
      const seconds = (await other.status({ address: '192.0.2.1' }))[0]?.retryAfter ?? 0;
      expect([seconds > 890, seconds <= 900]).toEqual([true, true]);
      await one.release({ username: 'alice' });
      expect(await other.status({ username: 'alice' })).toEqual([{ ...user, failures: 0 }]);
      expect(await other.status({ username: 'carol' })).toEqual([{ ...user, failures: 0 }]);
    });

    it('returns only the limit of the address for tokens, and nothing for a name alone', async () => {
      const limits = new Limits({ perAddress: 3 }, 'Bearer');
      limits.end((await limits.begin({ username: '', password: 't' }, from('192.0.2.1'))) as Attempt, 'failure');
      const entry = { limit: 'perAddress', failures: 1, max: 3, retryAfter: 0 };
      expect(await limits.status({ username: 'alice', address: '192.0.2.1' })).toEqual([entry]);
      expect(await limits.status({ username: 'alice' })).toEqual([]);
    });

    it.each(['status', 'release'] as const)('throws if the store is unavailable: %s()', async (method) => {
      Logger.overrideLogger(false);
      const options = shared();
      options.limiter.get = () => Promise.reject(new Error('gone'));
      const limits = new Limits(options);
      await expect(limits[method]({ username: 'alice' })).rejects.toThrow('the shared store is unavailable');
    });
  });
});

/** Returns the number of failed guesses, of doubted users, and of counters. */
function sizesOf(limits: Limits): number[] {
  const { failed, doubted, counters } = limits as unknown as {
    failed: { size: number };
    doubted: { size: number };
    counters: { memory: { size: number } };
  };
  return [failed.size, doubted.size, counters.memory.size];
}
