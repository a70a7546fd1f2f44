import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressOf, networkOf } from './address.js';

describe('networkOf()', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '192.0.2.1'],
    ['::ffff:192.168.7.130', '192.168.7.130'],
    ['fe80::ffff%eth0.100', 'fe80:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5%0:6', ''],
    ['[::ffff:192.0.2.1]:4711', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0000:0000:ffff::', '2001:db8:0:0::/64'],
    ['[2001:db8::1]:4711', '2001:db8:0:0::/64'],
    ['[2001:db8::1]', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
  ])('returns the network of %s', (text, network) => {
    expect(networkOf(text)).toBe(network);
  });

  it.each([
    '',
    'unknown',
    '192.0.2.256',
    '192.0.2',
    '2001:db8:::1',
    '[192.0.2.1',
    '1.2.3.4 5',
    ':4711',
    '1:2:3:4:5:6:7:8:9',
  ])('returns an empty string for %j', (text) => {
    expect(networkOf(text)).toBe('');
  });

  it('returns the same network for each spelling and each host, and another one for another network', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (a, b) => {
        const [one, other] = [a, b].map((text) => new URL(`http://[${text}]/`).hostname);
        expect(networkOf(one as string)).toBe(networkOf(a));
        expect(networkOf(a) === networkOf(b)).toBe(prefixOf(one as string) === prefixOf(other as string));
      }),
    );
  });

  it('returns a short string without spaces for any string', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.ipV4(), fc.ipV6()), (text) => {
        expect(networkOf(text)).toMatch(/^[\w:./]{0,24}$/);
      }),
    );
  });
});

describe('addressOf()', () => {
  const request = { method: 'GET', url: '/', headers: {} };

  it('returns the address of the framework, or else of the socket', () => {
    const socket = { remoteAddress: '192.0.2.2' };
    expect(addressOf({ ...request, ip: '192.0.2.1', socket } as never)).toBe('192.0.2.1');
    expect(addressOf({ ...request, socket } as never)).toBe('192.0.2.2');
    expect(addressOf({ ...request, raw: { socket } } as never)).toBe('192.0.2.2');
    expect(addressOf(request)).toBe('');
    expect(addressOf({ ...request, ip: ['192.0.2.1'] } as never)).toBe('');
  });
});

/** Returns the first 64 bits of an address in the form of the URL standard, or the whole IPv4 address inside it. */
function prefixOf(hostname: string): string {
  const [front = '', back] = hostname.slice(1, -1).split('::');
  const [left, right] = [front, back ?? ''].map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = back === undefined ? 0 : 8 - (left as string[]).length - (right as string[]).length;
  const groups = [...(left as string[]), ...Array.from({ length: zeros }, () => '0'), ...(right as string[])];
  const high = groups.slice(0, 6).join(':');
  return high === '0:0:0:0:0:ffff' || high === '64:ff9b:0:0:0:0'
    ? `v4 ${groups.slice(6).join(':')}`
    : groups.slice(0, 4).join(':');
}
