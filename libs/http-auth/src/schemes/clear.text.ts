import { BlockList, isIPv6, type Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Logger } from '@nestjs/common';
import type { Scheme } from './scheme.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/**
 * Warns if a server offers Basic without TLS on an address that other machines can reach. Everyone on the network path can then
 * read the passwords (RFC 7617 section 4). The server cannot see if a proxy terminates TLS.
 */
export function warnOfClearText(server: Server, schemes: readonly Scheme[]): void {
  if (server instanceof TlsServer || !schemes.some(({ name }) => name.toLowerCase() === 'basic')) return;
  server.once('listening', () => {
    const bound = server.address();
    // A string is the path of a UNIX socket, which only this machine can reach.
    if (typeof bound !== 'object' || bound === null) return;
    const { address, port } = bound;
    if (loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return;
    new Logger('AuthModule').warn(
      `Basic is offered without TLS on ${isIPv6(address) ? `[${address}]` : address}:${port}, so passwords can be read on the ` +
        'network; use HTTPS, or set tlsTerminated: true if a proxy terminates TLS (RFC 7617 section 4)',
    );
  });
}
