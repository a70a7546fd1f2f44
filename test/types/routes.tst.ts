import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { type Access, type AccessReason, AuthModule, basic, type RouteEntry, RouteReport } from 'nestjs-http-auth';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { describe, expect, test } from 'tstyche';

declare const app: INestApplication;
declare const document: OpenAPIObject;

describe('the route report', () => {
  test('contains the access of each route, and the reason', () => {
    expect(app.get(RouteReport).routes()).type.toBe<RouteEntry[]>();
    expect<RouteEntry['access']>().type.toBe<Access>();
    expect<RouteEntry['because']>().type.toBe<AccessReason | `protect('${string}')` | 'no guard'>();
    expect<AccessReason>().type.toBeAssignableFrom<
      '@Public() on the method' | '@OptionalAuth() on the class' | 'default'
    >();
    expect<AccessReason>().type.not.toBeAssignableFrom<'@Public() on the module'>();
  });

  test('is printed at startup by a boolean option', () => {
    const options = { realm: 'Staging', schemes: [basic(() => null)] };
    expect(AuthModule.forRoot).type.toBeCallableWith({ ...options, printRoutes: true });
    expect(AuthModule.forRoot).type.not.toBeCallableWith({ ...options, printRoutes: 'yes' });
  });
});

describe('documentHttpAuth()', () => {
  test('accepts the application and its document', () => {
    expect(documentHttpAuth(app, document)).type.toBe<OpenAPIObject>();
    expect(documentHttpAuth).type.not.toBeCallableWith(document);
  });
});
