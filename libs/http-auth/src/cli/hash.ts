import { parseArgs } from 'node:util';
import { type HashAlgorithm, password } from '../passwords/password.js';
import { CliError } from './cli.error.js';

const OPTIONS = { algorithm: { type: 'string', default: 'argon2id' } } as const;

/**
 * The hash of a password that somebody is asked for.
 *
 * @throws CliError where it cannot be made, or the password was given as an argument
 */
export async function hashCommand(args: readonly string[], ask: () => Promise<string>): Promise<string> {
  const algorithm = algorithmOf(args) as HashAlgorithm;
  const plain = await ask();
  if (plain === '') throw new CliError('The password is empty: type one, or write one to standard input');
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
    // The message of Node's error quotes what may be the password.
    throw new CliError('nestjs-http-auth hash has one option, --algorithm argon2id|scrypt|bcrypt');
  }
  const { values, positionals } = parsed;
  if (positionals.length > 0) {
    throw new CliError(
      'A password is not taken as an argument, where other users and the history of the shell have it: run nestjs-http-auth hash, and type it',
    );
  }
  return values.algorithm;
}
