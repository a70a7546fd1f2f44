import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../support/free-port.js';

/**
 * An nginx that stores every response for a minute, 401s included, unless a field of the response forbids it. It does
 * not check if the request had credentials.
 */
export class CachingProxy {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async before(upstream: number): Promise<CachingProxy> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
    const path = join(folder, 'nginx.conf');
    await writeFile(path, configuration(port, upstream));
    const child = spawn('nginx', ['-p', folder, '-c', path, '-e', 'stderr'], { stdio: 'ignore' });
    await once(child, 'spawn');
    while (!(await listens(port))) await setTimeout(20);
    return new CachingProxy(port, child, folder);
  }

  async stop(): Promise<void> {
    const end = once(this.child, 'exit');
    this.child.kill();
    await end;
    await rm(this.folder, { recursive: true });
  }
}

function configuration(port: number, upstream: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  return `
    daemon off;
    master_process off;
    pid nginx.pid;
    events {}
    http {
      access_log off;
      ${temporary.join(' ')}
      proxy_cache_path cache keys_zone=answers:1m;
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://127.0.0.1:${upstream};
          proxy_cache answers;
          proxy_cache_valid any 1m;
          add_header X-Cache $upstream_cache_status always;
        }
      }
    }`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
