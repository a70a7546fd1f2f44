import { AuthConfigurationError } from '../../../common/configuration.error.js';
import { unknownOption } from '../../../common/options.js';

/**
 * Checks the options of a preset. `jwt()` checks the options that the preset returns, so this finds only the mistakes that would
 * make another issuer of them.
 *
 * @param preset the name of the function
 * @param problem returns an error message, or `undefined` if the options are valid
 * @throws AuthConfigurationError if an option is invalid
 */
export function checkPreset<Options extends object>(
  preset: string,
  options: Options,
  names: Readonly<Record<string, true>>,
  problem: (options: Options) => string | undefined,
): void {
  const wrong =
    typeof options === 'object' && options !== null
      ? (unknownOption(options, names) ?? problem(options))
      : 'needs options; pass an object';
  if (wrong !== undefined) throw new AuthConfigurationError('ERR_AUTH_JWT_OPTION', `${preset}(): ${wrong}`);
}

/** Checks the host name of an issuer. Returns an error message, or `undefined` if it is valid. */
export function hostProblem(option: string, host: unknown, example: string): string | undefined {
  const valid = typeof host === 'string' && URL.canParse(`https://${host}`) && new URL(`https://${host}`).host === host;
  return valid
    ? undefined
    : `${option} must be a host name in lower case, such as ${example}; leave out https:// and the path`;
}

/** Checks a part of the path of an issuer. Returns an error message, or `undefined` if it is valid. */
export function segmentProblem(option: string, segment: unknown): string | undefined {
  return typeof segment === 'string' && /^[\w.~-]+$/.test(segment) && !/^\.+$/.test(segment)
    ? undefined
    : `${option} must be a part of a path: letters, digits, and - . _ ~`;
}

/** Checks a base URL. `jwt()` checks its scheme. Returns an error message, or `undefined` if the URL is valid. */
export function baseUrlProblem(option: string, url: unknown): string | undefined {
  const valid = typeof url === 'string' && /^https?:\/\/[^?#]+$/.test(url) && URL.canParse(url);
  return valid ? undefined : `${option} must be a URL without a query, such as https://login.example`;
}

/** Removes a slash at the end of a URL. */
export function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}
