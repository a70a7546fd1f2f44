import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { type GqlModuleOptions, GraphQLModule } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type Answer, send } from './client.js';

/** A GraphQL server with a framework below it. */
export interface Engine {
  readonly name: 'Apollo' | 'Mercurius';
  adapter(): AbstractHttpAdapter;
  module(options?: Partial<ApolloDriverConfig & MercuriusDriverConfig> & Partial<GqlModuleOptions>): DynamicModule;
}

const apollo = {
  name: 'Apollo',
  module: (options: object = {}) =>
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, ...options }),
} as const;

/** The engines that every test of GraphQL runs on. */
export const engines: [name: string, engine: Engine][] = [
  ['Apollo on Express', { ...apollo, adapter: () => new ExpressAdapter() }],
  ['Apollo on Fastify', { ...apollo, adapter: () => new FastifyAdapter() }],
  [
    'Mercurius',
    {
      name: 'Mercurius',
      adapter: () => new FastifyAdapter(),
      module: (options: object = {}) =>
        GraphQLModule.forRoot<MercuriusDriverConfig>({ driver: MercuriusDriver, autoSchemaFile: true, ...options }),
    },
  ],
];

/** The body of a GraphQL response. */
export interface Result {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: string[]; extensions?: Record<string, unknown> }[];
}

/** An answer with the body of GraphQL. */
export interface GraphAnswer extends Answer {
  readonly result: Result;
  /** The codes of the errors. */
  readonly codes: unknown[];
}

/** Sends an operation as any client may. */
export async function ask(
  app: INestApplication,
  query: string,
  headers: Record<string, string> = {},
  more: object = {},
): Promise<GraphAnswer> {
  const body = JSON.stringify({ query, ...more });
  const answer = await send(app, '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const result = answer.json() as Result;
  return { ...answer, result, codes: (result.errors ?? []).map(({ extensions }) => extensions?.['code']) };
}
