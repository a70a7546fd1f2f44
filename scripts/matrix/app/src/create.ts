import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

/** Creates the application with the adapter that `ADAPTER` names. */
export function createApplication(): Promise<INestApplication> {
  return process.env.ADAPTER === 'fastify'
    ? NestFactory.create(AppModule, new FastifyAdapter(), { abortOnError: false })
    : NestFactory.create(AppModule, { abortOnError: false });
}
