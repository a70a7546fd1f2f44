/**
 * Returns `true` if the network cannot change the response of a URL: the URL is https, or its host is this machine (RFC
 * 8252 section 7.3, RFC 6761 section 6.3). `URL` has already normalized IPv4 addresses to four decimal numbers.
 */
export function isSecure({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
