import { fileURLToPath } from 'node:url';
import type { Ask, Reply } from './describe-client.js';
import type { Outcome } from './run.js';

/** Returns the path of a client that is written for this suite in another language. */
export const driver = (file: string): string => fileURLToPath(new URL(`../drivers/${file}`, import.meta.url));

/** Returns the arguments of such a client: the URL, then a realm, a username and a password for each realm. */
export function argumentsOf({ url, credentials }: Ask): string[] {
  return [url, ...credentials.flatMap(({ realm, username, password }) => [realm, username, password])];
}

/** Parses the output of such a client: the status on the first line, then the body. */
export function replyOf({ code, stdout, stderr }: Outcome): Reply {
  const [, status, body] = /^(\d{3})\r?\n([^]*)$/.exec(stdout) ?? [];
  if (code !== 0 || status === undefined) throw new Error(`The client exits with ${code}\n${stdout}${stderr}`);
  return { status: Number(status), body: body?.trim() || undefined };
}
