import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '../http/request.js';
import { noteLogin } from '../limits/familiar.js';
import { VerifierUnavailableException } from '../schemes/unavailable.exception.js';
import { ClientGoneException, HashQueue, parallelHashes } from './hash.queue.js';

type Client = HttpRequest & { socket: { destroyed: boolean } };

const from = (ip: string): Client => ({ method: 'GET', url: '/', headers: {}, ip, socket: { destroyed: false } });

/** Starts hashes that end when the test says so. */
function hashes(queue: HashQueue) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const results: string[] = [];
  return {
    started,
    results,
    start(name: string, request: HttpRequest = from('192.0.2.1')): void {
      const compute = () => {
        started.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      };
      queue.run(request, compute).then(
        () => results.push(`${name} ended`),
        (error: Error) => results.push(`${name}: ${error.constructor.name}`),
      );
    },
    async end(name: string): Promise<void> {
      ends.get(name)?.();
      await setImmediate();
    },
  };
}

describe('parallelHashes()', () => {
  it.each([
    [1, 4, 1],
    [2, 4, 1],
    [4, 4, 3],
    [16, 4, 3],
    [16, 32, 15],
    [16, 1, 1],
  ])('keeps one of %d cores and one of %d threads for other work: %d', (cores, pool, expected) => {
    expect(parallelHashes(cores, pool)).toBe(expected);
  });
});

describe('HashQueue', () => {
  it('runs at most the maximum at the same time, and the others in their order', async () => {
    const { started, start, end, results } = hashes(new HashQueue(2));
    for (const name of ['a', 'b', 'c', 'd']) start(name);
    expect(started).toEqual(['a', 'b']);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
    await end('a');
    await end('c');
    await end('d');
    start('e');
    expect(started).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(results).toEqual(['b ended', 'a ended', 'c ended', 'd ended']);
  });

  it('passes its place on if a hash fails', async () => {
    const queue = new HashQueue(1);
    const failing = queue.run(from('192.0.2.1'), () => Promise.reject(new Error('broken')));
    const next = queue.run(from('192.0.2.1'), () => Promise.resolve('next'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('next');
  });

  it('gives every network of clients the same share', async () => {
    const { started, start, end } = hashes(new HashQueue(1));
    start('running');
    for (let index = 0; index < 10; index++) start(`guess ${index}`, from('192.0.2.1'));
    start('honest', from('192.0.2.2'));
    start('same network', from('2001:db8::1'));
    start('same network, later', from('2001:db8::2'));
    for (const name of ['running', 'guess 0', 'honest', 'same network', 'guess 1', 'same network, later'])
      await end(name);
    expect(started.slice(1)).toEqual([
      'guess 0',
      'honest',
      'same network',
      'guess 1',
      'same network, later',
      'guess 2',
    ]);
  });

  it('prefers users who logged in from the same address before', async () => {
    const { started, start, end } = hashes(new HashQueue(1));
    const known = from('192.0.2.3');
    noteLogin(known);
    start('running');
    for (let index = 0; index < 3; index++) start(`guess ${index}`);
    start('known', known);
    await end('running');
    await end('known');
    expect(started).toEqual(['running', 'known', 'guess 0']);
  });

  it('gives every fourth turn to other users, so that known users cannot keep them out', async () => {
    const { started, start, end } = hashes(new HashQueue(1));
    const known = from('192.0.2.3');
    noteLogin(known);
    start('running');
    for (let index = 0; index < 8; index++) start(`known ${index}`, known);
    for (const name of ['a', 'b']) start(name);
    for (let time = 0; time < 10; time++) await end(started.at(-1) as string);
    const order = ['known 0', 'known 1', 'known 2', 'a', 'known 3', 'known 4', 'known 5', 'b', 'known 6', 'known 7'];
    expect(started.slice(1)).toEqual(order);
  });

  it('does not compute the hash of a client that is gone before it starts', async () => {
    const { started, results, start } = hashes(new HashQueue(1));
    const gone = from('192.0.2.1');
    gone.socket.destroyed = true;
    start('gone', gone);
    await setImmediate();
    expect([started, results]).toEqual([[], [`gone: ${ClientGoneException.name}`]]);
    start('next');
    expect(started).toEqual(['next']);
  });

  it('counts the time that a request has waited elsewhere', async () => {
    const queue = new HashQueue(1, 60_000);
    expect(queue.deadline()).toBeGreaterThan(performance.now() + 59_000);
    const ends: (() => void)[] = [];
    const running = queue.run(from('192.0.2.1'), () => new Promise<void>((resolve) => ends.push(resolve)));
    const compute = () => Promise.resolve('computed');
    const late = queue.run(from('192.0.2.1'), compute, performance.now() + 20);
    await expect(late).rejects.toThrow(VerifierUnavailableException);
    ends[0]?.();
    await running;
    expect(await queue.run(from('192.0.2.1'), compute, performance.now() - 1)).toBe('computed');
  });

  it('refuses the latest hash if too many networks wait', async () => {
    const { results, start } = hashes(new HashQueue(1, 4000, 2));
    for (const [index, name] of ['running', 'first', 'second', 'third'].entries())
      start(name, from(`192.0.2.${index}`));
    await setImmediate();
    expect(results).toEqual([`third: ${VerifierUnavailableException.name}`]);
  });

  it('does not compute the hash of a client that is gone', async () => {
    const { started, results, start, end } = hashes(new HashQueue(1));
    const [gone, there] = [from('192.0.2.1'), from('192.0.2.2')];
    start('running');
    start('gone', gone);
    start('there', there);
    gone.socket.destroyed = true;
    await end('running');
    expect(started).toEqual(['running', 'there']);
    expect(results).toContain(`gone: ${ClientGoneException.name}`);
    await end('there');
    start('next');
    expect(started).toEqual(['running', 'there', 'next']);
  });

  it('refuses a hash that has waited too long', async () => {
    const { started, results, start, end } = hashes(new HashQueue(1, 20));
    start('running');
    start('waiting');
    await setTimeout(60);
    expect(results).toEqual([`waiting: ${VerifierUnavailableException.name}`]);
    await end('running');
    expect(started).toEqual(['running']);
    start('next');
    expect(started).toEqual(['running', 'next']);
  });

  it('refuses hashes of the network that has the most if too many wait', async () => {
    const { results, started, start, end } = hashes(new HashQueue(1, 4000, 4));
    start('running');
    for (let index = 0; index < 20; index++) start(`guess ${index}`, from('192.0.2.1'));
    start('honest', from('192.0.2.2'));
    await setImmediate();
    expect(results).toHaveLength(17);
    expect(results).not.toContain(`honest: ${VerifierUnavailableException.name}`);
    for (const name of ['running', 'guess 0', 'honest']) await end(name);
    expect(started).toContain('honest');
  });
});
