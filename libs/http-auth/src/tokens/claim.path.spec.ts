import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { claimAt, claimPathProblem } from './claim.path.js';

const claims = {
  groups: ['a'],
  'cognito:groups': ['b'],
  'https://example.com/roles': ['c'],
  realm_access: { roles: ['d'] },
  resource_access: { 'my-api': { roles: ['e'] }, 'my.dotted.api': { roles: ['f'] }, my: { other: 1 } },
  'realm_access.groups': ['g'],
  empty: null,
};

describe('The path of a claim', () => {
  it.each<[string, unknown]>([
    ['groups', ['a']],
    ['cognito:groups', ['b']],
    ['https://example.com/roles', ['c']],
    ['realm_access.roles', ['d']],
    ['resource_access.my-api.roles', ['e']],
    ['resource_access.my.dotted.api.roles', ['f']],
    // The whole name has priority over the path.
    ['realm_access.groups', ['g']],
    ['resource_access.my.other', 1],
    ['empty', null],
  ])('%s finds the value', (path, value) => {
    expect(claimAt(claims, path)).toEqual(value);
  });

  it.each([
    'roles',
    'https://example',
    'realm_access',
    'realm_access.',
    'realm_access..roles',
    '.groups',
    'groups.0',
    'groups.length',
    'groups.at',
    'empty.roles',
    'resource_access.my-api.roles.length',
    'constructor',
    'constructor.name',
    '__proto__',
    '__proto__.constructor.name',
    'toString.name',
    'realm_access.constructor.name',
    'hasOwnProperty',
  ])('%s does not find roles', (path) => {
    const value = claimAt(claims, path);
    expect(value === undefined || value === claims.realm_access).toBe(true);
  });

  it('finds each value of any JSON object by the names above it', () => {
    const name = fc.stringMatching(/^[a-z:/]{1,8}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), fc.jsonValue(), (names, value) => {
        const nested = names.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        expect(claimAt(nested as Record<string, unknown>, names.join('.'))).toEqual(value);
      }),
    );
  });

  it('never finds a property of a prototype', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.constantFrom('constructor', '__proto__', 'toString', 'length', 'a')),
        (text, names) => {
          expect(claimAt({ a: {} }, ['a', ...names, text, 'constructor'].join('.'))).toBeUndefined();
        },
      ),
    );
  });

  it('is invalid if it is empty or has a placeholder', () => {
    expect(claimPathProblem('')).toBe('must not be empty');
    expect(claimPathProblem('resource_access.{client}.roles')).toBe(
      'contains the placeholder {client}; write the name out, e.g. resource_access.my-api.roles',
    );
    expect(claimPathProblem('resource_access.my-api.roles')).toBeUndefined();
  });
});
