import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** One result of the conformance suite. A check that the suite did not make is `SKIPPED`. */
export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  readonly errorMessage?: string;
}

const manifest = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json');
const command = join(dirname(manifest), 'dist', 'index.js');
const glob = new URL('glob.mjs', import.meta.url).href;

/**
 * Runs the official conformance suite of MCP against a server. Returns the checks of each scenario.
 *
 * @param url the server, which has to accept requests without credentials, because the suite does not send credentials
 * @param version the version of the specification
 */
export async function runConformanceSuite(url: string, version: string): Promise<Map<string, readonly Check[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-mcp-'));
  const options = ['--url', url, '--suite', 'all', '--spec-version', version, '--output-dir', folder];
  try {
    // The exit code is 1, because the suite also has scenarios for features that the server does not have.
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, ['--import', glob, command, 'server', ...options], (_error, _out, stderr) =>
        resolve(stderr),
      );
    });
    const results = readdirSync(folder);
    if (results.length === 0) throw new Error(`The conformance suite did not run: ${said}`);
    return new Map(
      results.map((name) => [
        // server-<scenario>-<time>
        name.replace(/^server-(.*)-\d{4}-\d\d-\d\dT.*$/, '$1'),
        JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')) as Check[],
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
