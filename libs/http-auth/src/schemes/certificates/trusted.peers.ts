import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { PeerSocket } from '../../http/request.js';
import { groupsOf } from '../../limits/address.js';

/** The entry of the list for connections over a UNIX socket, which do not have an address. */
const UNIX = 'unix';

/** A range of addresses. IPv4 addresses are inside `::ffff:0:0/96`, so that both families have one order (RFC 4291 section 2.5.5.2). */
interface Range {
  readonly address: string;
  readonly prefix: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** The proxies whose fields count, by the address of the socket. The address that a framework reports may come from a client. */
export class TrustedPeers {
  private readonly list = new BlockList();
  private readonly unix: boolean;

  /** @param trusted a valid list */
  constructor(trusted: readonly string[]) {
    this.unix = trusted.includes(UNIX);
    for (const { address, prefix } of trusted.flatMap((text) => rangeOf(text) ?? [])) {
      this.list.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6');
    }
  }

  /** Returns `true` if the other end of a connection is trusted. */
  has(socket: PeerSocket): boolean {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return this.unix && isUnixSocket(socket);
    const address = remoteAddress.replace(/%.*/, '').replace(/^::ffff:(?=\d+\.)/i, '');
    if (isIPv4(address)) return this.list.check(address, 'ipv4');
    return isIPv6(address) && this.list.check(address, 'ipv6');
  }
}

/** An address is also missing after a TCP connection has ended, so the server must tell that it listens on a path. */
function isUnixSocket(socket: PeerSocket): boolean {
  const { server } = socket as { readonly server?: { address?(): unknown } };
  return typeof server?.address?.() === 'string';
}

/** Checks the list of trusted proxies. Returns an error message, or `undefined` if it is valid. */
export function trustedProblem(trusted: unknown): string | undefined {
  if (!Array.isArray(trusted) || trusted.length === 0) {
    return "trusted must list the addresses of your proxies, e.g. ['10.0.0.0/8']";
  }
  const list: unknown[] = trusted.filter((entry) => entry !== UNIX);
  const [wrong] = list.filter((entry) => typeof entry !== 'string' || rangeOf(entry) === undefined).map(String);
  if (wrong !== undefined) {
    return `trusted: '${wrong}' is not an IP address, a range that starts at its first address, or 'unix'; write e.g. '10.0.0.5' or '10.0.0.0/8'`;
  }
  const ranges = (list as string[]).flatMap((text) => rangeOf(text) ?? []);
  const everybody = EVERYBODY.find((range) => covers(ranges, range));
  return (
    everybody &&
    `trusted: the list has every public address of ${everybody.family}, so any client could send the field; list the addresses of your proxies`
  );
}

/** Reads an address or a range in CIDR notation (RFC 4632 section 3.1). A range must start at its first address. */
function rangeOf(text: string): Range | undefined {
  const [, address = '', bits] = /^([\da-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const width = isIPv4(address) ? 32 : 128;
  if (width === 128 && !isIPv6(address)) return undefined;
  const prefix = bits === undefined ? width : Number(bits);
  if (prefix > width) return undefined;
  const first = valueOf(address);
  const size = 1n << BigInt(width - prefix);
  return first % size === 0n ? { address, prefix, first, last: first + size - 1n } : undefined;
}

/** Returns an address as a number. */
function valueOf(address: string): bigint {
  return groupsOf(isIPv4(address) ? `::ffff:${address}` : address).reduce(
    (sum, group) => (sum << 16n) | BigInt(group),
    0n,
  );
}

/** The addresses of all clients on the Internet: unicast of IPv4, and global unicast of IPv6 (RFC 4291 section 2.4). */
const EVERYBODY = [
  { family: 'IPv4', first: valueOf('1.0.0.0'), last: valueOf('223.255.255.255') },
  { family: 'IPv6', first: valueOf('2000::'), last: valueOf('4000::') - 1n },
];

/** Returns `true` if ranges together contain another range. */
function covers(ranges: readonly Range[], { first, last }: Pick<Range, 'first' | 'last'>): boolean {
  let next = first;
  for (const range of ranges.toSorted((one, other) => (one.first < other.first ? -1 : 1))) {
    if (range.first <= next && range.last >= next) next = range.last + 1n;
  }
  return next > last;
}
