import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import { AuthModule, bearer, Failure, Public, type RealmOption } from 'nestjs-http-auth';
import { meterHttpAuth } from 'nestjs-http-auth/opentelemetry';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { Reader } from './support/metrics.js';

@Controller()
class RoutesController {
  @Get('in') in() {}
  @Public() @Get('public') open() {}
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
    const app = await application();
    const end = meterHttpAuth(app, { meterProvider: reader.provider });
    for (const token of ['alice-token', 'alice-token', 'mallory', 'again', 'down']) {
      await send(app, '/in', { headers: bearerAuthorization(token) });
    }
    await send(app, '/in?access_token=alice-token');
    await send(app, '/public');
    end();
    await send(app, '/in');

    const metric = await reader.metric('nestjs_http_auth.decisions');
    expect(metric).toMatchObject({ scope: 'nestjs-http-auth', descriptor: { unit: '{request}' } });
    expect(metric?.dataPointType).toBe(DataPointType.SUM);
    const where = { 'nestjs_http_auth.route': 'RoutesController.in', 'nestjs_http_auth.realm': 'Staging' };
    const counted = (type: string, scheme?: string, reason?: string) => ({
      ...where,
      'nestjs_http_auth.type': type,
      ...(scheme && { 'nestjs_http_auth.scheme': scheme }),
      ...(reason && { 'nestjs_http_auth.reason': reason }),
    });
    expect(metric?.dataPoints.map(({ attributes, value }) => [attributes, value])).toStrictEqual([
      [counted('authenticated', 'Bearer'), 2],
      [counted('refused', 'Bearer', 'invalid'), 1],
      [counted('locked', 'Bearer', 'limited'), 1],
      [counted('error', 'Bearer'), 1],
      [counted('refused', undefined, 'missing'), 1],
    ]);
  });

  it('uses the global meter provider if the option meterProvider is not set', async () => {
    const reader = new Reader();
    metrics.setGlobalMeterProvider(reader.provider);
    const app = await application();
    meterHttpAuth(app);
    await send(app, '/in');
    expect(await reader.points('nestjs_http_auth.decisions')).toMatchObject([[{ type: 'refused' }, 1]]);
  });

  it('counts all realms after the first 100 as _OTHER', async () => {
    const reader = new Reader();
    const app = await application((request) => String(request.headers['x-tenant']));
    meterHttpAuth(app, { meterProvider: reader.provider });
    for (let tenant = 0; tenant < 105; tenant++) await send(app, '/in', { headers: { 'x-tenant': tenant } });
    await send(app, '/in', { headers: { 'x-tenant': 0 } });
    const counts = await reader.points('nestjs_http_auth.decisions');
    expect(counts).toHaveLength(101);
    const realm = (name: string) => expect.objectContaining({ realm: name });
    expect(counts).toContainEqual([realm('0'), 2]);
    expect(counts).toContainEqual([realm('99'), 1]);
    expect(counts).toContainEqual([realm('_OTHER'), 5]);
  });
});
