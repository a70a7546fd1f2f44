import { describe, expect, it } from '@jest/globals';
import { banner } from './banner.js';

describe('banner', () => {
  it('contains the address and the adapter', () => {
    const text = banner({ address: '127.0.0.1', family: 'IPv4', port: 3100 }, 'fastify');
    expect(text).toContain('Listening on http://127.0.0.1:3100 (adapter: fastify)');
  });

  it('contains commands to paste, the first one without credentials', () => {
    const text = banner({ address: '127.0.0.1', family: 'IPv4', port: 3100 }, 'express');
    const lines = text.split('\n').filter((line) => line.includes('curl '));
    expect(lines.map((line) => line.trim())).toEqual([
      "curl -i 'http://127.0.0.1:3100/me'",
      "curl -i -u 'alice:wonder:land' 'http://127.0.0.1:3100/me'",
      "curl -i -H 'Authorization: Bearer reader-token' 'http://127.0.0.1:3100/me'",
      "curl -i 'http://127.0.0.1:3100/greeting'",
      "curl -i -u 'bob:builder' 'http://127.0.0.1:3100/admin'",
      "curl -i -H 'Authorization: Bearer writer-token' 'http://127.0.0.1:3100/reports'",
      "curl -i -X POST -H 'Authorization: Bearer reader-token' 'http://127.0.0.1:3100/reports'",
      "curl -i -X POST -H 'Authorization: Bearer writer-token' 'http://127.0.0.1:3100/reports'",
      "curl -i -H 'Authorization: Bearer wrong-token' 'http://127.0.0.1:3100/reports'",
      "curl -i -X POST -H 'Authorization: Bearer reader-token' 'http://127.0.0.1:3100/reports'",
    ]);
  });

  it.each([
    ['0.0.0.0', 'IPv4', 'http://127.0.0.1:80/me'],
    ['::', 'IPv6', 'http://[::1]:80/me'],
    ['fe80::1', 'IPv6', 'http://[fe80::1]:80/me'],
  ])('contains a URL that works in a shell if the address is %s', (address, family, url) => {
    expect(banner({ address, family, port: 80 }, 'express')).toContain(`curl -i '${url}'\n`);
  });
});
