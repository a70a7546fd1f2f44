import type { INestApplicationContext } from '@nestjs/common';
import { type Attributes, metrics, type MeterProvider } from '@opentelemetry/api';
import type { AuthEvent, AuthEventType } from '../events/auth.event.js';
import { AuthEvents } from '../events/auth.events.js';

/** Options of {@link meterHttpAuth}. */
export interface MeterOptions {
  /**
   * The provider of the meter.
   *
   * @default the global provider of `@opentelemetry/api`, which the SDK must have set before
   */
  readonly meterProvider?: MeterProvider;
}

/** The maximum number of realms with their own value. A realm from a function may depend on the client, without a limit. */
const REALMS = 100;

/** The value that OpenTelemetry uses for all other values. */
const OTHER = '_OTHER';

const TYPES: readonly AuthEventType[] = ['authenticated', 'refused', 'locked', 'error'];

/**
 * Counts the results of the guard in the OpenTelemetry counter `nestjs_http_auth.decisions`. Its attributes have the
 * prefix `nestjs_http_auth.`: `type` (the event), `route`, `realm`, `scheme` if the credentials belong to a scheme of the
 * route, and `reason` of a refusal. The counter has no attribute for the address of the client. Only the first 100 realms
 * have their own value; all others count as `_OTHER`.
 *
 * @example
 * meterHttpAuth(app);
 * @returns a function that stops the counting
 * @throws if the application does not import AuthModule
 */
export function meterHttpAuth(
  app: INestApplicationContext,
  { meterProvider = metrics }: MeterOptions = {},
): () => void {
  const decisions = meterProvider.getMeter('nestjs-http-auth').createCounter('nestjs_http_auth.decisions', {
    description: 'Requests that were authenticated, refused, locked out, or could not be verified.',
    unit: '{request}',
  });
  const realms = new Set<string>();
  const bounded = (realm: string): string => {
    if (realms.size < REALMS) realms.add(realm);
    return realms.has(realm) ? realm : OTHER;
  };
  const count = (event: AuthEvent): void => decisions.add(1, attributesOf(event, bounded));
  const ends = TYPES.map((type) => app.get(AuthEvents).on(type, count));
  return () => ends.forEach((end) => end());
}

function attributesOf(event: AuthEvent, bounded: (realm: string) => string): Attributes {
  const { type, route, realm, scheme } = event;
  return {
    'nestjs_http_auth.type': type,
    'nestjs_http_auth.route': route,
    ...(realm !== undefined && { 'nestjs_http_auth.realm': bounded(realm) }),
    ...(scheme !== undefined && { 'nestjs_http_auth.scheme': scheme }),
    ...('reason' in event && { 'nestjs_http_auth.reason': event.reason }),
  };
}
