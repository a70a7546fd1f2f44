import type { HttpRequest } from '../http/request.js';
import { answerFor, HASHES, type StoredHashes } from '../common/measure.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { WatchedFile } from '../common/watched.file.js';
import { parseHtpasswd, type SkippedLine } from './htpasswd.parser.js';
import {
  type NamedUser,
  type PasswordVerifier,
  type PasswordVerifierOptions,
  passwordVerifier,
  VERIFIER_NAMES,
} from './password.verifier.js';
import { UserTable } from './user.table.js';

/**
 * Creates a verifier for the users of an Apache htpasswd file: bcrypt (`htpasswd -B`), SHA-crypt (`-2`, `-5`), apr1 (`-m`),
 * `{SHA}` (`-s`), argon2id and scrypt. DES crypt and plain text are rejected.
 *
 * A change of the file takes effect within a second. Invalid lines are skipped, and the log names their numbers. If the file
 * disappears, the last users stay valid until it is back. If a line of the file needs a package that is not installed, it is skipped
 * as well, except at startup.
 *
 * @param file the path, relative to the current directory
 * @throws AuthConfigurationError if the file cannot be read at startup, if the package for one of its hashes is not installed, or if
 * an option is invalid
 */
export function htpasswd<Request extends object = HttpRequest>(
  file: string,
  options: PasswordVerifierOptions = {},
): PasswordVerifier<NamedUser, Request> {
  const source = new WatchedFile(file, {
    name: 'htpasswd',
    code: 'ERR_AUTH_HTPASSWD_FILE',
    fix: 'create it with htpasswd -cB',
    parse: (text, isStartup) => {
      const { users, skipped } = parseHtpasswd(text);
      if (isStartup) stopStartup(file, skipped);
      return { content: { table: new UserTable(users), skipped }, skipped };
    },
  });
  answerFor(HASHES, source, (question, { latest: { table, skipped } }) => question(hashesOf(file, table, skipped)));
  return passwordVerifier('htpasswd()', options, VERIFIER_NAMES, async (username) =>
    (await source.current()).table.find(username),
  );
}

/** Describes the hashes of a file, without the hashes. */
function hashesOf(file: string, table: UserTable, skipped: readonly SkippedLine[]): StoredHashes {
  return {
    source: `htpasswd(${file})`,
    count: table.size,
    weak: table.weak(),
    skipped: skipped.map(({ number, problem }) => `line ${number}: ${problem}`),
  };
}

/** Throws if the hash of a user is valid, but cannot be verified. The user could not log in, and would not know why. */
function stopStartup(file: string, skipped: readonly SkippedLine[]): void {
  const line = skipped.find(({ unverifiable }) => unverifiable !== undefined);
  if (line === undefined) return;
  const { number, unverifiable } = line;
  throw new AuthConfigurationError('ERR_AUTH_PASSWORD_HASH', `htpasswd(): line ${number} of ${file}: ${unverifiable}`);
}
