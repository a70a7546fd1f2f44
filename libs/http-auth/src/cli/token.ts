import { parseArgs } from 'node:util';
import { token } from '../tokens/opaque/token.js';
import { CliError } from './cli.error.js';

const OPTIONS = { prefix: { type: 'string' } } as const;

/**
 * Creates a token. Returns two lines: the token for its owner, and the hash that the application stores.
 *
 * @throws CliError if there is any argument except `--prefix`, or if the prefix is invalid
 */
export function tokenCommand(args: readonly string[]): string {
  const prefix = prefixOf(args);
  try {
    const created = token.create(prefix === undefined ? {} : { prefix });
    return `token: ${created.token}\nhash:  ${created.hash}`;
  } catch (error) {
    throw new CliError((error as Error).message.replace('token.create(): ', ''), { cause: error });
  }
}

function prefixOf(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values.prefix;
  } catch {
    // The message of Node's error quotes the argument, which may be a token.
    throw new CliError(
      'nestjs-http-auth token: an argument is unknown; use only --prefix <prefix>, because the command creates the token',
    );
  }
}
