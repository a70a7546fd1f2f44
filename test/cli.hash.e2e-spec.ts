import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { password } from 'nestjs-http-auth/passwords';
import { askPassword } from '../libs/http-auth/src/cli/ask.js';
import { run } from '../libs/http-auth/src/cli/run.js';

/** Runs the command. Returns its output and its exit code. */
async function command(args: string[], typed = 'wonder:land') {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, {
    cwd: '.',
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    ask: () => Promise.resolve(typed),
  });
  return { code, out, err };
}

describe('nestjs-http-auth hash', () => {
  it.each([
    ['argon2id', []],
    ['argon2id', ['--algorithm', 'argon2id']],
    ['scrypt', ['--algorithm=scrypt']],
    ['2', ['--algorithm', 'bcrypt']],
  ])(
    'prints only a hash: %s for %j',
    async (kind, args) => {
      const { code, out, err } = await command(['hash', ...args]);
      expect([code, out.length, err]).toEqual([0, 1, []]);
      expect(out[0]?.startsWith(`$${kind}`)).toBe(true);
      expect(await password.verify('wonder:land', out[0] ?? '')).toBe(true);
      // Hashes are slow by design, and slower on a busy machine.
    },
    30_000,
  );

  it.each([
    ['an argument', ['my-secret'], /^nestjs-http-auth hash: a password must not be an argument/],
    [
      'an argument after the options',
      ['--', '-my-secret'],
      /^nestjs-http-auth hash: a password must not be an argument/,
    ],
    ['another option', ['--my-secret'], /^nestjs-http-auth hash: the arguments are invalid; the only option is/],
    ['another algorithm', ['--algorithm', 'md5'], /^algorithm must be argon2id, scrypt or bcrypt$/],
  ])('rejects %s with a message that does not contain it', async (_, args, message) => {
    const { code, out, err } = await command(['hash', ...args]);
    expect([code, out]).toEqual([2, []]);
    expect(err).toEqual([expect.stringMatching(message)]);
    expect(err.join()).not.toContain('secret');
  });

  it.each([
    ['', [], /^The password is empty/],
    ['x'.repeat(1025), [], /must have at most 1024 bytes/],
    ['x'.repeat(73), ['--algorithm', 'bcrypt'], /must have at most 72 bytes/],
  ])('rejects a password that is empty or too long', async (typed, args, message) => {
    expect(await command(['hash', ...args], typed)).toEqual({
      code: 2,
      out: [],
      err: [expect.stringMatching(message)],
    });
  });

  it('prints its usage for --help', async () => {
    const { code, out } = await command(['hash', '--help']);
    expect([code, out.join()]).toEqual([0, expect.stringContaining('nestjs-http-auth hash [--algorithm')]);
  });
});

describe('The prompt', () => {
  function terminal(isTTY: boolean) {
    const input = Object.assign(new PassThrough(), { isTTY });
    const shown: string[] = [];
    const prompt = new PassThrough().on('data', (chunk: Buffer) => shown.push(chunk.toString()));
    return { input, shown, answer: askPassword(input, prompt) };
  }

  it.each(['wonder:land', 'wonder:land\n', 'wonder:land\r\n'])(
    'reads the password from standard input if it is not a terminal: %j',
    async (text) => {
      const { input, shown, answer } = terminal(false);
      input.end(text);
      expect(await answer).toBe('wonder:land');
      expect(shown).toEqual([]);
    },
  );

  it('asks twice at a terminal, and does not show the password', async () => {
    const { input, shown, answer } = terminal(true);
    for (let time = 0; time < 2; time++) {
      input.write('wonder:land\r');
      await new Promise(setImmediate);
    }
    expect(await answer).toBe('wonder:land');
    expect(shown.join('')).toBe('Password: \nPassword again: \n');
  });

  it('rejects the password if the second one is different', async () => {
    const { input, answer } = terminal(true);
    const refused = answer.catch((error: Error) => error.message);
    for (const text of ['wonder:land\r', 'wonder\r']) {
      input.write(text);
      await new Promise(setImmediate);
    }
    expect(await refused).toBe('password: the two passwords differ; run the command again');
  });

  it('ends on Ctrl+C', async () => {
    const { input, answer } = terminal(true);
    const refused = answer.catch((error: Error) => error.message);
    input.write('wonder\u0003');
    expect(await refused).toBe('password: nothing was typed; run the command again and type a password');
  });
});
