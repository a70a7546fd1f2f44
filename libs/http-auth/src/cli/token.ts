import { parseArgs } from 'node:util';
import { token } from '../tokens/opaque/token.js';
import { CliError } from './cli.error.js';

const OPTIONS = { prefix: { type: 'string' } } as const;

/**
 * Creates a token. Returns the token and the hash to store, one on each line.
 *
 * @throws CliError if there is another argument than a prefix, or if the prefix is invalid
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
    // The message of Node's error quotes what may be a token.
    throw new CliError('nestjs-http-auth token has one option, --prefix <prefix>, and makes the token itself');
  }
}
