import type { ServerResponse } from 'node:http';
import { HttpException, InternalServerErrorException } from '@nestjs/common';

/**
 * Responds with an exception and Nest's usual body, without the framework. An error of another kind is a 500.
 *
 * @param method the method of the request
 */
export function respondWith(response: ServerResponse, error: unknown, method: string | undefined): void {
  const exception = error instanceof HttpException ? error : new InternalServerErrorException();
  const body = JSON.stringify(exception.getResponse());
  response.writeHead(exception.getStatus(), {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(method === 'HEAD' ? undefined : body);
}
