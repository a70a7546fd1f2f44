// Starts one subject in its own process. The parent asks for the CPU time between two loads.
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { serve } from './serve.js';
import { type Adapter, GreetingController, subjects } from './subjects.js';
import type { Algorithm, Keys } from './tokens.js';

const [adapter, kind, name, algorithm, keys] = process.argv.slice(2) as [Adapter, string, string, Algorithm, string];
const create = subjects[kind]?.[name];
if (create === undefined) throw new Error(`There is no subject ${kind}/${name}`);
const { prepare, ...metadata } = await create(adapter, JSON.parse(keys) as Keys, algorithm);
const app = await NestFactory.create(
  { controllers: [GreetingController], ...metadata },
  adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  { logger: false, abortOnError: false },
);
await prepare?.(app);
await serve(app);
