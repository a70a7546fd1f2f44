import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { meterHttpAuth } from 'nestjs-http-auth/opentelemetry';
import { adapters, start } from '../support/application.js';
import { everything, queries, Scrape, traffic } from '../support/dashboard.js';
import { Issuer } from '../support/issuer.js';
import { Prometheus } from './support/prometheus.js';

let issuer: Issuer;
let scrape: Scrape;
let prometheus: Prometheus | undefined;
let end: (() => void) | undefined;

beforeEach(async () => {
  issuer = await Issuer.start();
  scrape = new Scrape();
});

afterEach(async () => {
  end?.();
  await prometheus?.stop();
  await scrape.close();
  await issuer.stop();
});

describe.each(adapters)('Prometheus and an application on %s', (_name, adapter) => {
  it('answer each query of the dashboard with numbers', async () => {
    const app = await start(adapter(), { imports: [await everything(issuer)] });
    end = meterHttpAuth(app, { meterProvider: scrape.provider });
    await traffic(app, issuer);
    const server = (prometheus = await Prometheus.start(await scrape.listen()));
    const pending = new Set(queries);
    // A rate needs two scrapes with different numbers.
    while (pending.size > 0) {
      await traffic(app, issuer);
      await setTimeout(500);
      for (const query of pending) {
        const answer = await server.query(query);
        if (answer === undefined) break;
        expect([query, answer.status]).toEqual([query, 'success']);
        const values = answer.data?.result.map(({ value: [, number] }) => Number(number)) ?? [];
        if (values.some((value) => value >= 0)) pending.delete(query);
      }
    }
    expect([...pending]).toEqual([]);
  });
});
