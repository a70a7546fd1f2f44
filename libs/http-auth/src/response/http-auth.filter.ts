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
import { fieldsOf } from './head.js';

/**
 * Gives a thrown 401 its challenges, and leaves the body to Nest. It comes after every filter of the application, so that
 * those may answer in its place; the challenges are then set when the head of the response is sent.
 */
@Injectable()
@Catch(UnauthorizedException, ForeignUnauthorizedError)
export class HttpAuthFilter extends BaseExceptionFilter {
  constructor(
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
  ) {
    super();
  }

  /** Answers with the exception, or rethrows it where the context is not HTTP's. */
  override catch(exception: UnauthorizedException | ForeignUnauthorizedError, host: ArgumentsHost): unknown {
    // In a hybrid application this filter sees the exceptions of other transports too, which have no such header.
    const transport = host.getType<string>();
    if (transport === 'rpc') return throwError(() => exception);
    if (transport !== 'http') throw exception;

    const http = host.switchToHttp();
    const response = http.getResponse<Parameters<typeof fieldsOf>[0]>();
    const exchange = this.exchanges.of(http.getRequest(), rawResponse(response));
    if (exception instanceof UnauthorizedException) {
      const challenged = this.challenger.challenge(exchange, fieldsOf(response));
      super.catch(challenged ? exception : new InternalServerErrorException(), host);
    } else {
      const own = challengesOf(exception);
      if (own !== undefined && parseChallenges(own) !== undefined) exchange.response.setHeader('WWW-Authenticate', own);
      super.catch(new UnauthorizedException(), host);
    }
    return undefined;
  }
}
