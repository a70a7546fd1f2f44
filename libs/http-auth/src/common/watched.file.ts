import { type BigIntStats, closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { AuthConfigurationError, type AuthConfigurationErrorCode } from './configuration.error.js';

/** Milliseconds between two checks for a change of the file. */
const INTERVAL = 1000;

/** A line that adds nothing. */
export interface SkippedLine {
  /** The number of the line. */
  readonly number: number;
  /** The reason, without the content of the line. */
  readonly problem: string;
}

/** How a file is read. */
export interface FileFormat<Content> {
  /** The name of the function that reads the file, without parentheses, e.g. `htpasswd`. */
  readonly name: string;
  /** The code of the error if the file cannot be read at startup. */
  readonly code: AuthConfigurationErrorCode;
  /** How to create such a file. */
  readonly fix: string;
  /**
   * Parses the content of a file.
   *
   * @param isStartup if `true`, it may throw an `AuthConfigurationError` for a line that cannot be used
   */
  parse(text: string, isStartup: boolean): { readonly content: Content; readonly skipped: readonly SkippedLine[] };
}

/**
 * A file that is read again when it changes. A change takes effect within a second. If the file disappears, its last content stays valid
 * until it is back.
 */
export class WatchedFile<Content> {
  private readonly logger: Logger;
  private readonly path: string;
  private content: Content;
  /** The state of the file when it was last read. */
  private state = '';
  private checkedAt = performance.now();
  private checking: Promise<void> | undefined;
  private unreadable = false;

  /**
   * @param name the path, relative to the current directory
   * @throws AuthConfigurationError if the file cannot be read
   */
  constructor(
    private readonly name: string,
    private readonly format: FileFormat<Content>,
  ) {
    this.path = resolve(name);
    this.logger = new Logger(format.name);
    try {
      this.content = this.read(true) ?? format.parse('', true).content;
    } catch (cause) {
      if (cause instanceof AuthConfigurationError) throw cause;
      throw new AuthConfigurationError(
        format.code,
        `${format.name}(): ${name} cannot be read (${codeOf(cause)}); ${format.fix}`,
        { cause },
      );
    }
  }

  /** The content when the file was last read. */
  get latest(): Content {
    return this.content;
  }

  /** Returns the content. If the last check is more than a second old, checks the file first. */
  async current(): Promise<Content> {
    if (performance.now() - this.checkedAt >= INTERVAL) {
      this.checking ??= this.check().finally(() => {
        this.checking = undefined;
      });
    }
    await this.checking;
    return this.content;
  }

  /** Reads the file again if it has changed. `fs.watch()` would miss changes on network drives, and if the file is replaced. */
  private async check(): Promise<void> {
    try {
      if (stateOf(await stat(this.path, { bigint: true })) !== this.state)
        this.content = this.read(false) ?? this.content;
      this.unreadable = false;
    } catch (error) {
      if (!this.unreadable) {
        this.logger.error(`${this.name} cannot be read (${codeOf(error)}); its last users stay valid until it is back`);
      }
      this.unreadable = true;
    }
    this.checkedAt = performance.now();
  }

  /** Reads the file. Returns `undefined` if another program is writing it; the next check then reads it again. */
  private read(isStartup: boolean): Content | undefined {
    const descriptor = openSync(this.path, 'r');
    try {
      const before = stateOf(fstatSync(descriptor, { bigint: true }));
      const text = readFileSync(descriptor, 'utf8');
      if (stateOf(fstatSync(descriptor, { bigint: true })) !== before) return undefined;
      const { content, skipped } = this.format.parse(text, isStartup);
      for (const { number, problem } of skipped) {
        this.logger.warn(`${this.name}: line ${number} is skipped: ${problem}`);
      }
      this.state = before;
      return content;
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Returns a string that differs if the file was changed or replaced. */
function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
