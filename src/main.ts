import type { AddressInfo, Server } from 'node:net';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { banner } from './banner.js';
import { serveDocumentation } from './documentation.js';
import { type Adapter, type Environment, EnvironmentError, readEnvironment } from './environment.js';
import { protectFiles } from './files/files.module.js';

const adapters: Record<Adapter, () => AbstractHttpAdapter> = {
  express: () => new ExpressAdapter(),
  fastify: () => new FastifyAdapter(),
};

async function bootstrap({ port, host, adapter }: Environment): Promise<void> {
  const app = await NestFactory.create(AppModule, adapters[adapter](), {
    logger: ['fatal', 'error', 'warn'],
    // Browsers open connections in advance, and such a connection would delay the shutdown.
    forceCloseConnections: true,
  });
  app.enableShutdownHooks();
  protectFiles(app);
  serveDocumentation(app);
  await app.init();
  const server: Server = await app.listen(port, host).catch((cause: Error) => {
    throw new EnvironmentError(
      `PORT, HOST: cannot listen on port ${port} of ${host} (${cause.message}); set other values`,
      { cause },
    );
  });
  console.log(banner(server.address() as AddressInfo, adapter));
}

try {
  await bootstrap(readEnvironment(process.env));
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  // A setting is wrong, not the code, so the message is enough and a stack would only hide it.
  console.error(error.message);
  process.exitCode = 1;
}
