import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { isVerifierClass, verifierProblem } from './verifier.js';

describe('isVerifierClass', () => {
  class Users {
    verify() {
      return null;
    }
  }
  class Inheriting extends Users {}
  class WithoutVerify {}
  function Old() {
    return undefined;
  }
  Old.prototype.verify = () => null;
  // Compilers for ES5 make such functions of classes.
  function Derived() {
    return undefined;
  }
  Derived.prototype = Object.create(Old.prototype as object);
  function Decorated() {
    return undefined;
  }
  Injectable()(Decorated);
  function WithDependencies(_dependency: unknown) {
    return undefined;
  }
  Reflect.defineMetadata('design:paramtypes', [Users], WithDependencies);

  it.each([
    ['a class', Users],
    ['a class that inherits verify()', Inheriting],
    ['a class without verify(), which causes an error elsewhere', WithoutVerify],
    ['a constructor function', Old],
    ['a constructor function that inherits', Derived],
    ['a constructor function with @Injectable()', Decorated],
    ['a constructor function with dependencies', WithDependencies],
  ])('returns true for %s', (_, verifier) => {
    expect(isVerifierClass(verifier as never)).toBe(true);
  });

  it.each([
    ['an arrow function', () => null],
    ['an async arrow function', async () => null],
    [
      'a function',
      function classify() {
        return null;
      },
    ],
    ['a bound method', new Users().verify.bind(new Users())],
    [
      'a method',
      {
        classify() {
          return null;
        },
      }.classify,
    ],
  ])('returns false for %s', (_, verifier) => {
    expect(isVerifierClass(verifier)).toBe(false);
  });
});

describe('verifierProblem', () => {
  it('returns undefined for a function or a class', () => {
    expect(verifierProblem('basic()', () => null)).toBeUndefined();
    expect(verifierProblem('basic()', class {})).toBeUndefined();
  });

  it.each([undefined, null, 'users', {}, { verify: () => null }])(
    'reports the factory and the fix for %p',
    (verifier) => {
      expect(verifierProblem('basic()', verifier)).toMatch(
        /^basic\(\): .+ must be a function .+ or an injectable class with verify/,
      );
    },
  );
});
