import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../support/free-port.js';

/** An nginx on a free port of this machine. */
export class Nginx {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /**
   * Starts an nginx that stores every response for a minute, 401s included, unless a field of the response forbids it. It does not check
   * if the request had credentials.
   */
  static caching(upstream: number): Promise<Nginx> {
    return Nginx.start((port) => `listen 127.0.0.1:${port}; ${cache(upstream)}`);
  }

  /**
   * Starts an nginx that terminates TLS and passes the client certificate in `X-SSL-Client-Cert`. It accepts certificates of any issuer,
   * and stores responses like {@link caching}.
   *
   * @param pem the file with the key and the certificate of the server
   */
  static terminatingTls(upstream: number, pem: string): Promise<Nginx> {
    return Nginx.start(
      (port) => `
        listen 127.0.0.1:${port} ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate ${pem};
        ssl_certificate_key ${pem};
        ssl_session_cache shared:sessions:1m;
        ssl_verify_client optional_no_ca;
        proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
        ${cache(upstream)}`,
    );
  }

  /** @param serverOf returns the content of the server block for a port */
  private static async start(serverOf: (port: number) => string): Promise<Nginx> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
    const path = join(folder, 'nginx.conf');
    await writeFile(path, configuration(serverOf(port)));
    const child = spawn('nginx', ['-p', folder, '-c', path, '-e', 'stderr'], { stdio: 'ignore' });
    await once(child, 'spawn');
    while (!(await listens(port))) await setTimeout(20);
    return new Nginx(port, child, folder);
  }

  async stop(): Promise<void> {
    const end = once(this.child, 'exit');
    this.child.kill();
    await end;
    await rm(this.folder, { recursive: true });
  }
}

function configuration(server: string): string {
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
        ${server}
      }
    }`;
}

function cache(upstream: number): string {
  return `
        location / {
          proxy_pass http://127.0.0.1:${upstream};
          proxy_cache answers;
          proxy_cache_valid any 1m;
          add_header X-Cache $upstream_cache_status always;
        }`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
