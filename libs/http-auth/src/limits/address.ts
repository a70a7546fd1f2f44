import { isIPv4, isIPv6 } from 'node:net';
import type { HttpRequest } from '../http/request.js';

/** Node's request. Behind a proxy, its socket has the address of the proxy. */
interface Addressed {
  readonly socket?: { readonly remoteAddress?: string | undefined };
}

/** Returns the client address that the framework determined, or an empty string for a UNIX socket. */
export function addressOf(request: HttpRequest): string {
  const text = request.ip ?? (request.raw ?? (request as Addressed)).socket?.remoteAddress;
  return typeof text === 'string' ? text : '';
}

/**
 * Returns the network of an address: an IPv4 address, or the first 64 bits of an IPv6 address. One client usually has all addresses
 * of such an IPv6 network (RFC 6177 section 2). The result has no spaces. An IPv4 address inside an IPv6 address counts as IPv4
 * (RFC 4291 section 2.5.5.2, RFC 6052 section 2.1). A port, which some proxies add, is removed. For an invalid address, the
 * result is an empty string.
 */
export function networkOf(text: string): string {
  const match = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? text;
  if (isIPv4(address)) return address;
  return isIPv6(address) ? networkOf6(address) : '';
}

function networkOf6(address: string): string {
  const groups = groupsOf(address.replace(/%.*/, ''));
  const [prefix, low] = [groups.slice(0, 6).join(':'), groups.slice(6)];
  if (prefix === '0:0:0:0:0:65535' || prefix === '100:65435:0:0:0:0') {
    return low.flatMap((group) => [group >> 8, group & 255]).join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** Returns the eight groups of an IPv6 address (RFC 4291 section 2.2). */
export function groupsOf(address: string): number[] {
  const halves = address.split('::').map((half) => (half === '' ? [] : half.split(':').flatMap(groupOf)));
  const [front, back] = halves as [number[], number[]?];
  if (back === undefined) return front;
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}

/** Returns one group, or two groups for an IPv4 address at the end. */
function groupOf(text: string): number[] {
  if (!text.includes('.')) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
