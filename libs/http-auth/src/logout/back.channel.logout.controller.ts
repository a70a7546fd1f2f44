import { Controller, HttpCode, Logger, Post, Req, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LogPause } from '../common/log.pause.js';
import { Public } from '../guard/decorators.js';
import type { HttpRequest } from '../http/request.js';
import { redact } from '../schemes/redact.js';
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
      let token = '';
      try {
        token = tokenOf(request);
        await this.logouts.logout(token, request);
        return undefined;
      } catch (error) {
        return error instanceof LogoutTokenError ? this.refuse(error) : this.fail(redact(error, [token]));
      }
    }

    /** Logs the reason, and returns the body for the issuer. */
    private refuse({ message }: LogoutTokenError): object {
      const more = this.more(message);
      if (more !== undefined) this.logger.warn(`A logout token is refused: ${message}${more}`);
      return { error: 'invalid_request', error_description: message };
    }

    /** Logs the error, which does not contain the token, and returns the body for the issuer. */
    private fail({ name, stack }: Error): object {
      const more = this.more(`failed: ${name}`);
      if (more !== undefined) this.logger.error(`A logout failed${more}`, stack);
      return { error: 'server_error', error_description: 'the logout failed; try again' };
    }

    /** Returns the end of a line of the log, or `undefined` if the line must be skipped. */
    private more(kind: string): string | undefined {
      const skipped = this.pause.next(kind);
      if (skipped === undefined) return undefined;
      return skipped > 0 ? ` (and ${skipped} times more since the last line)` : '';
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
