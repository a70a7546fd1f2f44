import { Controller, HttpCode, Logger, Post, Req, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LogPause } from '../common/log.pause.js';
import { Public } from '../guard/decorators.js';
import type { HttpRequest } from '../http/request.js';
import { BackChannelLogout } from './back.channel.logout.js';
import { LogoutTokenError } from './logout.token.js';

/** The name of the controller in the route report. */
export const CONTROLLER = 'BackChannelLogoutController';

/** Returns the controller of the endpoint. It is public, because the logout token is signed. */
export function controllerAt(path: string): Type {
  @Public()
  @Controller({ path, version: VERSION_NEUTRAL })
  class BackChannelLogoutController {
    private readonly logger = new Logger('BackChannelLogout');
    /** The endpoint is public, so any client could fill the log. */
    private readonly pause = new LogPause();

    constructor(
      private readonly logouts: BackChannelLogout,
      private readonly host: HttpAdapterHost,
    ) {}

    /** Responds itself, so that pipes, interceptors and filters of the application do not change the response. */
    @Post()
    @HttpCode(200)
    async logout(@Req() request: HttpRequest & { readonly body?: unknown }, @Res() response: object): Promise<void> {
      const problem = await this.problemOf(request);
      const { httpAdapter } = this.host;
      // Section 2.8 of the specification, also for the status.
      httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
      if (problem === undefined) httpAdapter.reply(response, {}, 200);
      else httpAdapter.reply(response, problem, 400);
    }

    private async problemOf(request: HttpRequest & { readonly body?: unknown }): Promise<object | undefined> {
      try {
        await this.logouts.logout(tokenOf(request), request);
        return undefined;
      } catch (error) {
        return this.explain(error);
      }
    }

    /** Logs the error, and returns the body for the issuer. */
    private explain(error: unknown): object {
      const isRefusal = error instanceof LogoutTokenError;
      const skipped = this.pause.next(isRefusal ? error.message : `failed: ${String((error as Error | null)?.name)}`);
      if (skipped !== undefined) {
        const more = skipped > 0 ? ` (and ${skipped} times more since the last line)` : '';
        if (isRefusal) this.logger.warn(`A logout token is refused: ${error.message}${more}`);
        else this.logger.error(`A logout failed${more}`, error instanceof Error ? error.stack : undefined);
      }
      return isRefusal
        ? { error: 'invalid_request', error_description: error.message }
        : { error: 'server_error', error_description: 'the logout failed; try again' };
    }
  }
  // A bundler may have changed the name.
  return Object.defineProperty(BackChannelLogoutController, 'name', { value: CONTROLLER });
}

/**
 * Returns the parameter of the form (section 2.5).
 *
 * @throws LogoutTokenError if the request does not have it, or has it twice
 */
function tokenOf({ body, headers }: HttpRequest & { readonly body?: unknown }): string {
  const type = headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) {
    throw new LogoutTokenError('the content type must be application/x-www-form-urlencoded');
  }
  if (typeof body !== 'object' || body === null) {
    throw new LogoutTokenError('the application does not parse the body; keep the body parser of Nest');
  }
  const { logout_token: token } = body as { readonly logout_token?: unknown };
  if (typeof token === 'string' && token !== '') return token;
  throw new LogoutTokenError('logout_token is required once');
}
