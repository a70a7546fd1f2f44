import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RouteEntry } from '../routes/route.entry.js';
import { RouteReport } from '../routes/route.report.js';
import { tableOf } from '../routes/route.table.js';
import { createApplication } from './application.js';
import { Baseline } from './baseline.js';
import { CliError } from './cli.error.js';
import { hashCommand } from './hash.js';
import { tokenCommand } from './token.js';

/** The environment of a command. */
export interface Surroundings {
  readonly cwd: string;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Asks for a password. */
  readonly ask: () => Promise<string>;
}

const HELP = `nestjs-http-auth routes <module> [options]

Prints the routes of a Nest application, their requirements and the reasons.

  <module>              the built file of the root module, e.g. dist/app.module.js; dist/app.js#create uses the
                        export "create": a module, or a function that returns the application with its global prefix
                        and versions

  --json                prints JSON instead of a table
  --fail-on-new-public  exits with 1 if a public or optional route is not in the baseline
  --update-baseline     writes the baseline
  --baseline <file>     the baseline (default: http-auth-routes.json)
  -h, --help            prints this

nestjs-http-auth hash [--algorithm argon2id|scrypt|bcrypt]

Asks for a password, or reads it from standard input, and prints its hash. A password is never an argument.

nestjs-http-auth token [--prefix <prefix>]

Prints a new token for its owner, and the hash that the application stores. The token begins with the prefix, e.g. acme_live.`;

const OPTIONS = {
  json: { type: 'boolean' },
  'fail-on-new-public': { type: 'boolean' },
  'update-baseline': { type: 'boolean' },
  baseline: { type: 'string', default: 'http-auth-routes.json' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs the command.
 *
 * @returns the exit code: 0; 1 if there are new open routes; 2 if the command failed
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<0 | 1 | 2> {
  const { cwd, out, err, ask } = surroundings;
  try {
    const [name, ...rest] = args.includes('--help') || args.includes('-h') ? [] : args;
    if (name === 'hash') {
      out(await hashCommand(rest, ask));
      return 0;
    }
    if (name === 'token') {
      out(tokenCommand(rest));
      return 0;
    }
    const { values, positionals } = parse(args);
    if (values.help) {
      out(HELP);
      return 0;
    }
    const [command, module, ...more] = positionals;
    if (command !== 'routes' || module === undefined || more.length > 0) {
      throw new CliError('Name the module: nestjs-http-auth routes <module>');
    }
    const routes = await routesOf(module, cwd);
    out(values.json ? JSON.stringify(routes, null, 2) : tableOf(routes));

    const baseline = new Baseline(resolve(cwd, values.baseline), values.baseline);
    if (values['update-baseline']) baseline.write(routes);
    if (!values['fail-on-new-public']) return 0;
    const { added, gone } = baseline.compare(routes);
    for (const line of gone) err(`Note: ${values.baseline} has "${line}", which is not an open route any more`);
    for (const line of added) err(`New open route: "${line}" is not in ${values.baseline}`);
    return added.length > 0 ? 1 : 0;
  } catch (error) {
    err((error as Error).message);
    return 2;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CliError(`${(error as Error).message.split('. ', 1)[0]}: see nestjs-http-auth --help`);
  }
}

async function routesOf(module: string, cwd: string): Promise<RouteEntry[]> {
  const app = await createApplication(module, cwd);
  let report: RouteReport;
  try {
    report = app.get(RouteReport);
  } catch {
    throw new CliError(`The application of ${module} does not import AuthModule`);
  }
  return report.routes();
}
