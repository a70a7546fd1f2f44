import type { INestApplicationContext } from '@nestjs/common';
import { type Attributes, metrics, type MeterProvider } from '@opentelemetry/api';
import type { AuthEvent, AuthEventType } from '../events/auth.event.js';
import { AuthEvents } from '../events/auth.events.js';

/** Options of {@link meterHttpAuth}. */
export interface MeterOptions {
  /**
   * Who makes the meter.
   *
   * @default the global one of `@opentelemetry/api`, which the SDK must have set before
   */
  readonly meterProvider?: MeterProvider;
}

/** How many realms are told apart: where a function names them, clients may have a say in it. */
const REALMS = 100;

/** What OpenTelemetry calls all the rest. */
const OTHER = '_OTHER';

const TYPES: readonly AuthEventType[] = ['authenticated', 'refused', 'locked', 'error'];

/**
 * Counts what the guard makes of requests, as the OpenTelemetry counter `nestjs_http_auth.decisions`. Its attributes, each
 * below `nestjs_http_auth.`, are `type` (the event), `route`, `realm`, `scheme` where one was tried, and `reason` of a refusal.
 * None has what a client sent, nor where it comes from; of realms, the first 100 are told apart.
 *
 * @example
 * meterHttpAuth(app);
 *
 * @returns ends it
 */
export function meterHttpAuth(
  app: INestApplicationContext,
  { meterProvider = metrics }: MeterOptions = {},
): () => void {
  const decisions = meterProvider.getMeter('nestjs-http-auth').createCounter('nestjs_http_auth.decisions', {
    description: 'Requests that were authenticated, refused, locked out, or could not be judged.',
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
