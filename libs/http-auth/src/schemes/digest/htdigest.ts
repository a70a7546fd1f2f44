import { WatchedFile } from '../../common/watched.file.js';
import type { DigestLookup, DigestUser } from './digest.user.js';
import { parseHtdigest } from './htdigest.parser.js';

/** The principal of {@link htdigest}, whose file has only usernames and hashes. */
export interface DigestFileUser {
  /** The username. */
  readonly name: string;
}

/**
 * Finds the users of an Apache htdigest file, for `digest()`. A line is `username:realm:HA1`. The hash is MD5, which the tool `htdigest`
 * makes, or SHA-256.
 *
 * A change of the file takes effect within a second. Invalid lines are skipped, and the log names their numbers. If the file disappears,
 * the last users stay valid until it is back.
 *
 * @param file the path, relative to the current directory
 * @throws AuthConfigurationError if the file cannot be read at startup
 * @example
 * digest(htdigest('./users.htdigest'))
 */
export function htdigest(
  file: string,
): (username: string, lookup: DigestLookup) => Promise<DigestUser<DigestFileUser> | null> {
  const source = new WatchedFile(file, {
    name: 'htdigest',
    code: 'ERR_AUTH_HTDIGEST_FILE',
    fix: 'write lines of the form username:realm:hash',
    parse: parseHtdigest,
  });
  return async (username, { realm, algorithm, userhash }) => {
    const table = await source.current();
    const user = table.find(username, realm, algorithm, userhash);
    return user === undefined ? null : { principal: { name: user.name }, username: user.name, ha1: user.ha1 };
  };
}
