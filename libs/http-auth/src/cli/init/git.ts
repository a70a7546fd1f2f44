import { execFileSync } from 'node:child_process';

/**
 * Returns the files that have changes without a commit. Returns none if the folder is not in a Git repository, or if the repository
 * has no commit yet, as after `nest new`.
 *
 * @param files relative to `cwd`
 */
export function uncommitted(cwd: string, files: readonly string[]): string[] {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    git('rev-parse', '--verify', 'HEAD');
    return files.filter((file) => git('status', '--porcelain', '--', file) !== '');
  } catch {
    return [];
  }
}
