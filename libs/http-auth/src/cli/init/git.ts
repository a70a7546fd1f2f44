import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

/**
 * Returns the files that have changes without a commit. A file counts as committed if it is not in a Git repository, or if the repository
 * has no commit yet, as after `nest new`.
 *
 * @param files relative to `cwd`
 */
export function uncommitted(cwd: string, files: readonly string[]): string[] {
  return files.filter((file) => {
    // The target of a link has the changes. It may be in another repository than the folder.
    const path = realpathSync(resolve(cwd, file));
    const git = (...args: string[]) =>
      execFileSync('git', ['--literal-pathspecs', ...args], {
        cwd: dirname(path),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    try {
      git('rev-parse', '--verify', 'HEAD');
      return git('status', '--porcelain', '--', basename(path)) !== '';
    } catch {
      return false;
    }
  });
}
