import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';

/** A Redis of the bench's own, in memory alone. `scripts/parts.sh` installs the server. */
export class RedisServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly client: Redis,
    readonly port: number,
  ) {}

  static async launch(): Promise<RedisServer> {
    const port = await freePort();
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', options, { stdio: 'ignore' });
    await once(child, 'spawn');
    const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: null });
    // It tries to connect until the server listens.
    client.on('error', () => undefined);
    await client.ping();
    return new RedisServer(child, client, port);
  }

  /** The CPU time that it has taken so far, in microseconds. */
  async cpu(): Promise<number> {
    const info = await this.client.info('cpu');
    const seconds = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].map(([, value]) => Number(value));
    return seconds.reduce((sum, value) => sum + value, 0) * 1e6;
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    this.child.kill();
    await once(this.child, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
