import type { INestApplicationContext } from '@nestjs/common';
import { type Attributes, metrics, type MeterProvider } from '@opentelemetry/api';
import { AUTHENTICATION } from '../common/measure.js';
import type { AuthEvent, AuthEventType } from '../events/auth.event.js';
import { AuthEvents } from '../events/auth.events.js';
import { Authenticator } from '../guard/authenticator.js';
import { bounded } from './bounded.js';
import { AUTHENTICATION_BUCKETS } from './buckets.js';
import { METER, meterVerifiers } from './verifiers.meter.js';

/** Options of {@link meterHttpAuth}. */
export interface MeterOptions {
  /**
   * The provider of the meter.
   *
   * @default the global provider of `@opentelemetry/api`, which the SDK must have set before
   */
  readonly meterProvider?: MeterProvider;
}

const TYPES: readonly AuthEventType[] = ['authenticated', 'refused', 'locked', 'error'];

/**
 * Measures the authentication of an application with OpenTelemetry:
 *
 * - `nestjs_http_auth.decisions`, a counter of the results of the guard;
 * - `nestjs_http_auth.duration`, a histogram of the seconds that a scheme and its verifier take;
 * - `nestjs_http_auth.cache.lookups`, a counter of the hits and misses of the caches of `jwt()`, `introspection()` and passwords;
 * - `nestjs_http_auth.introspection.duration`, a histogram of the seconds that an introspection endpoint takes;
 * - `nestjs_http_auth.keys.age` and `nestjs_http_auth.keys.ready`, gauges of the keys of each issuer of `jwt()`.
 *
 * The verifiers belong to the process. If several applications of the process are measured with the same provider, the last
 * three count once. Attributes contain neither credentials nor the address of the client. Realms, issuers and endpoints have at most
 * 100 values each; all others count as `_OTHER`.
 *
 * @example
 * meterHttpAuth(app);
 * @returns a function that ends the measurement
 * @throws if the application does not import AuthModule
 */
export function meterHttpAuth(
  app: INestApplicationContext,
  { meterProvider = metrics.getMeterProvider() }: MeterOptions = {},
): () => void {
  const ends = [
    ...countDecisions(app.get(AuthEvents), meterProvider),
    timeSchemes(app.get(Authenticator), meterProvider),
    meterVerifiers(meterProvider),
  ];
  return () => ends.forEach((end) => end());
}

function countDecisions(events: AuthEvents, provider: MeterProvider): (() => void)[] {
  const decisions = provider.getMeter(METER).createCounter('nestjs_http_auth.decisions', {
    description: 'Requests that were authenticated, refused, locked out, or could not be verified.',
    unit: '{request}',
  });
  const realms = bounded();
  const count = (event: AuthEvent): void => decisions.add(1, attributesOf(event, realms));
  return TYPES.map((type) => events.on(type, count));
}

function timeSchemes(authenticator: Authenticator, provider: MeterProvider): () => void {
  const duration = provider.getMeter(METER).createHistogram('nestjs_http_auth.duration', {
    description: 'Duration of the check of credentials by a scheme.',
    unit: 's',
    advice: { explicitBucketBoundaries: AUTHENTICATION_BUCKETS },
  });
  return AUTHENTICATION.on(({ by, scheme, type, seconds }) => {
    if (by === authenticator) {
      duration.record(seconds, { 'nestjs_http_auth.type': type, 'nestjs_http_auth.scheme': scheme });
    }
  });
}

function attributesOf(event: AuthEvent, realms: (realm: string) => string): Attributes {
  const { type, route, realm, scheme } = event;
  return {
    'nestjs_http_auth.type': type,
    'nestjs_http_auth.route': route,
    ...(realm !== undefined && { 'nestjs_http_auth.realm': realms(realm) }),
    ...(scheme !== undefined && { 'nestjs_http_auth.scheme': scheme }),
    ...('reason' in event && { 'nestjs_http_auth.reason': event.reason }),
  };
}
