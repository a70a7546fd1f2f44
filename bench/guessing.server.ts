// The application of guessing.ts: one user whose password has a scrypt hash, and a static file.
import { scryptSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ServeStaticModule } from '@nestjs/serve-static';
import { AuthModule, basic } from 'nestjs-http-auth';
import { users } from 'nestjs-http-auth/passwords';
import { GreetingController } from './subjects.js';

const [adapter, password, ln] = process.argv.slice(2) as [string, string, string];

const salt = Buffer.from('0123456789abcdef');
const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
const digest = scryptSync(password, salt, 32, { N: 2 ** Number(ln), r: 8, p: 1, maxmem: 2 ** 28 });
const hash = `$scrypt$ln=${ln},r=8,p=1$${base64(salt)}$${base64(digest)}`;

const rootPath = mkdtempSync(join(tmpdir(), 'guessing-'));
writeFileSync(join(rootPath, 'file.txt'), 'a static file');

@Module({
  imports: [
    // Without the memory of valid passwords, each login computes a hash.
    AuthModule.forRoot({ realm: 'Bench', schemes: [basic(users({ alice: hash, bob: hash }, { cache: false }))] }),
    ServeStaticModule.forRoot({ rootPath, serveRoot: '/static' }),
  ],
  controllers: [GreetingController],
})
class AppModule {}

const express = new ExpressAdapter();
express.set('trust proxy', 'loopback');
const app = await NestFactory.create(
  AppModule,
  adapter === 'express' ? express : new FastifyAdapter({ trustProxy: 'loopback' }),
  { logger: false },
);

const delay = monitorEventLoopDelay({ resolution: 1 });
process.on('message', (message) => (message === 'load' ? delay.enable() : process.send?.(delay.max / 1e6)));
process.on('disconnect', () => process.exit());
await app.listen(0, '127.0.0.1');
process.send?.(((app.getHttpServer() as Server).address() as AddressInfo).port);
