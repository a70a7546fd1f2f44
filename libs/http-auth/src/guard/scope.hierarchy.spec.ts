import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { admit } from '../schemes/admission.js';
import { impliesProblem, ScopeHierarchy } from './scope.hierarchy.js';
import { hasScopes, type RequiredScopes, scopeParam } from './scopes.js';

const implies = { admin: ['write', 'audit'], write: ['read'], audit: ['read'] };
const hierarchy = new ScopeHierarchy(implies);

/** Scopes `s0` to `s7`. A scope implies only later ones, so there are no cycles. */
const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
const acyclic = fc.array(fc.subarray(names), { minLength: 8, maxLength: 8 }).map((lists) =>
  Object.fromEntries(
    lists.flatMap((list, index) => {
      const later = list.filter((name) => Number(name.slice(1)) > index);
      return later.length === 0 ? [] : [[`s${index}`, later] as const];
    }),
  ),
);
const some = fc.shuffledSubarray(names, { minLength: 1 });
const required = fc.record<RequiredScopes>({ names: some, mode: fc.constantFrom('all', 'any') });

const satisfies = (asked: RequiredScopes, scopes: readonly string[], by: ScopeHierarchy) =>
  hasScopes(asked, admit('alice', { scopes }), by);

/** Adds what the scopes imply, one step at a time, until the list stays the same. */
function expanded(scopes: readonly string[], by: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const all = [...new Set([...scopes, ...scopes.flatMap((name) => by[name] ?? [])])];
  return all.length === scopes.length ? all : expanded(all, by);
}

describe('A scope hierarchy', () => {
  it.each<[scopes: string[], asked: string[], result: boolean]>([
    [['admin'], ['read'], true],
    [['admin'], ['read', 'write', 'audit', 'admin'], true],
    [['write'], ['read'], true],
    [['write'], ['audit'], false],
    [['write'], ['admin'], false],
    [['read'], ['write'], false],
    [['other'], ['read'], false],
    [[], ['read'], false],
    [['Admin'], ['read'], false],
    [['__proto__', 'constructor'], ['read'], false],
  ])('with %j accepts all of %j: %s', (scopes, asked, result) => {
    expect(satisfies({ names: asked, mode: 'all' }, scopes, hierarchy)).toBe(result);
  });

  it.each<[mode: 'all' | 'any', asked: string[], param: string]>([
    ['all', ['read'], 'read'],
    ['all', ['read', 'write'], 'write'],
    ['all', ['write', 'other', 'read', 'audit'], 'write other audit'],
    ['any', ['read', 'admin'], 'read'],
    ['any', ['admin', 'read'], 'read'],
    ['any', ['admin', 'write', 'audit'], 'write'],
    ['any', ['admin', 'write', 'read'], 'read'],
    ['any', ['other', 'read'], 'other'],
  ])('makes the challenge name the least scopes: %s of %j', (mode, asked, param) => {
    expect(scopeParam({ names: asked, mode }, hierarchy)).toBe(param);
  });

  it('accepts the same scopes as a list with all implied scopes', () => {
    fc.assert(
      fc.property(acyclic, required, fc.subarray(names), (by, asked, scopes) => {
        expect(satisfies(asked, scopes, new ScopeHierarchy(by))).toBe(
          satisfies(asked, expanded(scopes, by), new ScopeHierarchy()),
        );
      }),
    );
  });

  it('accepts the scopes of its challenge, and each of them is necessary', () => {
    fc.assert(
      fc.property(acyclic, required, (by, asked) => {
        const own = new ScopeHierarchy(by);
        const named = scopeParam(asked, own).split(' ');
        expect(satisfies(asked, named, own)).toBe(true);
        for (const one of named) {
          expect(
            satisfies(
              asked,
              named.filter((name) => name !== one),
              own,
            ),
          ).toBe(false);
        }
      }),
    );
  });

  it('is valid without cycles, and invalid with one', () => {
    fc.assert(
      fc.property(acyclic, fc.shuffledSubarray(names, { minLength: 1 }), (by, cycle) => {
        expect(impliesProblem(by)).toBeUndefined();
        const next = (index: number) => cycle[(index + 1) % cycle.length] as string;
        const closed = Object.fromEntries(cycle.map((name, index) => [name, [...(by[name] ?? []), next(index)]]));
        expect(impliesProblem({ ...by, ...closed })).toMatch(/^scopes\.implies: 's\d' implies itself/);
      }),
    );
  });

  it.each([
    [null],
    [7],
    [['read']],
    [{ write: 'read' }],
    [{ write: [] }],
    [{ write: ['read', 7] }],
    [{ write: undefined }],
    [{ write: ['read write'] }],
    [{ 'a b': ['read'] }],
    [{ '': ['read'] }],
    [{ write: ['"'] }],
    [{ write: ['write'] }],
  ])('is invalid if it is %j', (value) => {
    expect(impliesProblem(value as never)).toMatch(/^scopes\.implies.*[:;]/);
  });
});
