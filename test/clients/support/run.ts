import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const PATIENCE = 120_000;

/** The result of a command. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command in an empty home folder, without any configuration or passwords. */
export async function run(command: string, args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const home = await mkdtemp(join(tmpdir(), 'client-'));
  try {
    const child = spawn(command, args, {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, LC_ALL: 'C.UTF-8', no_proxy: '*', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: code as number | null, stdout, stderr };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
