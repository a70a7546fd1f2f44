import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import { Head } from '../response/head.js';
import { withoutStack } from '../schemes/without.stack.js';

/** The refusal of a message, or of the connection to a namespace. Clients receive it as the data of the event `exception`. */
export interface RefusedMessage {
  /** Nest's convention for errors of gateways. */
  readonly status: 'error';
  /** The kind of the refusal, for programs. */
  readonly code: RefusalCode;
  /** The status that the same request would get over HTTP. */
  readonly statusCode: number;
  /** The reason in words. */
  readonly message: string;
  /** The challenges that an HTTP response would have; absent if it would not have any. */
  readonly challenges?: readonly string[];
  /** The name of the refused message. */
  readonly cause?: { readonly pattern: string };
}

/** The kind of a refusal. */
export type RefusalCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_REQUEST'
  | 'TOO_MANY_REQUESTS'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

const CODES: Partial<Record<number, RefusalCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  407: 'UNAUTHENTICATED',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
};

/**
 * Describes a refusal.
 *
 * @param exchange the exchange that was refused; its response is never sent
 */
export function describeRefusal(error: unknown, challenger: Challenger, exchange?: Exchange): RefusedMessage {
  const status = error instanceof HttpException ? error.getStatus() : 500;
  const { statusCode, challenges } = challengesFor(status, challenger, exchange);
  const isFault = statusCode >= 500 || !(error instanceof HttpException);
  return {
    status: 'error',
    code: CODES[statusCode] ?? (statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR'),
    statusCode,
    message: isFault ? (STATUS_CODES[statusCode] ?? 'Internal Server Error') : error.message,
    ...(challenges.length > 0 && { challenges }),
  };
}

/** Completes the head of a response as over HTTP, and returns its challenges. */
function challengesFor(
  status: number,
  challenger: Challenger,
  exchange: Exchange | undefined,
): { statusCode: number; challenges: string[] } {
  if (exchange === undefined) return { statusCode: status, challenges: [] };
  const head = new Head(exchange.response);
  const statusCode = challenger.complete(exchange, head, status);
  const field = head.get(challenger.fields.challenges);
  return { statusCode, challenges: field === undefined ? [] : [field].flat().map(String) };
}

/** The data of our exceptions. The exceptions of the application are not in this set. */
const ours = new WeakSet<object>();

/** Returns the exception that Nest's filter sends to the client as the event `exception`. It has no stack: a refusal is not a bug. */
export function wsException(refused: RefusedMessage, cause: unknown): WsException {
  ours.add(refused);
  const exception = withoutStack(() => new WsException(refused));
  exception.cause = cause;
  return exception;
}

/** Returns `true` for the data of an exception of {@link wsException}. */
export function isOurs(data: unknown): boolean {
  return typeof data === 'object' && data !== null && ours.has(data);
}
