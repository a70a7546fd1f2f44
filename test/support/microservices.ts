import { fileURLToPath } from 'node:url';
import { afterEach } from '@jest/globals';
import {
  type ClientUnaryCall,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
  type Client,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { INestMicroservice, ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  type GrpcOptions,
  type MicroserviceOptions,
  type TcpClientOptions,
  type TcpOptions,
  Transport,
} from '@nestjs/microservices';
import { rootModule } from './application.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

const protoPath = fileURLToPath(new URL('../fixtures/books.proto', import.meta.url));

/** Returns the options of a gRPC server on a port. */
export function grpc(port: number): GrpcOptions {
  return { transport: Transport.GRPC, options: { package: 'library', protoPath, url: `127.0.0.1:${port}` } };
}

/** Returns the options of a TCP server on a port. */
export function tcp(port: number): TcpOptions {
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
}

/** Starts a microservice without an HTTP server. It is closed after the test. */
export async function startMicroservice(
  metadata: ModuleMetadata,
  options: MicroserviceOptions,
  more: object = {},
): Promise<INestMicroservice> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(rootModule(metadata), {
    logger: false,
    abortOnError: false,
    ...options,
    ...more,
  });
  closing.push(() => app.close());
  await app.listen();
  return app;
}

/** A call as a client sees its end. */
export interface GrpcAnswer {
  code: number;
  details: string;
  /** The challenges in one string: HTTP/2 of Node joins field lines. */
  challenges: string;
  metadata: Record<string, unknown>;
  values: unknown[];
}

type Method = (this: Client, ...args: unknown[]) => ClientUnaryCall;

/** A gRPC client, by @grpc/grpc-js alone. */
export class GrpcClient {
  private readonly client: Client & Record<string, Method>;

  constructor(port: number) {
    const { library } = loadPackageDefinition(loadSync(protoPath)) as unknown as {
      library: { BooksService: new (...args: unknown[]) => Client & Record<string, Method> };
    };
    this.client = new library.BooksService(`127.0.0.1:${port}`, credentials.createInsecure());
    closing.push(() => this.client.close());
  }

  /** Calls a method with one message, and with metadata. The call is ended by the server. */
  async call(method: string, fields: Record<string, string> = {}, { isOpen = false } = {}): Promise<GrpcAnswer> {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
    const { requestStream, responseStream } = this.client[method] as unknown as {
      requestStream: boolean;
      responseStream: boolean;
    };
    return new Promise((resolve) => {
      const values: unknown[] = [];
      const done = (error: Partial<ServiceError> | null, value?: unknown) => {
        const { code = 0, details = '', metadata: trailers } = error ?? {};
        if (value !== undefined) values.push(value);
        resolve({
          code,
          details,
          challenges: (trailers?.get('www-authenticate') ?? []).join(', '),
          metadata: trailers?.getMap() ?? {},
          values,
        });
      };
      const args: unknown[] = [...(requestStream ? [] : [{}]), metadata, ...(responseStream ? [] : [done])];
      const call = (this.client[method] as Method).apply(this.client, args) as unknown as {
        on(event: string, listener: (value: never) => void): void;
        write(value: object): void;
        end(): void;
      };
      if (requestStream) call.write({});
      if (requestStream && !responseStream && !isOpen) call.end();
      if (!responseStream) return;
      call.on('data', (value) => values.push(value));
      call.on('error', done);
      call.on('end', () => setImmediate(done, null));
    });
  }
}

/** Returns Nest's client of a TCP server. */
export function tcpClient(port: number): ClientProxy {
  const client = ClientProxyFactory.create(tcp(port) as TcpClientOptions);
  closing.push(() => client.close());
  return client;
}
