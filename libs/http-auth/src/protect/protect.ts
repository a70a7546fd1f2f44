import type { INestApplicationContext } from '@nestjs/common';
import { Policies } from '../guard/policies.js';
import type { Access } from '../guard/policy.js';
import type { Prompt, RealmOption } from '../response/protection.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { Gate } from './gate.js';

/** The requirements of a protected path. */
export interface PathPolicy {
  /**
   * If `required`, requests need credentials. If `optional`, they may have credentials.
   *
   * @default 'required'
   */
  readonly access?: Exclude<Access, 'public'>;
  /**
   * The realm.
   *
   * @default the value of the module
   */
  readonly realm?: RealmOption;
  /**
   * The names of the schemes that the path accepts.
   *
   * @default all schemes of the module
   */
  readonly schemes?: readonly string[];
  /**
   * When a browser may prompt.
   *
   * @default the value of the module
   */
  readonly prompt?: Prompt;
  /**
   * The scopes that credentials need, all of them; see `Scopes`.
   *
   * @default none
   */
  readonly scopes?: readonly string[];
  /**
   * If `true`, preflights reach the code behind the path. They have no credentials, so that code responds to `OPTIONS`
   * for every client. If `false`, the response is 204 without CORS fields, which keeps other origins out.
   *
   * @default false
   */
  readonly preflight?: boolean;
}

/** The suffixes of the paths that Swagger UI serves: its page, and the document as JSON and YAML. */
const BESIDE = ['', '-json', '-yaml'];

/**
 * Protects paths without a controller, because guards do not run on them: Swagger UI with its `-json` and `-yaml`, static
 * files, a mounted router, a metrics endpoint. The policy applies before the body of a request is parsed. The handler of
 * the path may be mounted before or after this call.
 *
 * @example
 * protect(app, '/docs', { realm: 'API documentation' });
 *
 * @param path a path, or several; each includes everything below it
 * @throws AuthConfigurationError if a path or its policy is invalid, or if the application has no AuthModule
 */
export function protect(
  app: INestApplicationContext,
  path: string | readonly string[],
  { access = 'required', realm, schemes, prompt, scopes, preflight = false }: PathPolicy = {},
): void {
  const paths = [path].flat();
  const wrong = paths.find((one) => typeof one !== 'string' || !one.startsWith('/'));
  if (paths.length === 0 || wrong !== undefined) {
    throw new AuthConfigurationError(
      'ERR_AUTH_PATH',
      `protect(): a path must begin with a slash, which '${String(wrong)}' does not`,
    );
  }
  if (access !== 'required' && access !== 'optional') {
    throw new AuthConfigurationError('ERR_AUTH_PATH', "protect(): access must be 'required' or 'optional'");
  }
  const [gate, policies] = [find(app, Gate), find(app, Policies)];
  const required = scopes && { names: scopes, mode: 'all' as const };
  const parts = { access, reason: 'protect()', realm, schemes, prompt, preflight, scopes: required } as const;
  for (const one of paths) {
    const policy = policies.make({ ...parts, route: one });
    for (const suffix of BESIDE) gate.protect(`${one.replace(/\/+$/, '')}${suffix}`, policy);
  }
}

function find<T>(app: INestApplicationContext, type: new (...args: never[]) => T): T {
  try {
    return app.get<T>(type, { strict: false });
  } catch (cause) {
    throw new AuthConfigurationError(
      'ERR_AUTH_MODULE_MISSING',
      'protect(): the application has no AuthModule; import it',
      {
        cause,
      },
    );
  }
}
