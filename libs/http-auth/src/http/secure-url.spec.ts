import { describe, expect, it } from '@jest/globals';
import { isSecure } from './secure-url.js';

describe('A URL', () => {
  it.each([
    'https://login.example',
    'http://localhost:3000',
    'http://auth.localhost',
    'http://127.0.0.1',
    'http://127.10.0.1',
    'http://127.255.255.254:3000',
    'http://127.1/jwks',
    'http://0x7f000001',
    'http://[::1]:8080',
  ])('of %s is secure', (url) => {
    expect(isSecure(new URL(url))).toBe(true);
  });

  it.each([
    'http://login.example',
    'http://localhost.example',
    'http://notlocalhost',
    'http://127.0.0.1.example',
    'http://128.0.0.1',
    'http://[::2]',
    'ftp://localhost',
    'file:///localhost',
  ])('of %s is not', (url) => {
    expect(isSecure(new URL(url))).toBe(false);
  });
});
