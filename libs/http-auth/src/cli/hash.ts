import { parseArgs } from 'node:util';
import { type HashAlgorithm, password } from '../passwords/password.js';
import { CliError } from './cli.error.js';

const OPTIONS = { algorithm: { type: 'string', default: 'argon2id' } } as const;

/**
 * Asks for a password and returns its hash.
 *
 * @throws CliError if the password cannot be hashed, or was given as an argument
 */
export async function hashCommand(args: readonly string[], ask: () => Promise<string>): Promise<string> {
  const algorithm = algorithmOf(args) as HashAlgorithm;
  const plain = await ask();
  if (plain === '') throw new CliError('The password is empty; type one, or pipe one to standard input');
  try {
    return await password.hash(plain, { algorithm });
  } catch (error) {
    throw new CliError((error as Error).message.replace('password.hash(): ', ''), { cause: error });
  }
}

function algorithmOf(args: readonly string[]): string {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch {
    // Node's message quotes the argument, which may be the password.
    throw new CliError(
      'nestjs-http-auth hash: the arguments are invalid; the only option is --algorithm argon2id|scrypt|bcrypt',
    );
  }
  const { values, positionals } = parsed;
  if (positionals.length > 0) {
    throw new CliError(
      'nestjs-http-auth hash: a password must not be an argument because other users and the shell history can see it; run nestjs-http-auth hash and type the password',
    );
  }
  return values.algorithm;
}
