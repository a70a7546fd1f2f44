import { describe, expect, it } from '@jest/globals';
import { ProtectedPaths } from './protected.paths.js';

type Setup = Record<string, readonly string[]>;

/** Protects paths with their exceptions. The policy of a path is its name. */
function protectedPaths(setup: Setup): ProtectedPaths<string> {
  const paths = new ProtectedPaths<string>();
  for (const [path, except] of Object.entries(setup)) paths.protect(path, path, { except });
  return paths;
}

const refused = { refused: expect.any(String) };

describe('ProtectedPaths', () => {
  it.each([
    ['/docs', ['/docs']],
    ['/docs/', ['/docs']],
    ['/docs?x', ['/docs']],
    ['/docs/a', ['/docs']],
    ['/DOCS/a', ['/docs']],
    ['/docs-json', ['/docs']],
    ['/docs-yaml', ['/docs']],
    ['/%64ocs', ['/docs']],
    ['/docs;a/b', ['/docs']],
    ['//docs/a', ['/docs']],
    ['http://h/docs', ['/docs']],
    ['/docsearch', []],
    ['/', []],
    ['*', refused],
  ])('protects a path and everything below it: %s', (target, policies) => {
    expect(protectedPaths({ '/docs': [] }).policiesOf(target)).toEqual(policies);
  });

  it('uses the policy of the nearest path', () => {
    const paths = protectedPaths({ '/': [], '/open': [], '/open/inner': [] });
    expect(paths.policiesOf('/x')).toEqual(['/']);
    expect(paths.policiesOf('/open/x')).toEqual(['/open']);
    expect(paths.policiesOf('/open/inner/x%20y')).toEqual(['/open/inner']);
  });

  it.each([
    ['/OPEN/x', ['/open', '/']],
    ['/%6fpen/x', ['/open', '/']],
    ['//open/x', ['/open', '/']],
    ['/open;a/x', ['/open', '/']],
    ['/open%2Finner', ['/open/inner', '/open', '/']],
    ['/%6fpen/inner%2Fx', ['/open/inner', '/open', '/']],
    ['http://h/open/x', ['/open', '/']],
  ])('adds the policies of outer paths if consumers may disagree: %s', (target, policies) => {
    expect(protectedPaths({ '/': [], '/open': [], '/open/inner': [] }).policiesOf(target)).toEqual(policies);
  });

  it('asks for the policy between two paths if a consumer decodes a part of the target', () => {
    const paths = protectedPaths({ '/': [], '/p': [], '/p/q': [] });
    // Fastify decodes `%70` and keeps `%2F`, so it is at `/p/q%2Fx`.
    expect(paths.policiesOf('/%70/q%2Fx')).toEqual(['/p/q', '/p', '/']);
  });

  it('[B2] refuses an absolute form whose authority hides a path', () => {
    expect(protectedPaths({ '/secret': [] }).policiesOf('http://h%2Fsecret.txt')).toEqual(refused);
  });

  it('[B3] refuses dot segments between parameters', () => {
    expect(protectedPaths({ '/secret': [] }).policiesOf('/y/../secret/;a/../f.txt')).toEqual(refused);
  });

  it('[B4] refuses dot segments that leave an open path', () => {
    expect(protectedPaths({ '/': [], '/public': [] }).policiesOf('/public/../payroll.csv')).toEqual(refused);
  });

  it('[B1] rejects a pattern at startup', () => {
    expect(() => protectedPaths({ '/docs/*': [] })).toThrow(
      "protect(): '/docs/*' is a pattern because of '*'; write '/docs'",
    );
  });

  it('rejects a path that is protected twice', () => {
    const paths = protectedPaths({ '/docs': [] });
    expect(() => paths.protect('/docs/', 'x')).toThrow(
      "protect(): '/docs/' is protected twice; remove one of the calls",
    );
  });

  it('replaces the policy of a document of Swagger UI if its path is protected itself', () => {
    const before = protectedPaths({ '/docs-json': [], '/docs': [] });
    const after = protectedPaths({ '/docs': [], '/docs-json': [] });
    for (const paths of [before, after]) expect(paths.policiesOf('/docs-json')).toEqual(['/docs-json']);
  });

  it('keeps the outer policy for the documents of Swagger UI', () => {
    expect(protectedPaths({ '/': [], '/docs': [] }).policiesOf('/docs-json')).toEqual(['/docs', '/']);
  });

  it('requires the policy of / if a request has no path', () => {
    const paths = protectedPaths({ '/': ['/'], '/docs': [] });
    expect(paths.policiesOf('h:443', { method: 'CONNECT' })).toEqual(['/']);
    expect(paths.policiesOf('*', { method: 'OPTIONS' })).toEqual(['/']);
    expect(paths.policiesOf('*')).toEqual(refused);
    expect(protectedPaths({ '/docs': [] }).policiesOf('h:443', { method: 'CONNECT' })).toEqual([]);
  });

  it('uses the path of CONNECT for a WebSocket over HTTP/2, without exceptions', () => {
    const paths = protectedPaths({ '/ws': ['/ws/open'] });
    for (const target of ['/ws', '/ws/open', '/WS'])
      expect(paths.policiesOf(target, { method: 'CONNECT' })).toEqual(['/ws']);
    expect(paths.policiesOf('/other', { method: 'CONNECT' })).toEqual([]);
    expect(paths.policiesOf('/ws/../x', { method: 'CONNECT' })).toEqual(refused);
  });

  describe('with exceptions', () => {
    const setup = {
      '/': ['/', '/health', '/.well-known/acme-challenge/', '/open/x', '/caf%C3%A9'],
      '/open': ['/open/y'],
    };
    const paths = protectedPaths(setup);

    it.each(['/', '/health', '/health?x=1', '/.well-known/acme-challenge/a/b', '/caf%c3%a9', '/open/y'])(
      'has no policy for %s',
      (target) => {
        for (const method of ['GET', 'POST', 'OPTIONS']) expect(paths.policiesOf(target, { method })).toEqual([]);
      },
    );

    it.each([
      '/health/',
      '/health/a',
      '/HEALTH',
      '//health',
      '/health;x',
      '/%68ealth',
      '/health%2F',
      '/health%20',
      '/health.',
      'http://h/health',
      '/.well-known/acme-challenge',
      '/.well-known/acme-challenge/',
      '/.well-known/acme-challenge/a%2Fb',
      '/.well-known/acme-challenge/a;b',
      '/.well-known/acme-challenge//a',
      '/a',
    ])('keeps the policy for %s', (target) => {
      expect(paths.policiesOf(target)).toEqual(['/']);
    });

    it('opens a folder and everything below it if both are exceptions', () => {
      const open = protectedPaths({ '/': ['/a', '/a/'] });
      for (const target of ['/a', '/a/', '/a/b']) expect(open.policiesOf(target)).toEqual([]);
      expect(open.policiesOf('/ab')).toEqual(['/']);
    });

    it('keeps the policy of an inner path', () => {
      expect(paths.policiesOf('/open/x')).toEqual(['/open']);
    });

    it('keeps the policy for upgrades', () => {
      expect(paths.policiesOf('/health', { upgrade: true })).toEqual(['/']);
    });
  });
});
