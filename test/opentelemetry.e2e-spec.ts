import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { AuthModule, bearer, Failure, Public, type RealmOption } from 'nestjs-http-auth';
import { meterHttpAuth } from 'nestjs-http-auth/opentelemetry';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';

@Controller()
class RoutesController {
  @Get('in') in() {}
  @Public() @Get('public') open() {}
}

/** A metric reader that collects only if the test calls it. */
class Reader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  protected override onShutdown = () => Promise.resolve();
  protected override onForceFlush = () => Promise.resolve();

  /** Returns all counters, with their counts for each set of attributes. */
  async read() {
    const { resourceMetrics } = await this.collect();
    const scopes = resourceMetrics.scopeMetrics.map(({ scope, metrics: all }) => ({ scope: scope.name, all }));
    const counters = scopes.flatMap(({ scope, all }) =>
      all.map(({ descriptor, dataPointType, dataPoints }) => ({
        scope,
        name: descriptor.name,
        unit: descriptor.unit,
        isSum: dataPointType === DataPointType.SUM,
        counts: dataPoints.map(({ attributes, value }) => [attributes, value]),
      })),
    );
    return counters;
  }
}

const verify = (token: string) => {
  if (token === 'down') throw new Error('down');
  return token === 'again' ? new Failure('limited', undefined, 429) : token === 'alice-token' && { name: 'alice' };
};

describe.each(adapters)('meterHttpAuth() on %s', (_name, adapter) => {
  const application = (realm: RealmOption = 'Staging') =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm, schemes: [bearer(({ token }) => verify(token))] })],
      controllers: [RoutesController],
    });

  afterEach(() => metrics.disable());

  it('counts requests by result, until the returned function is called', async () => {
    const reader = new Reader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const app = await application();
    const end = meterHttpAuth(app, { meterProvider });
    for (const token of ['alice-token', 'alice-token', 'mallory', 'again', 'down']) {
      await send(app, '/in', { headers: bearerAuthorization(token) });
    }
    await send(app, '/in?access_token=alice-token');
    await send(app, '/public');
    end();
    await send(app, '/in');

    const where = { 'nestjs_http_auth.route': 'RoutesController.in', 'nestjs_http_auth.realm': 'Staging' };
    const counted = (type: string, scheme?: string, reason?: string) => ({
      ...where,
      'nestjs_http_auth.type': type,
      ...(scheme && { 'nestjs_http_auth.scheme': scheme }),
      ...(reason && { 'nestjs_http_auth.reason': reason }),
    });
    expect(await reader.read()).toStrictEqual([
      {
        scope: 'nestjs-http-auth',
        name: 'nestjs_http_auth.decisions',
        unit: '{request}',
        isSum: true,
        counts: [
          [counted('authenticated', 'Bearer'), 2],
          [counted('refused', 'Bearer', 'invalid'), 1],
          [counted('locked', 'Bearer', 'limited'), 1],
          [counted('error', 'Bearer'), 1],
          [counted('refused', undefined, 'missing'), 1],
        ],
      },
    ]);
  });

  it('uses the global meter provider if the option meterProvider is not set', async () => {
    const reader = new Reader();
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    const app = await application();
    meterHttpAuth(app);
    await send(app, '/in');
    expect(await reader.read()).toMatchObject([{ counts: [[{ 'nestjs_http_auth.type': 'refused' }, 1]] }]);
  });

  it('counts all realms after the first 100 as _OTHER', async () => {
    const reader = new Reader();
    const app = await application((request) => String(request.headers['x-tenant']));
    meterHttpAuth(app, { meterProvider: new MeterProvider({ readers: [reader] }) });
    for (let tenant = 0; tenant < 105; tenant++) await send(app, '/in', { headers: { 'x-tenant': tenant } });
    await send(app, '/in', { headers: { 'x-tenant': 0 } });
    const counts = (await reader.read()).flatMap((counter) => counter.counts);
    expect(counts).toHaveLength(101);
    const realm = (name: string) => expect.objectContaining({ 'nestjs_http_auth.realm': name });
    expect(counts).toContainEqual([realm('0'), 2]);
    expect(counts).toContainEqual([realm('99'), 1]);
    expect(counts).toContainEqual([realm('_OTHER'), 5]);
  });
});
