import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AuthModule, type AuthModuleOptions, basic, bearer } from 'nestjs-http-auth';
import { adapters, rootModule, start } from './support/application.js';
import { RecordingLogger } from './support/logger.js';
import { options } from './support/schemes.js';

const running: INestApplication[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
});

/** Starts an application on an address. Returns its warnings about clear text, and its port. */
async function listen(
  adapter: AbstractHttpAdapter,
  changes: Partial<AuthModuleOptions>,
  where: [port: number | { path: string }, host?: string],
  more: NestApplicationOptions = {},
) {
  const logger = new RecordingLogger();
  const module = rootModule({ imports: [AuthModule.forRoot({ ...options, ...changes })] });
  const app = await NestFactory.create(module, adapter, { logger, abortOnError: false, ...more });
  running.push(app);
  await app.listen(...(where as [number, string]));
  const warnings = logger.text().match(/Basic is offered[^']*/g) ?? [];
  return { warnings, port: (app.getHttpServer().address() as AddressInfo).port };
}

describe.each(adapters)('An application without TLS on %s', (_name, adapter) => {
  it('[B-8] logs one warning if it offers Basic and other machines can reach it', async () => {
    const { warnings, port } = await listen(adapter(), {}, [0, '0.0.0.0']);
    expect(warnings).toEqual([
      `Basic is offered without TLS on 0.0.0.0:${port}, so passwords can be read on the network; use HTTPS, or set ` +
        'tlsTerminated: true if a proxy terminates TLS (RFC 7617 section 4)',
    ]);
  });

  it('logs the warning if Basic has another name', async () => {
    const schemes = [basic(() => null, { name: 'staff', optIn: false })];
    expect((await listen(adapter(), { schemes }, [0, '0.0.0.0'])).warnings).toHaveLength(1);
  });

  it.each(['127.0.0.1', 'localhost'])('logs no warning if it listens on %s only', async (host) => {
    expect((await listen(adapter(), {}, [0, host])).warnings).toEqual([]);
  });

  it('logs no warning if tlsTerminated is true, or if it does not offer Basic', async () => {
    expect((await listen(adapter(), { tlsTerminated: true }, [0, '0.0.0.0'])).warnings).toEqual([]);
    const schemes = [bearer(() => null)];
    expect((await listen(adapter(), { schemes }, [0, '0.0.0.0'])).warnings).toEqual([]);
    const both = [bearer(() => null), basic(() => null)];
    expect((await listen(adapter(), { schemes: both }, [0, '0.0.0.0'])).warnings).toHaveLength(1);
  });

  it('logs no warning if it listens on a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-socket-'));
    try {
      expect((await listen(adapter(), {}, [{ path: join(folder, 'http.sock') }])).warnings).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('does not start if tlsTerminated is not a boolean', async () => {
    const imports = [AuthModule.forRoot({ ...options, tlsTerminated: 'proxy' as never })];
    await expect(start(adapter(), { imports })).rejects.toThrow('tlsTerminated must be true or false');
  });
});

describe('An application with TLS', () => {
  it.each<[string, () => AbstractHttpAdapter, NestApplicationOptions]>([
    ['Express', () => new ExpressAdapter(), { httpsOptions: {} }],
    ['Fastify', () => new FastifyAdapter({ https: {} }), {}],
    ['Fastify with HTTP/2', () => new FastifyAdapter({ http2: true, https: {} }), {}],
  ])('logs no warning on %s', async (_name, adapter, more) => {
    expect((await listen(adapter(), {}, [0, '0.0.0.0'], more)).warnings).toEqual([]);
  });
});
