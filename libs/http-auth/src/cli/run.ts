import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RouteReport } from '../routes/route.report.js';
import { tableOf } from '../routes/route.table.js';
import { providerOf } from './application.js';
import { Baseline, BASELINE_FILE } from './baseline.js';
import { CliError } from './cli.error.js';
import { doctorCommand } from './doctor/doctor.js';
import { hashCommand } from './hash.js';
import { initCommand } from './init/init.js';
import { limitsCommand } from './limits.js';
import { printable } from './printable.js';
import { tokenCommand } from './token.js';

/** The parts of the process that a command uses. Tests replace them. */
export interface Surroundings {
  /** The folder that paths in arguments are relative to. */
  readonly cwd: string;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Returns the password that the user typed, or that was written to standard input. */
  readonly ask: () => Promise<string>;
}

const HELP = `nestjs-http-auth init [--basic | --bearer | --jwt <issuer> <audience>] [options]

Adds AuthModule to the root module of a Nest application, and the packages to package.json. It does not install them. If the
application has them already, nothing changes. Run it in the folder of the application.

  --basic               adds Basic with one user, whose password hash is in the environment (default)
  --bearer              adds Bearer with a verifier that refuses every token until you replace it
  --jwt                 adds Bearer with the JWTs of an issuer for an audience
  --realm <name>        the realm (default: the name in package.json)
  --module <file>       the file of the root module (default: app.module.ts in the sourceRoot of nest-cli.json)
  --dry-run             prints the changes and writes nothing
  --force               edits the root module although it has uncommitted changes in Git

nestjs-http-auth doctor <file> [--online] [--json]

Checks the set-up of an application, and prints what to do. The file is the built main file, e.g. dist/main.js, or one that
"routes" accepts. The application is created, but does not listen. It exits with 1 if a check fails.

  --online              also asks the issuers of JWTs for their keys
  --json                prints JSON instead of text

nestjs-http-auth routes <module> [options]

Prints the routes of a Nest application with their requirements, and the decorator or option that decides them.

  <module>              the built file of the root module, e.g. dist/app.module.js. With dist/app.js#create, the
                        command uses the export "create": a module, or a function that returns the application.
                        Use a function if the global prefix and the versions are set outside of the module.

  --json                prints JSON instead of a table
  --fail-on-new-public  exits with 1 if a public or optional route is not in the baseline
  --update-baseline     writes the baseline
  --baseline <file>     the baseline (default: http-auth-routes.json)
  -h, --help            prints this help

nestjs-http-auth hash [--algorithm argon2id|scrypt|bcrypt]

Asks for a password, or reads it from standard input, and prints its hash. The password cannot be an argument.

nestjs-http-auth token [--prefix <prefix>]

Prints a new token, and its hash. Give the token to its owner, and store the hash. The token begins with the prefix,
e.g. acme_live, and ends with a checksum.

nestjs-http-auth limits <module> [<username>] [--address <ip>] [--tenant <tenant>] [--release] [--json]

Prints the limits on failed logins of a user, of an address, or of a user at an address. The counters are in the store
that the option "limits" of the application names. With --release, their failures are forgotten first.
With --json, it prints JSON instead of a table.`;

const COMMANDS = 'init, doctor, routes, hash, token or limits';

const OPTIONS = {
  json: { type: 'boolean' },
  'fail-on-new-public': { type: 'boolean' },
  'update-baseline': { type: 'boolean' },
  baseline: { type: 'string', default: BASELINE_FILE },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs a command and prints its result or its error.
 *
 * @returns the exit code: 0 if the command succeeded, 1 if `--fail-on-new-public` found new open routes or a check of `doctor` failed,
 * 2 if the command failed
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<0 | 1 | 2> {
  const { cwd, ask } = surroundings;
  const out = (text: string) => surroundings.out(printable(text));
  const err = (text: string) => surroundings.err(printable(text));
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
    if (name === 'doctor') {
      const { text, failed } = await doctorCommand(rest, cwd);
      out(text);
      return failed ? 1 : 0;
    }
    if (name === 'init') {
      out(initCommand(rest, cwd));
      return 0;
    }
    if (name === 'limits') {
      out(await limitsCommand(rest, cwd));
      return 0;
    }
    const { values, positionals } = parse(args);
    if (values.help) {
      out(HELP);
      return 0;
    }
    const [command, module, ...more] = positionals;
    if (command !== 'routes') {
      const problem = command === undefined ? 'the command is missing' : `${JSON.stringify(command)} is not a command`;
      throw new CliError(`nestjs-http-auth: ${problem}; use ${COMMANDS}, or see --help`);
    }
    if (module === undefined || more.length > 0) {
      throw new CliError(
        'nestjs-http-auth routes: the argument must be one module, e.g. dist/app.module.js; see nestjs-http-auth --help',
      );
    }
    const routes = (await providerOf(RouteReport, module, cwd)).routes();
    out(values.json ? JSON.stringify(routes, null, 2) : tableOf(routes));

    const baseline = new Baseline(resolve(cwd, values.baseline), values.baseline);
    if (values['update-baseline']) baseline.write(routes);
    if (!values['fail-on-new-public']) return 0;
    const { added, gone } = baseline.compare(routes);
    for (const line of gone) err(`Note: ${values.baseline} has "${line}", which is no longer an open route`);
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
    throw new CliError(`nestjs-http-auth: ${(error as Error).message.split('. ', 1)[0]}; see nestjs-http-auth --help`);
  }
}
