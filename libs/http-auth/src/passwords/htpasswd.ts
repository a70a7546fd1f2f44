import { closeSync, fstatSync, openSync, readFileSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { isPromise } from '../common/promise.js';
import { HashTable } from './hash.table.js';
import { readHtpasswd } from './htpasswd.lines.js';
import { type NamedUser, type PasswordVerifier, type PasswordVerifierOptions, verifierOf } from './verifier.js';

/** Milliseconds between two looks at the file. */
const INTERVAL = 1000;

/**
 * A verifier of the users in a file of Apache's: bcrypt (`htpasswd -B`), SHA-crypt (`-2`, `-5`), apr1 (`-m`), `{SHA}` (`-s`),
 * argon2id and scrypt. DES crypt and plain text are refused. It is read again within a second of a change. A broken line is
 * logged by its number, and the rest is kept; so is everything, where the file vanishes.
 *
 * @param file from the current directory on
 * @throws AuthConfigurationError where the file cannot be read at first
 */
export function htpasswd<Request extends object = HttpRequest>(
  file: string,
  options: PasswordVerifierOptions = {},
): PasswordVerifier<NamedUser, Request> {
  const source = new HtpasswdFile(file);
  return verifierOf('htpasswd()', options, (username) => {
    const table = source.table();
    return isPromise(table) ? table.then((users) => users.find(username)) : table.find(username);
  });
}

/** The users of a file, as it is now. */
class HtpasswdFile {
  private readonly logger = new Logger('htpasswd');
  private readonly path: string;
  private users: HashTable;
  private seen = '';
  private lookedAt = performance.now();
  private looking: Promise<void> | undefined;
  private lost = false;

  constructor(private readonly name: string) {
    this.path = resolve(name);
    try {
      this.users = this.read() ?? new HashTable(new Map());
    } catch (cause) {
      const code = codeOf(cause);
      throw new AuthConfigurationError(
        'ERR_AUTH_HTPASSWD_FILE',
        `htpasswd(): ${name} cannot be read (${code}): create it with htpasswd -cB`,
        {
          cause,
        },
      );
    }
  }

  /** The users, once it is known that the file has not changed for a second. */
  table(): HashTable | Promise<HashTable> {
    if (performance.now() - this.lookedAt >= INTERVAL) {
      this.looking ??= this.look().finally(() => {
        this.looking = undefined;
      });
    }
    return this.looking?.then(() => this.users) ?? this.users;
  }

  /** Asks for the file's state, and not to be told of changes: that fails on network drives, and where files are replaced. */
  private async look(): Promise<void> {
    try {
      if (stateOf(await stat(this.path, { bigint: true })) !== this.seen) this.users = this.read() ?? this.users;
      this.lost = false;
    } catch (error) {
      if (!this.lost) this.logger.error(`${this.name} cannot be read (${codeOf(error)}): its last users are kept`);
      this.lost = true;
    }
    this.lookedAt = performance.now();
  }

  /** The users in the file; `undefined` where it is just being written, which the next look will find out. */
  private read(): HashTable | undefined {
    const descriptor = openSync(this.path, 'r');
    try {
      const before = stateOf(fstatSync(descriptor, { bigint: true }));
      const text = readFileSync(descriptor, 'utf8');
      if (stateOf(fstatSync(descriptor, { bigint: true })) !== before) return undefined;
      const { users, broken } = readHtpasswd(text);
      for (const sentence of broken) this.logger.warn(`${this.name}: ${sentence}`);
      this.seen = before;
      return new HashTable(users);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** What is another where the file is. */
function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
