import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Resources } from './resources.js';

const authorizationServers = ['https://login.example.com'];
const resources = (...paths: string[]) =>
  new Resources(paths.map((path) => ({ url: `https://api.example.com${path}`, paths: [path], authorizationServers })));

/** The path of the resource of a target. */
const pathAt = (all: Resources, target: string) => {
  const found = all.at(target);
  return typeof found === 'object' ? found.url.replace('https://api.example.com', '') : found;
};

/** Ways to write a path that some server reads as the same path. */
const spellings: ((path: string) => string)[] = [
  (path) => path.toUpperCase(),
  (path) => path.replaceAll('/', '//'),
  (path) => path.replaceAll('a', '%61'),
  (path) => path.replace('/mcp/', '/mcp%2F'),
  (path) => path.replace('/mcp', '/mcp;v=1'),
  (path) => `/x/..${path}`,
  (path) => path.replace('mcp', '%256dcp'),
  (path) => path.replaceAll('/', '\\'),
];

const segment = fc.stringMatching(/^[\w.~-]{1,8}$/).filter((text) => !/^\.+$/.test(text));

describe('The resource of a request target', () => {
  it.each([
    ['/mcp/a', '/mcp/a'],
    ['/mcp/a/', '/mcp/a'],
    ['/mcp/a/tools?x=/mcp/b', '/mcp/a'],
    ['/mcp/a/Tools', '/mcp/a'],
    ['/mcp/a/x%2Fy', '/mcp/a'],
    ['http://127.0.0.1/mcp/a', '/mcp/a'],
    ['/mcp/b', '/mcp/b'],
    ['/mcp/b/inner/x', '/mcp/b/inner'],
    ['/mcp/ab', undefined],
    ['/mcp', undefined],
    ['/', undefined],
    ['/mcp/A', 'ambiguous'],
    ['/mcp//a', 'ambiguous'],
    ['/mcp/a;v=1', 'ambiguous'],
    ['/mcp/%61', 'ambiguous'],
    ['/mcp/b/../a', 'ambiguous'],
    ['/mcp/b/%2e%2e/a', 'ambiguous'],
    ['*', 'ambiguous'],
    ['', 'ambiguous'],
  ])('of %j is %j', (target, path) => {
    expect(pathAt(resources('/mcp/a', '/mcp/b', '/mcp/b/inner'), target)).toBe(path);
  });

  it('is the outer resource for all other targets if its path is /', () => {
    const all = resources('/', '/mcp/a');
    expect(['/', '/mcp', '/mcp/ab', '/x'].map((target) => pathAt(all, target))).toEqual(['/', '/', '/', '/']);
    expect(pathAt(all, '/mcp/a')).toBe('/mcp/a');
    expect(pathAt(all, '/mcp/A')).toBe('ambiguous');
  });

  it('is the only resource for every target if it is the whole application', () => {
    fc.assert(fc.property(fc.string(), (target) => pathAt(resources('/'), target) === '/'));
  });

  it('does not exist without resources', () => {
    fc.assert(fc.property(fc.string(), (target) => resources().at(target) === undefined));
  });

  it('is the resource above all of its segments', () => {
    const all = resources('/mcp/a', '/mcp/b');
    fc.assert(
      fc.property(fc.constantFrom('/mcp/a', '/mcp/b'), fc.array(segment), (path, segments) => {
        expect(pathAt(all, [path, ...segments].join('/'))).toBe(path);
      }),
    );
  });

  it('is never another resource, whatever the spelling', () => {
    const all = resources('/mcp/a', '/mcp/b');
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 3 }),
        fc.array(fc.constantFrom(...spellings), { minLength: 1, maxLength: 3 }),
        (segments, ways) => {
          const target = ways.reduce((path, spell) => spell(path), ['/mcp/a', ...segments].join('/'));
          expect(['/mcp/a', 'ambiguous']).toContain(pathAt(all, target));
        },
      ),
    );
  });
});
