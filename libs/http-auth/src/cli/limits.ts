import { parseArgs } from 'node:util';
import { alignedTable } from '../common/table.js';
import { AuthLimits, type SchemeLimitStatus } from '../schemes/auth.limits.js';
import { providerOf } from './application.js';
import { CliError } from './cli.error.js';

const OPTIONS = {
  address: { type: 'string' },
  tenant: { type: 'string' },
  release: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/**
 * Prints the limits of a user or an address in the shared store of an application, or resets them.
 *
 * @throws CliError if the arguments are invalid, or if the application has no shared store
 */
export async function limitsCommand(args: readonly string[], cwd: string): Promise<string> {
  const { module, client, release, json } = parse(args);
  const limits = await limitsOf(module, cwd);
  try {
    if (release) await limits.release(client);
    const entries = await limits.status(client);
    return json ? JSON.stringify(entries, null, 2) : tableOf(entries);
  } catch (error) {
    throw new CliError(`nestjs-http-auth limits: ${(error as Error).message.replace(/^[\w.]+(?:\(\))?: /, '')}`);
  }
}

function parse(args: readonly string[]) {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CliError(`nestjs-http-auth limits: ${(error as Error).message.split('. ', 1)[0]}; see --help`);
  }
  const { values, positionals } = parsed;
  const { release = false, json = false, ...rest } = values;
  const [module, username, ...more] = positionals;
  if (module === undefined || more.length > 0) {
    throw new CliError('nestjs-http-auth limits: the arguments must be a module and a username; see --help');
  }
  return { module, client: { ...rest, ...(username !== undefined && { username }) }, release, json };
}

async function limitsOf(module: string, cwd: string): Promise<AuthLimits> {
  const limits = await providerOf(AuthLimits, module, cwd);
  if (limits.isShared) return limits;
  throw new CliError(
    `${module}: the limits are in the memory of each process, which this command cannot reach; set limits.redis, or call AuthLimits in the application`,
  );
}

function tableOf(entries: readonly SchemeLimitStatus[]): string {
  // A shared username has only the limit of the address.
  if (entries.length === 0) return 'No limit applies to this client.';
  const rows = entries.map(({ scheme, limit, failures, max, retryAfter }) => [
    scheme,
    limit,
    `${failures} of ${max}`,
    retryAfter > 0 ? `reached, for ${retryAfter} s` : '',
  ]);
  return alignedTable([['scheme', 'limit', 'failures', 'state'], ...rows]);
}
