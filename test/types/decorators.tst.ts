import type { Request as ExpressRequest } from 'express';
import type { FastifyRequest } from 'fastify';
import { Controller, Get, ParseIntPipe } from '@nestjs/common';
import {
  type AuthenticatedRequest,
  type AuthInfo,
  CurrentAuth,
  CurrentUser,
  type HttpRequest,
  OptionalAuth,
  Public,
  Realm,
  Schemes,
  Scopes,
  StepUp,
} from 'nestjs-http-auth';
import { describe, expect, test } from 'tstyche';

interface User {
  id: number;
  name: string;
}

describe('@CurrentUser()', () => {
  test('accepts the name of a property of the principal', () => {
    expect(CurrentUser).type.toBeCallableWith();
    expect(CurrentUser).type.toBeCallableWith('name');
    expect(CurrentUser<User>).type.toBeCallableWith('name');
    expect(CurrentUser<User>).type.not.toBeCallableWith('nope');
    expect(CurrentUser).type.not.toBeCallableWith(1);
  });

  test('accepts pipes', () => {
    expect(CurrentUser).type.toBeCallableWith(ParseIntPipe);
    expect(CurrentUser<User>).type.toBeCallableWith('id', ParseIntPipe, new ParseIntPipe());
    expect(CurrentUser<User>).type.not.toBeCallableWith('id', 'name');
    expect(CurrentUser<User>).type.not.toBeCallableWith('id', class NotAPipe {});
  });

  test('decorates a parameter', () => {
    expect(CurrentUser()).type.toBe<ParameterDecorator>();
    expect(CurrentUser<User>('name')).type.toBe<ParameterDecorator>();
  });
});

describe('@CurrentAuth()', () => {
  test('accepts the name of a property of the auth info', () => {
    expect(CurrentAuth).type.toBeCallableWith();
    expect(CurrentAuth).type.toBeCallableWith('scheme');
    expect(CurrentAuth).type.toBeCallableWith('realm');
    expect(CurrentAuth).type.not.toBeCallableWith('token');
    expect<AuthInfo>().type.toBeAssignableTo<{ readonly scheme: string; readonly realm: string }>();
    expect<AuthInfo>().type.toHaveProperty('scopes');
  });
});

describe('a policy decorator', () => {
  test('applies to a class and to a method', () => {
    @Public()
    @Schemes('basic', 'Bearer')
    @Realm('Administration')
    @Scopes('reports:read')
    @StepUp({ acrValues: ['mfa'] as const, maxAge: 300 })
    @Controller()
    class Routes {
      @Public(false)
      @Get()
      closed() {}

      @OptionalAuth()
      @Realm((request) => request.url)
      @Schemes()
      @Scopes.any('reports:read', 'reports:write')
      @Scopes.by(({ body }) => (body === undefined ? [] : ['reports:write']))
      @Scopes.by((request: ExpressRequest) => [request.protocol])
      @Scopes.by((request: FastifyRequest) => [request.protocol])
      @StepUp({ maxAge: 0 })
      @Get()
      open() {}
    }
    expect(Routes).type.toBeConstructableWith();
  });

  test('does not accept an argument of the wrong type', () => {
    expect(Schemes).type.not.toBeCallableWith(1);
    expect(Schemes).type.not.toBeCallableWith(['basic']);
    expect(Realm).type.not.toBeCallableWith();
    expect(Realm).type.not.toBeCallableWith(5);
    expect(Realm).type.not.toBeCallableWith(() => 5);
    expect(Public).type.not.toBeCallableWith('yes');
    expect(OptionalAuth).type.not.toBeCallableWith(true);
    expect(Scopes).type.not.toBeCallableWith(['reports:read']);
    expect(Scopes.any).type.not.toBeCallableWith(1);
    expect(Scopes.by).type.not.toBeCallableWith();
    expect(Scopes.by).type.not.toBeCallableWith(() => 'reports:read');
    expect(Scopes.by).type.not.toBeCallableWith(() => Promise.resolve(['reports:read']));
    expect(StepUp).type.not.toBeCallableWith();
    expect(StepUp).type.not.toBeCallableWith({ acrValues: 'mfa' });
    expect(StepUp).type.not.toBeCallableWith({ maxAge: '300' });
    expect(StepUp).type.not.toBeCallableWith({ max_age: 300 });
  });
});

describe('AuthenticatedRequest', () => {
  test('has the principal and the auth info', () => {
    expect<AuthenticatedRequest<User>['user']>().type.toBe<User>();
    expect<AuthenticatedRequest<User>['authInfo']>().type.toBe<AuthInfo>();
    expect<AuthenticatedRequest['user']>().type.toBe<unknown>();
    expect<AuthenticatedRequest<User>>().type.toBeAssignableTo<HttpRequest>();
  });

  test("may extend Express's or Fastify's request", () => {
    expect<AuthenticatedRequest<User, ExpressRequest>['user']>().type.toBeAssignableTo<User>();
    expect<AuthenticatedRequest<User, ExpressRequest>>().type.toBeAssignableTo<ExpressRequest>();
    expect<AuthenticatedRequest<User, FastifyRequest>['user']>().type.toBe<User>();
    expect<AuthenticatedRequest<User, FastifyRequest>>().type.toBeAssignableTo<FastifyRequest>();
  });
});
