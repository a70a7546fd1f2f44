import {
  type ArgumentsHost,
  Catch,
  Injectable,
  InternalServerErrorException,
  UnauthorizedException,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import { parseChallenges } from '../http/challenge.js';
import { rawResponse } from '../http/request.js';
import { Challenger } from './challenger.js';
import { Exchanges } from './exchange.js';
import { challengesOf, ForeignUnauthorizedError } from './foreign.error.js';
import { Head } from './head.js';

/**
 * Sets the challenges of a thrown 401 and leaves the body to Nest. It runs after every filter of the application. If one of
 * those responds instead, the response-head hook sets the challenges.
 */
@Injectable()
@Catch(UnauthorizedException, ForeignUnauthorizedError)
export class HttpAuthFilter extends BaseExceptionFilter {
  /** How other transports respond to the exceptions of this filter, by the type of their contexts. Their modules register it. */
  readonly forms = new Map<string, (exception: Error, host: ArgumentsHost) => unknown>();

  constructor(
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
  ) {
    super();
  }

  /** Responds with the exception, in the form of the transport, or rethrows it if the module of the transport is not imported. */
  override catch(exception: UnauthorizedException | ForeignUnauthorizedError, host: ArgumentsHost): unknown {
    // In a hybrid application, this filter also gets the exceptions of other transports, which have no such field.
    const transport = host.getType<string>();
    const form = this.forms.get(transport);
    if (form !== undefined) return form(exception, host);
    if (transport === 'rpc') return throwError(() => exception);
    if (transport !== 'http') throw exception;

    const http = host.switchToHttp();
    const exchange = this.exchanges.of(http.getRequest(), rawResponse(http.getResponse()));
    const head = new Head(exchange.response);
    if (exception instanceof UnauthorizedException) {
      const challenged = this.challenger.challenge(exchange, head);
      super.catch(challenged ? exception : new InternalServerErrorException(), host);
    } else {
      const own = challengesOf(exception);
      if (own !== undefined && parseChallenges(own) !== undefined) head.set('WWW-Authenticate', own);
      super.catch(new UnauthorizedException(), host);
    }
    return undefined;
  }
}
