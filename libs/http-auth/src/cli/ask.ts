import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { CliError } from './cli.error.js';

/** The source of a password: a terminal, or standard input. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/**
 * Reads a password. At a terminal, the user types it twice and it is not shown. Otherwise, the password is the whole
 * input without the last line break.
 *
 * @param prompt the stream for questions, which is not the stream of the hash
 * @throws CliError if the input ends, or if the two passwords differ
 */
export async function askPassword(input: Input, prompt: NodeJS.WritableStream): Promise<string> {
  if (input.isTTY !== true) return (await text(input as AsyncIterable<Buffer>)).replace(/\r?\n$/, '');
  // readline echoes what is typed to its output, which leads nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  const closed = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new CliError('No password was typed')));
  });
  const ask = async (question: string): Promise<string> => {
    prompt.write(question);
    try {
      return await Promise.race([lines.question(''), closed]);
    } finally {
      prompt.write('\n');
    }
  };
  try {
    const typed = await ask('Password: ');
    if ((await ask('Once more: ')) !== typed) throw new CliError('The two passwords are not the same: try again');
    return typed;
  } finally {
    closed.catch(() => undefined);
    lines.close();
  }
}
