import type { BatchObservableResult, Meter, MeterProvider } from '@opentelemetry/api';
import { CACHE, INTROSPECTION, ISSUERS } from '../common/measure.js';
import { bounded } from './bounded.js';
import { ENDPOINT_BUCKETS } from './buckets.js';

/** The name of the meter. */
export const METER = 'nestjs-http-auth';

/** The providers that measure the verifiers, each with the number of applications and the function that ends the measurement. */
const running = new WeakMap<MeterProvider, { applications: number; readonly end: () => void }>();

/**
 * Measures the verifiers. They belong to the process, not to an application. If several applications use the same provider, it
 * measures the verifiers once.
 *
 * @returns a function that ends the measurement, unless another application needs it
 */
export function meterVerifiers(provider: MeterProvider): () => void {
  const shared = running.get(provider) ?? { applications: 0, end: start(provider.getMeter(METER)) };
  running.set(provider, shared);
  shared.applications++;
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    shared.applications--;
    if (shared.applications > 0) return;
    running.delete(provider);
    shared.end();
  };
}

function start(meter: Meter): () => void {
  const ends = [countLookups(meter), timeIntrospection(meter), observeKeys(meter)];
  return () => ends.forEach((end) => end());
}

function countLookups(meter: Meter): () => void {
  const lookups = meter.createCounter('nestjs_http_auth.cache.lookups', {
    description: 'Lookups of credentials in the caches of verifiers.',
    unit: '{lookup}',
  });
  return CACHE.on(({ cache, hit }) =>
    lookups.add(1, { 'nestjs_http_auth.cache': cache, 'nestjs_http_auth.result': hit ? 'hit' : 'miss' }),
  );
}

function timeIntrospection(meter: Meter): () => void {
  const duration = meter.createHistogram('nestjs_http_auth.introspection.duration', {
    description: 'Duration of requests to introspection endpoints.',
    unit: 's',
    advice: { explicitBucketBoundaries: ENDPOINT_BUCKETS },
  });
  const hosts = bounded();
  return INTROSPECTION.on(({ host, type, seconds }) =>
    duration.record(seconds, { 'nestjs_http_auth.type': type, 'nestjs_http_auth.endpoint': hosts(host) }),
  );
}

function observeKeys(meter: Meter): () => void {
  const age = meter.createObservableGauge('nestjs_http_auth.keys.age', {
    description: 'Time since the keys of an issuer were fetched.',
    unit: 's',
  });
  const ready = meter.createObservableGauge('nestjs_http_auth.keys.ready', {
    description: '1 if the keys of an issuer are known and tokens can be verified, 0 otherwise.',
  });
  const issuers = bounded();
  const observe = (result: BatchObservableResult): void => {
    for (const [issuer, keys] of keysByIssuer(issuers)) {
      const attributes = { 'nestjs_http_auth.issuer': issuer };
      result.observe(ready, keys.ready ? 1 : 0, attributes);
      if (keys.age !== undefined) result.observe(age, keys.age / 1000, attributes);
    }
  };
  meter.addBatchObservableCallback(observe, [age, ready]);
  return () => meter.removeBatchObservableCallback(observe, [age, ready]);
}

/** The keys of an issuer, or of all issuers that share a value of the attribute: the oldest age, and ready if all are. */
interface Keys {
  readonly age: number | undefined;
  readonly ready: boolean;
}

function keysByIssuer(label: (issuer: string) => string): Map<string, Keys> {
  const all = new Map<string, Keys>();
  ISSUERS.publish((verifier) => {
    for (const { issuer, age, ready } of verifier.issuers()) {
      const name = label(issuer);
      const before = all.get(name) ?? { age: undefined, ready: true };
      const ages = [before.age, age].filter((one) => one !== undefined);
      all.set(name, { age: ages.length > 0 ? Math.max(...ages) : undefined, ready: before.ready && ready });
    }
  });
  return all;
}
