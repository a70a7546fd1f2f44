import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { RouteReport } from '../routes/route.report.js';
import { partsOf } from '../schemes/any.of.js';
import type { Scheme } from '../schemes/scheme.js';
import { SchemeRegistry } from '../schemes/scheme.registry.js';
import { trustOf } from '../tokens/jwt/trust.js';
import { LOGOUT_OPTIONS } from './back.channel.logout.js';
import { CONTROLLER } from './back.channel.logout.controller.js';
import type { BackChannelLogoutOptions } from './logout.options.js';

/** Checks that a logout has an effect, when the paths and the schemes of the application are known. */
@Injectable()
export class StartupCheck implements OnApplicationBootstrap {
  constructor(
    @Inject(LOGOUT_OPTIONS) private readonly options: BackChannelLogoutOptions,
    private readonly report: RouteReport,
    private readonly schemes: SchemeRegistry,
  ) {}

  /**
   * Called by Nest.
   *
   * @throws AuthConfigurationError `ERR_AUTH_LOGOUT_OPTION` if `protect()` closes the endpoint, or if no scheme has the verifier
   */
  onApplicationBootstrap(): void {
    const closed = this.report
      .routes()
      .find(({ controller, access }) => controller === CONTROLLER && access === 'required');
    if (closed !== undefined) {
      const { because, method, path } = closed;
      fail(
        `${because} requires credentials for ${method} ${path}, which the issuer does not have; add except: ['${path}'] to protect()`,
      );
    }
    const { verifier } = this.options;
    // Another process may have the scheme if the list is in Redis.
    if (trustOf(verifier)?.revocation.isShared === true) return;
    if (this.schemes.all.every((scheme) => isWithout(this.schemes.verifiersOf(scheme), scheme, verifier))) {
      fail(
        'verifier belongs to no scheme, so a logout would have no effect; pass the same verifier to bearer() or to another scheme of AuthModule',
      );
    }
  }
}

/** Returns `true` if it is certain that a scheme does not call the verifier. A function or a class of the application may call it. */
function isWithout(verifiers: readonly unknown[], { prompts }: Scheme, verifier: unknown): boolean {
  // Basic has passwords, not tokens.
  if (prompts === true) return !verifiers.includes(verifier);
  return (
    verifiers.length > 0 && verifiers.flatMap(leavesOf).every((one) => one !== verifier && trustOf(one) !== undefined)
  );
}

/** Returns the verifiers that a verifier of `anyOf()` consists of. */
function leavesOf(verifier: unknown): unknown[] {
  const parts = partsOf(verifier as never);
  return parts === undefined ? [verifier] : parts.flatMap(leavesOf);
}

function fail(problem: string): never {
  throw new AuthConfigurationError('ERR_AUTH_LOGOUT_OPTION', `BackChannelLogoutModule: ${problem}`);
}
