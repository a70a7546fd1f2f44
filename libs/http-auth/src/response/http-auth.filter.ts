import {
  type ArgumentsHost,
  Catch,
  Injectable,
  InternalServerErrorException,
  Logger,
  UnauthorizedException,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import { parseChallenges } from '../http/challenge.js';
import { rawResponse } from '../http/request.js';
import { VerifierError } from '../schemes/verifier.error.js';
import { Challenger } from './challenger.js';
import { Exchanges } from './exchange.js';
import { challengesOf, ForeignUnauthorizedError } from './foreign.error.js';
import { Head } from './head.js';
import { exceptionWithStatus, setRetryAfter } from './status.exception.js';

/**
 * Sets the challenges of a thrown 401 and leaves the body to Nest. It runs after every filter of the application. If one of
 * those responds instead, the response-head hook sets the challenges.
 *
 * It also responds to the error of a verifier that was called by `AuthGuard` of @nestjs/passport, which throws it as it is.
 */
@Injectable()
@Catch(UnauthorizedException, ForeignUnauthorizedError, VerifierError)
export class HttpAuthFilter extends BaseExceptionFilter {
  /**
   * How other transports respond to the exceptions of this filter, by the type of their contexts. Their modules register it.
   *
   * @internal
   */
  readonly forms = new Map<string, (exception: Error, host: ArgumentsHost) => unknown>();
  private readonly logger = new Logger('HttpAuthFilter');

  /** @internal Nest creates the instance. */
  constructor(
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
  ) {
    super();
  }

  /**
   * Responds with the exception, in the form of the transport, or rethrows it if the module of the transport is not imported.
   *
   * @internal Nest calls it.
   */
  override catch(
    thrown: UnauthorizedException | ForeignUnauthorizedError | VerifierError,
    host: ArgumentsHost,
  ): unknown {
    const exception = thrown instanceof VerifierError ? exceptionWithStatus(thrown.status, thrown) : thrown;
    if (exception !== thrown) this.logger.error(thrown);
    // In a hybrid application, this filter also gets the exceptions of other transports, which have no such field.
    const transport = host.getType<string>();
    const form = this.forms.get(transport);
    if (form !== undefined) return form(exception, host);
    if (transport === 'rpc') return throwError(() => exception);
    if (transport !== 'http') throw exception;

    const http = host.switchToHttp();
    const exchange = this.exchanges.of(http.getRequest(), rawResponse(http.getResponse()));
    const head = new Head(exchange.response);
    if (thrown instanceof VerifierError) {
      setRetryAfter(exchange.response, thrown.retryAfter);
      super.catch(exception, host);
    } else if (thrown instanceof UnauthorizedException) {
      const challenged = this.challenger.challenge(exchange, head);
      super.catch(challenged ? thrown : new InternalServerErrorException(), host);
    } else {
      const own = challengesOf(thrown);
      if (own !== undefined && parseChallenges(own) !== undefined) head.set('WWW-Authenticate', own);
      super.catch(new UnauthorizedException(), host);
    }
    return undefined;
  }
}
