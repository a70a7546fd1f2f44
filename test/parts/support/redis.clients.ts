import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { RedisServer } from './redis.js';

/** Connects the clients of both packages to a server of a test. */
export class RedisClients {
  private readonly open: (() => unknown)[] = [];

  constructor(private readonly server: () => RedisServer) {}

  /** A client of each package, by its name. */
  readonly connect = {
    ioredis: async () => {
      const client = new Redis({ port: this.server().port });
      client.on('error', () => undefined);
      this.open.push(() => client.disconnect());
      return client;
    },
    redis: async () => {
      const client = createClient({ socket: { port: this.server().port } });
      client.on('error', () => undefined);
      await client.connect();
      this.open.push(() => client.destroy());
      return client;
    },
  };

  /** Closes all clients. */
  close(): void {
    for (const close of this.open.splice(0)) close();
  }
}
