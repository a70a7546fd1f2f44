import { describe, expect, it, jest } from '@jest/globals';
import * as version1 from '@node-rs/bcrypt';

/** Behaves as `hash()` of @node-rs/bcrypt 2.0.0 does with these arguments. */
async function hash2(password: string, options: unknown): Promise<string> {
  if (typeof options !== 'object') {
    throw Object.assign(new TypeError('options must be an object'), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  return version1.hash(password, (options as { cost: number }).cost);
}

const hash = jest.fn<(password: string, cost: unknown) => Promise<string>>();
jest.unstable_mockModule('@node-rs/bcrypt', () => ({ ...version1, hash }));
const { hashBcrypt } = await import('./bcrypt.js');

describe('hashBcrypt()', () => {
  it.each([
    [1, version1.hash as (password: string, cost: unknown) => Promise<string>],
    [2, hash2],
  ])('hashes with the given cost if version %i of @node-rs/bcrypt is installed', async (_, implementation) => {
    hash.mockImplementation(implementation);
    const result = await hashBcrypt('wonder:land', 4);
    expect(result).toMatch(/^\$2[by]\$04\$/);
    expect(await version1.verify('wonder:land', result)).toBe(true);
  });

  it('throws the error of the package if the package fails', async () => {
    hash.mockRejectedValue(new Error('out of memory'));
    hash.mockClear();
    await expect(hashBcrypt('wonder:land', 4)).rejects.toThrow('out of memory');
    expect(hash).toHaveBeenCalledTimes(1);
  });
});
