import { type ServerResponse, STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';

/** Returns the exception for a status. Its body has the status only, because the cause is not for the client. */
export function exceptionWithStatus(status: number, cause: unknown): HttpException {
  return new HttpException({ message: STATUS_CODES[status], statusCode: status }, status, { cause });
}

/** Sets `Retry-After` (RFC 9110 section 10.2.3). */
export function setRetryAfter(response: Pick<ServerResponse, 'setHeader'>, seconds: number | undefined): void {
  if (seconds === undefined) return;
  // A verifier may state any number.
  const whole = Number.isFinite(seconds) ? Math.min(Math.max(1, Math.ceil(seconds)), 2 ** 31) : 1;
  response.setHeader('Retry-After', String(whole));
}
