import { Logger } from '@nestjs/common';
import { AuthConfigurationError } from '../../common/configuration.error.js';
import { answerFor, HASHES, type StoredHashes } from '../../common/measure.js';
import { WatchedFile } from '../../common/watched.file.js';
import type { DigestLookup, DigestUser } from './digest.user.js';
import { type DigestFile, parseHtdigest } from './htdigest.parser.js';

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
 * the last users stay valid until it is back. If no line has the realm and the algorithm of a login, the log has a warning.
 *
 * @param file the path, relative to the current directory
 * @throws AuthConfigurationError if the file cannot be read at startup
 * @example
 * digest(htdigest('./users.htdigest'))
 */
export function htdigest(
  file: string,
): (username: string, lookup: DigestLookup) => Promise<DigestUser<DigestFileUser> | null> {
  if (typeof file !== 'string' || file === '') {
    throw new AuthConfigurationError(
      'ERR_AUTH_HTDIGEST_FILE',
      "htdigest(): pass the path of a file, e.g. './users.htdigest'",
    );
  }
  let isWarned = false;
  const source = new WatchedFile(file, {
    name: 'htdigest',
    code: 'ERR_AUTH_HTDIGEST_FILE',
    fix: 'create it with lines of the form username:realm:hash',
    parse: (text) => {
      const content = parseHtdigest(text);
      return { content, skipped: content.skipped };
    },
  });
  answerFor(HASHES, source, (question, { latest }) => question(hashesOf(file, latest)));
  return async (username, { realm, algorithm, userhash }) => {
    const { table } = await source.current();
    if (!isWarned && !table.serves(realm, algorithm)) {
      isWarned = true;
      new Logger('htdigest').warn(
        `htdigest(): no line of ${file} has the realm "${realm}" and a hash by ${algorithm}, so nobody can log in; add lines, or set algorithms: ['MD5'] of digest() for lines of Apache's htdigest`,
      );
    }
    const user = table.find(username, realm, algorithm, userhash);
    return user === undefined ? null : { principal: { name: user.name }, username: user.name, ha1: user.ha1 };
  };
}

/** Describes the hashes of a file, without the hashes. Each of them is weak, because anyone who has it can guess passwords fast. */
function hashesOf(file: string, { table, skipped }: DigestFile): StoredHashes {
  return {
    source: `htdigest(${file})`,
    count: [...table.counts.values()].reduce((sum, count) => sum + count, 0),
    weak: table.counts,
    skipped: skipped.map(({ number, problem }) => `line ${number}: ${problem}`),
    fix: 'use basic() with htpasswd() over TLS if the clients support it, because Digest needs such hashes',
  };
}
