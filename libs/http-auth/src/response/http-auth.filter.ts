import {
  type ArgumentsHost,
  Catch,
  Injectable,
  InternalServerErrorException,
  UnauthorizedException,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import type { HttpRequest } from '../http/request.js';
import { rawResponse } from '../http/request.js';
import { Challenger } from './challenger.js';

/**
 * Gives a thrown 401 its challenges, and leaves the body to Nest. It comes after every filter of the application, so that
 * those may answer in its place; the challenges are then set when the head of the response is sent.
 */
@Injectable()
@Catch(UnauthorizedException)
export class HttpAuthFilter extends BaseExceptionFilter {
  constructor(private readonly challenger: Challenger) {
    super();
  }

  override catch(exception: UnauthorizedException, host: ArgumentsHost): unknown {
    // In a hybrid application this filter sees the exceptions of other transports too, which have no such header.
    const transport = host.getType<string>();
    if (transport === 'rpc') return throwError(() => exception);
    if (transport !== 'http') throw exception;

    const http = host.switchToHttp();
    const challenged = this.challenger.challenge(rawResponse(http.getResponse()), http.getRequest<HttpRequest>());
    super.catch(challenged ? exception : new InternalServerErrorException(), host);
    return undefined;
  }
}
