import { Logger } from '@nestjs/common';

/** Checks the option `allowInsecureHttp`. Returns an error message, or `undefined` if the option is valid. */
export function insecureHttpProblem(option: unknown): string | undefined {
  return option === undefined || typeof option === 'boolean' ? undefined : 'allowInsecureHttp must be true or false';
}

/** The maximum number of servers that are remembered. */
const MAX_SERVERS = 100;

const servers = new Set<string>();

/** Returns the URLs of the servers with `allowInsecureHttp`, for the command that checks the set-up. */
export function insecureServers(): readonly string[] {
  return [...servers];
}

/**
 * Warns at startup that requests to a server are not encrypted.
 *
 * @param verifier the name of the function that has the option
 * @param url the URL of the server
 * @param risk what an attacker in the network can do
 */
export function warnOfInsecureHttp(verifier: string, url: string, risk: string): void {
  if (servers.size < MAX_SERVERS) servers.add(url);
  new Logger(verifier).warn(
    `allowInsecureHttp is set for ${url}: an attacker who can change the traffic in the network ${risk}; use https outside of a network that you trust`,
  );
}
