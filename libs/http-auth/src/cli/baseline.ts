import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RouteEntry } from '../routes/route.entry.js';
import { placeOf } from '../routes/route.table.js';
import { CliError } from './cli.error.js';

/** The default file of the baseline. */
export const BASELINE_FILE = 'http-auth-routes.json';

/** The differences between the baseline and the open routes of the application. */
export interface Changes {
  /** Open routes that are not in the baseline. */
  readonly added: readonly string[];
  /** Entries of the baseline that are no longer open routes. */
  readonly gone: readonly string[];
}

/** The file with the open routes that the team accepts. It has one line for each route, so that a diff is easy to read. */
export class Baseline {
  constructor(
    private readonly file: string,
    private readonly name: string,
  ) {}

  /** @throws CliError if the file does not exist, or if it is not a list of strings */
  compare(routes: readonly RouteEntry[]): Changes {
    const [agreed, open] = [this.read(), linesOf(routes)];
    return {
      // An optional route is stricter than a public route, so the team does not have to approve this change.
      added: open.filter((line) => !agreed.includes(line) && !agreed.includes(line.replace(/optional$/, 'public'))),
      gone: agreed.filter((line) => !open.includes(line)),
    };
  }

  write(routes: readonly RouteEntry[]): void {
    writeFileSync(this.file, `${JSON.stringify(linesOf(routes), null, 2)}\n`);
  }

  private read(): readonly string[] {
    if (!existsSync(this.file)) {
      throw new CliError(`${this.name}: the baseline does not exist; write it with --update-baseline, and commit it`);
    }
    try {
      const lines: unknown = JSON.parse(readFileSync(this.file, 'utf8'));
      if (Array.isArray(lines) && lines.every((line) => typeof line === 'string')) return lines;
    } catch {
      // Invalid JSON gets the same error as JSON of another type.
    }
    throw new CliError(`${this.name}: the baseline must be a list of strings; write it again with --update-baseline`);
  }
}

/** Returns a line for each open route, such as `/health GET public`, in alphabetical order and without duplicates. */
function linesOf(routes: readonly RouteEntry[]): string[] {
  const open = routes.filter(({ access }) => access !== 'required');
  return [...new Set(open.map((route) => `${placeOf(route)} ${route.method} ${route.access}`))].toSorted();
}
