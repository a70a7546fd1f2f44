import { Logger } from '@nestjs/common';

/** Checks the option `allowInsecureHttp`. Returns an error message, or `undefined` if the option is valid. */
export function insecureHttpProblem(option: unknown): string | undefined {
  return option === undefined || typeof option === 'boolean' ? undefined : 'allowInsecureHttp must be true or false';
}

/**
 * Warns at startup that requests to a server are not encrypted.
 *
 * @param verifier the name of the function that has the option
 * @param url the URL of the server
 * @param risk what an attacker in the network can do
 */
export function warnOfInsecureHttp(verifier: string, url: string, risk: string): void {
  new Logger(verifier).warn(
    `allowInsecureHttp is set for ${url}: an attacker who can change the traffic in the network ${risk}; use https outside of a network that you trust`,
  );
}
