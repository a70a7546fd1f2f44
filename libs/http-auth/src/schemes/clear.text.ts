import { BlockList, isIPv6, type Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Logger } from '@nestjs/common';
import type { Scheme } from './scheme.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/**
 * Warns once a server listens without TLS where others than this machine can reach it, though it asks for passwords, which
 * anybody on the way can then read (RFC 7617 section 4). Whether TLS ends at a proxy ahead cannot be seen from here.
 */
export function warnOfClearText(server: Server, schemes: readonly Scheme[]): void {
  if (server instanceof TlsServer || !schemes.some(({ name }) => name.toLowerCase() === 'basic')) return;
  server.once('listening', () => {
    const bound = server.address();
    // A path in the file system is this machine's.
    if (typeof bound !== 'object' || bound === null) return;
    const { address, port } = bound;
    if (loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return;
    new Logger('AuthModule').warn(
      `Basic is offered without TLS on ${isIPv6(address) ? `[${address}]` : address}:${port}, where passwords can be read on ` +
        'their way: serve HTTPS, or say tlsTerminated: true to AuthModule if a proxy ahead does (RFC 7617 section 4)',
    );
  });
}
