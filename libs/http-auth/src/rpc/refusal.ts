import type { HttpException } from '@nestjs/common';
import { IntrinsicException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { withoutStack } from '../schemes/without.stack.js';
import { type GrpcCall, newMetadata } from './grpc.call.js';

/** The names of the status codes of gRPC that refusals have. Other transports get the name. */
const CODES = {
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** The name of a status code of gRPC. */
export type RefusalCode = keyof typeof CODES;

/** The parts of the reply to a refused message. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Field lines of the response, e.g. the challenges: name in lower case, and value. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Returns the code for the status of a response. A request with malformed credentials is not authenticated either. */
export function codeOf(status: number): RefusalCode {
  if (status === 400 || status === 401 || status === 407) return 'UNAUTHENTICATED';
  if (status === 429) return 'RESOURCE_EXHAUSTED';
  if (status === 503) return 'UNAVAILABLE';
  return status >= 500 ? 'INTERNAL' : 'PERMISSION_DENIED';
}

/**
 * Returns the error of a refusal in the form of the transport. gRPC clients get the code, the message and the fields as trailing
 * metadata. Clients of other transports get `{ status: 'error', code, message }`.
 *
 * @param call the gRPC call; `undefined` for other transports
 */
export function errorOf({ code, message, fields }: Refusal, call: GrpcCall | undefined): object {
  if (call === undefined) return { status: 'error', code, message };
  const metadata = newMetadata(call);
  for (const [name, value] of fields) metadata.add(name, value);
  return { code: CODES[code], message, details: message, metadata };
}

/** Returns the exception for a guard. Nest sends its error to the client, and does not log it. */
export function exceptionOf(error: object, cause: unknown): RpcException {
  const exception = withoutStack(() => new RpcException(error));
  Object.defineProperty(exception, 'cause', { value: cause, configurable: true, writable: true });
  return exception;
}

/** The exception for a refused event, which has no reply. Nest 12 logs other exceptions of events, so clients could flood the log. */
export class RefusedEventException extends IntrinsicException {
  /** The name of the class. */
  override readonly name = 'RefusedEventException';

  /** @internal The guard throws the exception. */
  constructor({ message, cause }: HttpException) {
    super(message, { cause });
  }
}
