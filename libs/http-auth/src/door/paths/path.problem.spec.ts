import { describe, expect, it } from '@jest/globals';
import { exceptionProblem, literalPath, pathProblem } from './path.problem.js';

describe('pathProblem()', () => {
  it.each([
    '/',
    '/docs',
    '/docs/',
    "/Docs/v1.2/~user/a+b=c,d!$&'",
    '/.well-known/acme-challenge',
    '/@scope',
    '/café',
    '/caf%C3%A9',
    '/my%20docs',
    '/my docs',
    '/urn%3Aisbn%3A1',
    '/a%281%29%2A',
    '/a%5B1%5D',
    '/a%7Bb%7D',
  ])('accepts the literal path %s', (path) => {
    expect(pathProblem(path)).toBeUndefined();
  });

  const below = ', which includes everything below it';
  it.each([
    [undefined, "undefined is not a string; write a literal path, e.g. '/docs'"],
    [/^\/docs/, "/^\\/docs/ is not a string; write a literal path, e.g. '/docs'"],
    ['', "'' does not start with a slash; write '/'"],
    ['docs', "'docs' does not start with a slash; write '/docs'"],
    ['https://a.example/docs', "'https://a.example/docs' does not start with a slash; write '/docs'"],
    ['/docs/*', `'/docs/*' is a pattern because of '*'; write '/docs'${below}, or '%2A' for the character '*'`],
    ['/docs*', `'/docs*' is a pattern because of '*'; write '/docs'${below}, or '%2A' for the character '*'`],
    ['/docs/*path', `'/docs/*path' is a pattern because of '*'; write '/docs'${below}, or '%2A' for the character '*'`],
    [
      '/docs/{*path}',
      `'/docs/{*path}' is a pattern because of '{'; write '/docs'${below}, or '%7B' for the character '{'`,
    ],
    ['/docs(.*)', `'/docs(.*)' is a pattern because of '('; write '/docs'${below}, or '%28' for the character '('`],
    [
      '/users/:id/a',
      `'/users/:id/a' is a pattern because of ':'; write '/users'${below}, or '%3A' for the character ':'`,
    ],
    ['/:tenant', `'/:tenant' is a pattern because of ':'; write '/'${below}, or '%3A' for the character ':'`],
    ['/urn:isbn:1', `'/urn:isbn:1' is a pattern because of ':'; write '/'${below}, or '%3A' for the character ':'`],
    ['/a/[id]', `'/a/[id]' is a pattern because of '['; write '/a'${below}, or '%5B' for the character '['`],
    ['/docs?x=1', "'/docs?x=1' has a query; write '/docs'"],
    ['/docs/?', "'/docs/?' has a query; write '/docs'"],
    ['/docs#a', "'/docs#a' has a fragment; write '/docs'"],
    ['/docs\\a', "'/docs\\a' has a backslash; write '/docs/a'"],
    ['/docs;v=1/a', "'/docs;v=1/a' has parameters; write '/docs/a'"],
    ['/docs\n', "'/docs\n' has a control character; remove it"],
    ['/docs%', "'/docs%' has a malformed percent-encoding; write the character itself, or its UTF-8 bytes as %XX"],
    ['/caf%E9', "'/caf%E9' has a malformed percent-encoding; write the character itself, or its UTF-8 bytes as %XX"],
    ['/%64ocs', "'/%64ocs' encodes 'd'; write '/docs'"],
    ['/a/b%2Fc', "'/a/b%2Fc' has '%2F', which servers read in several ways; write a path without it, e.g. '/a'"],
    ['/a/%3Bb', "'/a/%3Bb' has '%3B', which servers read in several ways; write a path without it, e.g. '/a'"],
    ['/100%25', "'/100%25' has '%25', which servers read in several ways; write a path without it, e.g. '/'"],
    ['/a/%2e%2e/b', "'/a/%2e%2e/b' has '%2e', which servers read in several ways; write a path without it, e.g. '/a'"],
    ['//docs', "'//docs' has an empty segment; write '/docs'"],
    ['/a/../docs', "'/a/../docs' has a dot segment; write '/docs'"],
    ['/./docs', "'/./docs' has a dot segment; write '/docs'"],
  ])('rejects %s', (path, message) => {
    expect(pathProblem(path)).toBe(`protect(): ${message}`);
  });
});

describe('exceptionProblem()', () => {
  it.each([
    ['/health', '/'],
    ['/.well-known/acme-challenge/', '/'],
    ['/', '/'],
    ['/docs', '/docs'],
    ['/docs/public/', '/docs/'],
  ])('accepts %s of %s', (entry, root) => {
    expect(exceptionProblem(entry, root)).toBeUndefined();
  });

  it.each([
    ['/health/*', '/', "protect(): except: '/health/*' is a pattern because of '*'; write '/health'"],
    ['health', '/', "protect(): except: 'health' does not start with a slash; write '/health'"],
    ['/health', '/docs', "protect(): except: '/health' is not below '/docs'; write a path that starts with '/docs/'"],
    ['/docs-json', '/docs', "protect(): except: '/docs-json' is not below '/docs'"],
    [
      '/docs/',
      '/docs',
      "protect(): except: '/docs/' opens everything below '/docs'; remove this protect(), or write '/docs'",
    ],
  ])('rejects %s of %s', (entry, root, message) => {
    expect(exceptionProblem(entry, root)).toContain(message);
  });
});

describe('literalPath()', () => {
  it('decodes the path and removes a slash at the end', () => {
    expect(literalPath('/caf%C3%A9/a%20b/')).toBe('/café/a b');
    expect(literalPath('/urn%3Aisbn%3A1')).toBe('/urn:isbn:1');
    expect(literalPath('/')).toBe('/');
  });
});
