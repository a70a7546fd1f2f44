import { describe, expect, it } from '@jest/globals';
import { token } from 'nestjs-http-auth/tokens';
import { run } from '../libs/http-auth/src/cli/run.js';

/** Returns the output of the command and its exit code. */
async function command(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, {
    cwd: '.',
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    ask: () => Promise.reject(new Error('the command does not ask for a password')),
  });
  return { code, out: out.join('\n'), err };
}

describe('nestjs-http-auth token', () => {
  it.each([
    [[], /^[0-9A-Za-z]{49}$/],
    [['--prefix', 'acme_live'], /^acme_live_[0-9A-Za-z]{49}$/],
  ])('prints a new token and its hash with the arguments %j', async (args, form) => {
    const [one, other] = [await command('token', ...args), await command('token', ...args)];
    expect([one.code, one.err]).toEqual([0, []]);
    const [, made = '', hash] = /^token: (.*)\nhash: {2}(.*)$/.exec(one.out) ?? [];
    expect(made).toMatch(form);
    expect(hash).toBe(token.hash(made));
    expect(token.hasChecksum(made)).toBe(true);
    expect(other.out).not.toContain(made);
  });

  it.each([
    ['a token as an argument', ['my-secret'], /^nestjs-http-auth token: an argument is unknown/],
    ['an unknown option', ['--my-secret'], /^nestjs-http-auth token: an argument is unknown/],
    ['an invalid prefix', ['--prefix', 'a b'], /^prefix must be letters and digits/],
  ])('exits with 2 and a message without the value for %s', async (_, args, sentence) => {
    const { code, out, err } = await command('token', ...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toEqual([expect.stringMatching(sentence)]);
    expect(err.join()).not.toContain('secret');
  });

  it('prints its usage if --help is given', async () => {
    const { code, out } = await command('token', '--help');
    expect([code, out]).toEqual([0, expect.stringContaining('nestjs-http-auth token [--prefix <prefix>]')]);
  });
});
