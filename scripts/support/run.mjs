import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Returns the path of a tool in `node_modules`. */
export const tool = (name) => join(root, 'node_modules', '.bin', name);

/**
 * Runs a command without output and returns its standard output.
 * @throws Error with the whole output if the exit code is not 0
 */
export function run(command, args, { cwd = root } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} exits with ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Prints a finished check on one line. */
export const say = (text) => console.log(`✓ ${text}`);
