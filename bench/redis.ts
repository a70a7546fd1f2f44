import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';

/** A Redis of the bench's own, in memory alone, on a UNIX socket. `scripts/parts.sh` installs the server. */
export class RedisServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly client: Redis,
    readonly path: string,
  ) {}

  static async launch(): Promise<RedisServer> {
    const path = join(mkdtempSync(join(tmpdir(), 'bench-redis-')), 'socket');
    const options = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', options, { stdio: 'ignore' });
    await once(child, 'spawn');
    const client = new Redis(path, { maxRetriesPerRequest: null });
    // It tries to connect until the server listens.
    client.on('error', () => undefined);
    await client.ping();
    return new RedisServer(child, client, path);
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
    rmSync(dirname(this.path), { recursive: true });
  }
}
