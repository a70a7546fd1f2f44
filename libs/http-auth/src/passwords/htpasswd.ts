import { closeSync, fstatSync, openSync, readFileSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import type { HttpRequest } from '../http/request.js';
import { answerFor, HASHES, type StoredHashes } from '../common/measure.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { parseHtpasswd, type SkippedLine } from './htpasswd.parser.js';
import {
  type NamedUser,
  type PasswordVerifier,
  type PasswordVerifierOptions,
  passwordVerifier,
  VERIFIER_NAMES,
} from './password.verifier.js';
import { UserTable } from './user.table.js';

/** Milliseconds between two checks for a change of the file. */
const INTERVAL = 1000;

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
  const source = new HtpasswdFile(file);
  answerFor(HASHES, source, (question, used) => question(used.hashes));
  return passwordVerifier('htpasswd()', options, VERIFIER_NAMES, async (username) =>
    (await source.table()).find(username),
  );
}

/** An htpasswd file that is read again when it changes. */
class HtpasswdFile {
  private readonly logger = new Logger('htpasswd');
  private readonly path: string;
  private users: UserTable;
  /** The lines that the last reading has skipped. */
  private skipped: readonly SkippedLine[] = [];
  /** The state of the file when it was last read. */
  private state = '';
  private checkedAt = performance.now();
  private checking: Promise<void> | undefined;
  private unreadable = false;

  constructor(private readonly name: string) {
    this.path = resolve(name);
    try {
      this.users = this.read(stopStartup) ?? new UserTable(new Map());
    } catch (cause) {
      if (cause instanceof AuthConfigurationError) throw cause;
      throw new AuthConfigurationError(
        'ERR_AUTH_HTPASSWD_FILE',
        `htpasswd(): ${name} cannot be read (${codeOf(cause)}); create it with htpasswd -cB`,
        { cause },
      );
    }
  }

  /** The hashes of the file when it was last read. */
  get hashes(): StoredHashes {
    const { name, users, skipped } = this;
    return {
      source: `htpasswd(${name})`,
      count: users.size,
      weak: users.weak(),
      skipped: skipped.map(({ number, problem }) => `line ${number}: ${problem}`),
    };
  }

  /** Returns the users. If the last check is more than a second old, checks the file first. */
  async table(): Promise<UserTable> {
    if (performance.now() - this.checkedAt >= INTERVAL) {
      this.checking ??= this.check().finally(() => {
        this.checking = undefined;
      });
    }
    await this.checking;
    return this.users;
  }

  /** Reads the file again if it has changed. `fs.watch()` would miss changes on network drives, and if the file is replaced. */
  private async check(): Promise<void> {
    try {
      if (stateOf(await stat(this.path, { bigint: true })) !== this.state) this.users = this.read() ?? this.users;
      this.unreadable = false;
    } catch (error) {
      if (!this.unreadable) {
        this.logger.error(`${this.name} cannot be read (${codeOf(error)}); its last users stay valid until it is back`);
      }
      this.unreadable = true;
    }
    this.checkedAt = performance.now();
  }

  /**
   * Reads the file. Returns `undefined` if another program is writing it; the next check then reads it again.
   *
   * @param check throws if the skipped lines are not acceptable
   */
  private read(check?: (file: string, skipped: readonly SkippedLine[]) => void): UserTable | undefined {
    const descriptor = openSync(this.path, 'r');
    try {
      const before = stateOf(fstatSync(descriptor, { bigint: true }));
      const text = readFileSync(descriptor, 'utf8');
      if (stateOf(fstatSync(descriptor, { bigint: true })) !== before) return undefined;
      const { users, skipped } = parseHtpasswd(text);
      check?.(this.name, skipped);
      for (const { number, problem } of skipped) {
        this.logger.warn(`${this.name}: line ${number} is skipped: ${problem}`);
      }
      this.state = before;
      this.skipped = skipped;
      return new UserTable(users);
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Throws if the hash of a user is valid, but cannot be verified. The user could not log in, and would not know why. */
function stopStartup(file: string, skipped: readonly SkippedLine[]): void {
  const line = skipped.find(({ unverifiable }) => unverifiable !== undefined);
  if (line === undefined) return;
  const { number, unverifiable } = line;
  throw new AuthConfigurationError('ERR_AUTH_PASSWORD_HASH', `htpasswd(): line ${number} of ${file}: ${unverifiable}`);
}

/** Returns a string that differs if the file was changed or replaced. */
function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
