import type { INestApplication } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import {
  type AuthenticatedEvent,
  type AuthEvent,
  type AuthEventOf,
  AuthEvents,
  type AuthEventType,
  type ErrorEvent,
  type FailureReason,
  type LockedEvent,
  type RefusedEvent,
} from 'nestjs-http-auth';
import { meterHttpAuth, type MeterOptions } from 'nestjs-http-auth/opentelemetry';
import { describe, expect, test } from 'tstyche';

declare const app: INestApplication;
declare const event: AuthEvent;

describe('AuthEvents', () => {
  const events = app.get(AuthEvents);

  test('passes events of its type to a listener', () => {
    events.on('authenticated', ({ scheme, realm, route, address }) => {
      expect(scheme).type.toBe<string>();
      expect(realm).type.toBe<string | undefined>();
      expect(route).type.toBe<string>();
      expect(address).type.toBe<string | undefined>();
    });
    events.on('refused', ({ reason, scheme, status }) => {
      expect(reason).type.toBe<Exclude<FailureReason, 'limited'>>();
      expect(scheme).type.toBe<string | undefined>();
      expect(status).type.toBe<number>();
    });
    events.on('locked', ({ reason }) => expect(reason).type.toBe<'limited'>());
    events.on('error', (failed) => expect(failed).type.toBe<ErrorEvent>());
    expect(events.on('refused', async () => undefined)).type.toBe<() => void>();
  });

  test('has four types of events, without the request or the principal', () => {
    expect<AuthEventType>().type.toBe<'authenticated' | 'refused' | 'locked' | 'error'>();
    expect<AuthEvent>().type.toBe<AuthenticatedEvent | RefusedEvent | LockedEvent | ErrorEvent>();
    expect<AuthEventOf<'locked'>>().type.toBe<LockedEvent>();
    expect(events.on).type.not.toBeCallableWith('failed', () => undefined);
    expect<AuthEvent>().type.not.toHaveProperty('request');
    expect<AuthEvent>().type.not.toHaveProperty('principal');
    expect<AuthenticatedEvent>().type.not.toHaveProperty('reason');
  });

  test('distinguishes events by their type', () => {
    if (event.type === 'refused') expect(event).type.toBe<RefusedEvent>();
    if (event.type === 'authenticated') expect(event.scheme).type.toBe<string>();
  });
});

describe('meterHttpAuth()', () => {
  test('accepts an application and a meter provider', () => {
    expect(meterHttpAuth(app)).type.toBe<() => void>();
    expect(meterHttpAuth).type.toBeCallableWith(app, { meterProvider: metrics.getMeterProvider() });
    expect(meterHttpAuth).type.not.toBeCallableWith(app, { meter: metrics.getMeter('a') });
    expect<MeterOptions>().type.toBeAssignableFrom<{}>();
  });
});
