import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalUri, targetPath } from './target.uri.js';

const pathOf = (url: string, originalUrl?: string) =>
  targetPath({ method: 'GET', url, headers: {}, ...(originalUrl !== undefined && { originalUrl }) });

describe('normalUri', () => {
  it.each([
    ['https://api.example', 'https://api.example/'],
    ['HTTPS://API.example:443', 'https://api.example/'],
    ['http://api.example:80/a', 'http://api.example/a'],
    ['http://api.example:443/a', 'http://api.example:443/a'],
    ['https://[::1]:8443/a?b#c', 'https://[::1]:8443/a'],
    ['https://xn--pi-uia.example/%c3%a9%7e', 'https://xn--pi-uia.example/%C3%A9~'],
    ['https://a/?//b/..', 'https://a/'],
    ['https://a?b', 'https://a/'],
    ['https://a/b;c=1/(d)!$&\'*+,=:@|"<>^`{}[]', 'https://a/b;c=1/(d)!$&\'*+,=:@|"<>^`{}[]'],
    ['https://a/b%2Fc', 'https://a/b%2Fc'],
    ['https://a/...', 'https://a/...'],
  ])('returns the normal form of %s', (uri, normal) => {
    expect(normalUri(uri)).toBe(normal);
  });

  it('is the same for its own result, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })), (uri) => {
        const normal = normalUri(uri);
        fc.pre(normal !== undefined);
        expect(normalUri(normal)).toBe(normal);
      }),
    );
  });

  it('agrees with URL on the scheme, the host and the port of every URI that it accepts', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (uri) => {
        const normal = normalUri(uri);
        fc.pre(normal !== undefined);
        expect(new URL(normal).origin).toBe(new URL(uri).origin);
      }),
    );
  });
});

describe('targetPath', () => {
  it.each([
    ['/a?b', '/a'],
    ['/', '/'],
    ['//evil.example/a', '//evil.example/a'],
    ['http://evil.example/a', '/a'],
    ['http://evil.example', '/'],
    ['http://evil.example?a', '/'],
  ])('returns the path of %s', (target, path) => {
    expect(pathOf(target)).toBe(path);
  });

  it.each(['*', 'api.example:443', 'a', '/a/..', '/.', '/%2e%2E/a', '/%', '/%a', '/a b', '/é', '/a\\b'])(
    'does not accept %s',
    (target) => {
      expect(pathOf(target)).toBeUndefined();
    },
  );

  it('prefers the target as it arrived to a rewritten one', () => {
    expect(pathOf('/rewritten', '/sent')).toBe('/sent');
  });
});
