import { fileURLToPath } from 'node:url';
import type { Ask, Reply } from './describe-client.js';
import type { Outcome } from './run.js';

/** Returns the path of our client in another language. */
export const driver = (file: string): string => fileURLToPath(new URL(`../drivers/${file}`, import.meta.url));

/** The arguments that such a client takes: the URL, and a realm, a username and a password as often as there are. */
export function argumentsOf({ url, credentials }: Ask): string[] {
  return [url, ...credentials.flatMap(({ realm, username, password }) => [realm, username, password])];
}

/** Parses the output of such a client: the status on the first line, and then the body. */
export function replyOf({ code, stdout, stderr }: Outcome): Reply {
  const [, status, body] = /^(\d{3})\r?\n([^]*)$/.exec(stdout) ?? [];
  if (code !== 0 || status === undefined) throw new Error(`The client exits with ${code}\n${stdout}${stderr}`);
  return { status: Number(status), body: body?.trim() || undefined };
}
