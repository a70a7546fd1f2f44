import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';

/** The answer of Prometheus to a query. */
export interface Answer {
  readonly status: 'success' | 'error';
  readonly data?: { readonly result: readonly { readonly metric: object; readonly value: [number, string] }[] };
}

/** A Prometheus that scrapes one application of this machine every half second. */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** @param target the port of the metrics */
  static async start(target: number): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-prometheus-'));
    const port = await freePort();
    const config = {
      global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
      scrape_configs: [{ job_name: 'api', static_configs: [{ targets: [`127.0.0.1:${target}`] }] }],
    };
    // JSON is YAML.
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    await once(child, 'spawn');
    return new Prometheus(child, folder, port);
  }

  /** Returns the answer to a query; `undefined` if Prometheus has not started yet. */
  async query(query: string): Promise<Answer | undefined> {
    try {
      const body = new URLSearchParams({ query });
      const response = await fetch(`http://127.0.0.1:${this.port}/api/v1/query`, { method: 'POST', body });
      return response.headers.get('content-type') === 'application/json'
        ? ((await response.json()) as Answer)
        : undefined;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
