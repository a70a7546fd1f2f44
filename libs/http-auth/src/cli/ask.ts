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
 * @param prompt the stream for the questions; not standard output, so that only the hash can be redirected to a file
 * @throws CliError if the terminal closes before the password is complete, or if the two passwords differ
 */
export async function askPassword(input: Input, prompt: NodeJS.WritableStream): Promise<string> {
  if (input.isTTY !== true) return (await text(input as AsyncIterable<Buffer>)).replace(/\r?\n$/, '');
  // readline echoes every typed character to its output. This output discards them.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  const closed = new Promise<never>((_, reject) => {
    lines.once('close', () =>
      reject(new CliError('password: nothing was typed; run the command again and type a password')),
    );
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
    if ((await ask('Password again: ')) !== typed)
      throw new CliError('password: the two passwords differ; run the command again');
    return typed;
  } finally {
    closed.catch(() => undefined);
    lines.close();
  }
}
