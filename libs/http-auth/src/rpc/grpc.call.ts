/** The metadata of @grpc/grpc-js, which the library does not import. */
export interface GrpcMetadata {
  add(name: string, value: string): void;
  get(name: string): (string | Buffer)[];
  getMap(): Record<string, unknown>;
}

/** A call of a server of @grpc/grpc-js. Calls with streams have more members. */
export interface GrpcCall {
  readonly metadata: GrpcMetadata;
  /** If `true`, the client has cancelled the call. */
  readonly cancelled: boolean;
  getPath(): string;
  getPeer(): string;
  sendMetadata(metadata: GrpcMetadata): void;
  emit(event: string, argument: unknown): boolean;
  once(event: string, listener: () => void): unknown;
  /** The end of a stream from the client. */
  readonly readable?: boolean;
  /** The end of a stream to the client. */
  readonly writable?: boolean;
}

/** Returns the gRPC call among the arguments of a handler, or `undefined` if the message came over another transport. */
export function grpcCallOf(args: readonly unknown[]): GrpcCall | undefined {
  return args.find(isGrpcCall);
}

/** Returns `true` if a value is a gRPC call. A payload never is, because it has no functions. */
export function isGrpcCall(value: unknown): value is GrpcCall {
  const { getPath, getPeer, sendMetadata } = (value ?? {}) as Partial<Record<keyof GrpcCall, unknown>>;
  return [getPath, getPeer, sendMetadata].every((method) => typeof method === 'function');
}

/** Returns `true` if the client or the server sends a stream. */
export function isStream(call: GrpcCall): boolean {
  return call.readable !== undefined || call.writable !== undefined;
}

/**
 * Ends a call that `@GrpcStreamCall()` has received with an error.
 *
 * @param callback sends the response if it is not a stream
 */
export function endCall(call: GrpcCall, callback: unknown, error: unknown): void {
  if (typeof callback === 'function') callback(error);
  else call.emit('error', error);
}

/** Returns new metadata, of the same copy of @grpc/grpc-js as the call. */
export function newMetadata(call: GrpcCall): GrpcMetadata {
  return new (call.metadata.constructor as new () => GrpcMetadata)();
}
