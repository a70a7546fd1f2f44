/**
 * Whether what comes from a URL is its owner's: by https, or from this machine, whose names no network resolves (RFC 8252 section
 * 7.3, RFC 6761 section 6.3). `URL` has written every IPv4 address in four decimal numbers.
 */
export function isSecure({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
