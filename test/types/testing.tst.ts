import { expect as jestExpect } from '@jest/globals';
import type { TestingModuleBuilder } from '@nestjs/testing';
import type { InjectOptions } from 'fastify';
import type { Test } from 'supertest';
import {
  asUser,
  type ExpectedParams,
  httpAuthMatchers,
  type TestCredentials,
  withTestUsers,
} from 'nestjs-http-auth/testing';
import 'nestjs-http-auth/testing/jest';
import { describe, expect, test } from 'tstyche';

declare const request: Test;
declare const builder: TestingModuleBuilder;
declare const expectation: ReturnType<typeof jestExpect>;

describe('asUser()', () => {
  test('accepts a principal and its auth info', () => {
    expect(asUser).type.toBeCallableWith({ name: 'alice' });
    expect(asUser).type.toBeCallableWith('alice', { scheme: 'basic', scope: 'read' });
    expect(asUser).type.not.toBeCallableWith();
    expect(asUser).type.not.toBeCallableWith(null);
    expect(asUser).type.not.toBeCallableWith(undefined);
    expect(asUser).type.not.toBeCallableWith({ name: 'alice' }, { scheme: 1 });
  });

  test("returns headers that supertest, fetch() and Fastify's inject() accept", () => {
    expect(request.set).type.toBeCallableWith(asUser('alice'));
    expect(fetch).type.toBeCallableWith('/', { headers: asUser('alice') });
    expect<TestCredentials>().type.toBeAssignableTo<NonNullable<InjectOptions['headers']>>();
  });
});

describe('withTestUsers()', () => {
  test('returns the builder', () => {
    expect(withTestUsers(builder)).type.toBe<TestingModuleBuilder>();
    expect(withTestUsers(builder, asUser('alice'))).type.toBe<TestingModuleBuilder>();
    expect(withTestUsers).type.not.toBeCallableWith(builder, 'alice');
    expect(withTestUsers).type.not.toBeCallableWith({});
  });
});

describe('toChallenge()', () => {
  test("is a matcher of Jest's expect()", () => {
    expect(expectation.toChallenge).type.toBeCallableWith();
    expect(expectation.not.toChallenge).type.toBeCallableWith('Basic');
    expect(expectation.toChallenge).type.toBeCallableWith('Basic', { realm: 'x', error: undefined });
    expect(expectation.toChallenge).type.toBeCallableWith('Basic', { realm: jestExpect.any(String) });
    expect(expectation.toChallenge).type.not.toBeCallableWith({ realm: 'x' });
    expect(expectation.toChallenge('Basic')).type.toBe<void>();
    expect(expectation.resolves.toChallenge('Basic')).type.toBe<Promise<void>>();
  });

  test('does not accept a number or a RegExp as a param', () => {
    expect<{ realm: number }>().type.not.toBeAssignableTo<ExpectedParams>();
    expect<{ realm: RegExp }>().type.not.toBeAssignableTo<ExpectedParams>();
  });

  test('may be added to expect() with expect.extend()', () => {
    expect(jestExpect.extend).type.toBeCallableWith(httpAuthMatchers);
  });
});
