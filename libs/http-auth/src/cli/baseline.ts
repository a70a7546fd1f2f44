import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RouteEntry } from '../routes/route.entry.js';
import { placeOf } from '../routes/route.table.js';
import { CliError } from './cli.error.js';

/** The differences to a baseline. */
export interface Changes {
  /** The open routes that it does not have. */
  readonly added: readonly string[];
  /** Entries of the baseline that are not open routes any more. */
  readonly gone: readonly string[];
}

/** The open routes that people have agreed to: a file with a line for each, so that its diffs read well. */
export class Baseline {
  constructor(
    private readonly file: string,
    private readonly name: string,
  ) {}

  /** @throws CliError if the file cannot be read */
  compare(routes: readonly RouteEntry[]): Changes {
    const [agreed, open] = [this.read(), linesOf(routes)];
    return {
      // A route that was public may well become optional.
      added: open.filter((line) => !agreed.includes(line) && !agreed.includes(line.replace(/optional$/, 'public'))),
      gone: agreed.filter((line) => !open.includes(line)),
    };
  }

  write(routes: readonly RouteEntry[]): void {
    writeFileSync(this.file, `${JSON.stringify(linesOf(routes), null, 2)}\n`);
  }

  private read(): readonly string[] {
    if (!existsSync(this.file)) {
      throw new CliError(`There is no baseline ${this.name}: write it with --update-baseline, and commit it`);
    }
    try {
      const lines: unknown = JSON.parse(readFileSync(this.file, 'utf8'));
      if (Array.isArray(lines) && lines.every((line) => typeof line === 'string')) return lines;
    } catch {
      // Told below.
    }
    throw new CliError(`${this.name} must be a list of strings; write it again with --update-baseline`);
  }
}

/** A line for each open route, sorted by their paths: `/health GET public`. */
function linesOf(routes: readonly RouteEntry[]): string[] {
  const open = routes.filter(({ access }) => access !== 'required');
  return [...new Set(open.map((route) => `${placeOf(route)} ${route.method} ${route.access}`))].toSorted();
}
