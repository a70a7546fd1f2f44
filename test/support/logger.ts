import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';

/** Stores the log of Nest, with nested values, as any logger might print it. */
export class RecordingLogger implements LoggerService {
  private readonly lines: string[] = [];

  log = (...message: unknown[]): void => this.keep(message);
  error = (...message: unknown[]): void => this.keep(message);
  warn = (...message: unknown[]): void => this.keep(message);
  debug = (...message: unknown[]): void => this.keep(message);
  verbose = (...message: unknown[]): void => this.keep(message);
  fatal = (...message: unknown[]): void => this.keep(message);

  /** Everything that was logged. */
  text(): string {
    return this.lines.join('\n');
  }

  private keep(message: unknown[]): void {
    this.lines.push(inspect(message, { depth: 20, showHidden: true }));
  }
}
