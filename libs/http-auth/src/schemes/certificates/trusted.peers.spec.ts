import { describe, expect, it } from '@jest/globals';
import { TrustedPeers, trustedProblem } from './trusted.peers.js';

describe('The list of trusted proxies', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.5', '10.0.0.5', true],
    ['10.0.0.5', '10.0.0.6', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::FFFF:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:11.0.0.1', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '::ffff:10.1.2.3', true],
    ['::ffff:10.0.0.5', '10.0.0.5', true],
    ['2001:db8::/32', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::1', '::1', true],
    ['::1', '127.0.0.1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['unix', '10.0.0.5', false],
    ['10.0.0.0/8', 'unknown', false],
    ['10.0.0.0/8', '', false],
  ])('[MTLS-10] with %s, has the peer %s: %s', (trusted, remoteAddress, expected) => {
    expect(new TrustedPeers([trusted]).has({ remoteAddress })).toBe(expected);
  });

  it('[MTLS-10] has a peer without an address only if it lists unix and the server listens on a path', () => {
    const onPath = { server: { address: () => '/run/app.sock' } };
    const onPort = { server: { address: () => ({ port: 3000 }) } };
    const stopped = { server: { address: () => null } };
    for (const [list, socket, expected] of [
      [['unix'], onPath, true],
      [['unix', '10.0.0.0/8'], onPath, true],
      [['10.0.0.0/8'], onPath, false],
      // The client of a TCP connection has disconnected.
      [['unix'], onPort, false],
      [['unix'], stopped, false],
      [['unix'], {}, false],
    ] as const) {
      expect(new TrustedPeers(list).has(socket as object)).toBe(expected);
    }
  });

  it.each([
    [['0.0.0.0/0']],
    [['::/0']],
    [['::ffff:0:0/96']],
    [['::ffff:0.0.0.0/96']],
    [['0.0.0.0/1', '128.0.0.0/1']],
    [['128.0.0.0/1', '10.0.0.5', '::ffff:0:0/97']],
    [['::/1', '8000::/1']],
    [['::/1']],
    [['2000::/3']],
    [['2000::/4', '3000::/4']],
    [['0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/3']],
    [['10.0.0.0/8', 'unix', '0.0.0.0/0']],
  ])('[MTLS-10] cannot have all clients: %j', (trusted) => {
    expect(trustedProblem(trusted)).toMatch(
      /^trusted: the list has every public address of IPv[46], so any client could send the field; list the addresses/,
    );
  });

  it.each([
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'unix']],
    [['127.0.0.1', '::1']],
    [['0.0.0.0/1', '128.0.0.0/2']],
    [['0.0.0.0/1', '129.0.0.0/8']],
    [['2000::/4']],
    [['unix']],
  ])('can be %j', (trusted) => {
    expect(trustedProblem(trusted)).toBeUndefined();
  });

  it.each([
    '10.0.0.1/8',
    '::1/64',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0',
    '010.0.0.1',
    '10.0.0.1 ',
    'localhost',
    'loopback',
    'fe80::1%eth0',
    'UNIX',
    '*',
    '',
    5,
    null,
  ])('cannot have %j', (entry) => {
    expect(trustedProblem([entry])).toMatch(
      /^trusted: '.*' is not an IP address, a range .*; write e\.g\. '10\.0\.0\.5'/,
    );
  });

  it.each([undefined, null, [], '10.0.0.0/8', {}])('cannot be %j', (trusted) => {
    expect(trustedProblem(trusted)).toBe("trusted must list the addresses of your proxies, e.g. ['10.0.0.0/8']");
  });
});
