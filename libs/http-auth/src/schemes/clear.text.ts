import { BlockList, isIPv6, type Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Logger } from '@nestjs/common';
import { authSchemeOf } from './auth.scheme.js';
import type { Scheme } from './scheme.js';

/** The injection token of the option `tlsTerminated`. */
export const TLS_TERMINATED = Symbol('nestjs-http-auth:tls-terminated');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/**
 * Warns if a server offers Basic without TLS on an address that other machines can reach. Everyone on the network path can then
 * read the passwords (RFC 7617 section 4). The server cannot see if a proxy terminates TLS.
 */
export function warnOfClearText(server: Server, schemes: readonly Scheme[]): void {
  if (server instanceof TlsServer || !schemes.some(offersBasic)) return;
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

/** Returns `true` if a scheme is Basic, whatever its name is. */
export function offersBasic(scheme: Scheme): boolean {
  return authSchemeOf(scheme) === 'basic';
}
